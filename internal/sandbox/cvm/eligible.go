package cvm

import (
	"slices"
	"strings"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// Limits of exports (213/73474 and the guide "Exporting custom images to COS").
const (
	maxDiskGiB   = 500
	maxDataDisks = 5
)

// exportable returns the images with these ids if each of them may be exported
// now.
func (s *Server) exportable(st *store, ids []string, onlyRoot bool) ([]*image, error) {
	if !s.switches.exportOpen {
		return nil, refuse(Unauthorized, "the export of images is not open to this account; ask for it by a ticket")
	}
	images, err := st.find(ids)
	if err != nil {
		return nil, err
	}
	for _, m := range images {
		if err := m.checkKind(); err != nil {
			return nil, err
		}
		if state := m.state(s.cfg.Clock.Now()); state != Normal {
			return nil, refuse(ImageBusy, "the image `%s` is %s", m.ID, state)
		}
		if err := st.checkDisks(m, onlyRoot); err != nil {
			return nil, err
		}
	}
	return images, nil
}

// checkKind refuses what can never be exported.
func (m *image) checkKind() error {
	switch {
	case m.Type == PublicImage:
		return refuse(NoPublic, "the public image `%s` cannot be exported", m.ID)
	case m.Type == SharedImage:
		return refuse(NoShared, "the shared image `%s` cannot be exported", m.ID)
	case m.Market:
		return refuse(NoMarket, "the image `%s` was made from a market image", m.ID)
	case m.windows():
		return refuse(NoWindows, "the image `%s` is a Windows image", m.ID)
	case contains(m.Platform, "redhat") || contains(m.OsName, "red hat"):
		return refuse(NoRedHat, "the image `%s` is a RedHat image", m.ID)
	}
	return nil
}

func (m *image) windows() bool { return contains(m.Platform, "windows") }

// checkDisks looks at the disks that would be written.
func (st *store) checkDisks(m *image, onlyRoot bool) error {
	disks := m.exported(onlyRoot)
	data := 0
	for _, d := range disks {
		_, kept := st.snapshots[d.SnapshotID]
		switch {
		case !kept:
			return refuse(SnapshotMissing, "the snapshot `%s` of the image `%s` does not exist", d.SnapshotID, m.ID)
		case d.Encrypted:
			return refuse(NoEncrypted, "the snapshot `%s` of the image `%s` is encrypted", d.SnapshotID, m.ID)
		case d.SizeGiB > maxDiskGiB:
			return refuse(DiskTooLarge, "the disk of %d GiB of the image `%s` exceeds %d GiB", d.SizeGiB, m.ID, maxDiskGiB)
		case d.Usage != disk.System:
			data++
		}
	}
	if data > maxDataDisks {
		return refuse(ValueTooLarge, "the image `%s` has %d data disks, at most %d can be exported", m.ID, data, maxDataDisks)
	}
	return nil
}

// destination returns the full name of a bucket that the role may write to. The
// documents' samples name buckets without the appid, so both are taken.
func (s *Server) destination(bucket, role string) (string, error) {
	if role == "" {
		role = DefaultRole
	}
	if !slices.Contains(s.cfg.Roles, role) {
		return "", refuse(AuthRole, "the role `%s` does not exist or cannot be assumed", role)
	}
	full := s.fullName(bucket)
	if !s.cfg.Storage.BucketExists(full) {
		return "", refuse(BucketNotFound, "the bucket `%s` does not exist in this region", bucket)
	}
	if s.switches.denied[full] {
		return "", refuse(BucketDenied, "the role `%s` may not write to the bucket `%s`", role, bucket)
	}
	return full, nil
}

// fullName returns the name of a bucket with the appid.
func (s *Server) fullName(bucket string) string {
	appID := "-" + s.cfg.Account.AppID
	return strings.TrimSuffix(bucket, appID) + appID
}
