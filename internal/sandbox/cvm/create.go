package cvm

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// creationTime is how long an image is in the state Creating, by the sandbox
// clock (undocumented).
const creationTime = 3 * time.Minute

type createImageParams struct {
	ImageName        string
	InstanceId       string
	SnapshotIds      []string
	ImageDescription string
	ForcePoweroff    string
	Sysprep          string
	DataDiskIds      []string
	DryRun           bool
	TagSpecification []tagSpecification
	ImageFamily      string
}

type tagSpecification struct {
	ResourceType string
	Tags         []Tag
}

// createImage makes an image of an instance, of its system disk and the data
// disks that are named, or of snapshots (213/16726). A dry run is answered
// without an image id.
func (s *Server) createImage(st *store, p createImageParams) (any, error) {
	now := s.cfg.Clock.Now()
	if err := p.check(); err != nil {
		return nil, err
	}
	// The name first, so that it works as the token that the call does not have; in
	// which order the service looks is undocumented.
	if err := st.unused(p.ImageName); err != nil {
		return nil, err
	}
	m := &image{
		Image:    Image{ID: newID("img"), Name: p.ImageName, Description: p.ImageDescription, Family: p.ImageFamily, State: Creating},
		instance: p.InstanceId,
		ready:    now.Add(creationTime),
	}
	for _, spec := range p.TagSpecification {
		m.Tags = append(m.Tags, spec.Tags...)
	}
	err := st.fromSnapshots(m, p.SnapshotIds)
	if p.InstanceId != "" {
		err = st.fromInstance(m, p.DataDiskIds, now)
	}
	if err != nil {
		return nil, err
	}
	if err := st.room(s.cfg.ImageQuota); err != nil || p.DryRun {
		return struct{}{}, err
	}
	if s.switches.failNext {
		s.switches.failNext, m.fails = false, true
	}
	m.setDefaults(now)
	st.addImage(m)
	return struct{ ImageId string }{m.ID}, nil
}

// check looks at the parameters by themselves.
func (p createImageParams) check() error {
	if p.ImageName == "" {
		return refuse(MissingParameter, "the parameter `ImageName` is required")
	}
	if utf8.RuneCountInString(p.ImageName) > 60 {
		return refuse(ValueTooLong, "`ImageName` has more than 60 characters")
	}
	if utf8.RuneCountInString(p.ImageDescription) > 256 {
		return refuse(ValueTooLong, "`ImageDescription` has more than 256 characters")
	}
	if (p.InstanceId == "") == (len(p.SnapshotIds) == 0) {
		return refuse(BadCombination, "exactly one of `InstanceId` and `SnapshotIds` is required")
	}
	for _, flag := range []string{p.ForcePoweroff, p.Sysprep} {
		if flag != "" && !strings.EqualFold(flag, "true") && !strings.EqualFold(flag, "false") {
			return refuse(InvalidValue, "`%s` is neither true nor false", flag)
		}
	}
	for _, spec := range p.TagSpecification {
		if spec.ResourceType != "image" {
			return refuse(InvalidValue, "the resource type `%s` cannot be tagged here, only `image` can", spec.ResourceType)
		}
	}
	return nil
}

// fromInstance describes m by the instance that it is made of, with a new
// snapshot for each disk.
func (st *store) fromInstance(m *image, dataDisks []string, now time.Time) error {
	i, err := st.findInstance(m.instance)
	if err != nil {
		return err
	}
	if code, ok := instanceStates[i.State]; ok {
		return refuse(code, "the instance `%s` is %s", i.ID, i.State)
	}
	for _, other := range st.images {
		if other.instance == i.ID && other.state(now) == Creating {
			return refuse(TaskRunning, "another image of the instance `%s` is being created", i.ID)
		}
	}
	if err := i.checkDataDisks(dataDisks); err != nil {
		return err
	}
	m.OsName, m.Platform, m.Architecture = i.OsName, i.Platform, i.Architecture
	for _, d := range i.Disks {
		if d.Usage != disk.System && !slices.Contains(dataDisks, d.ID) {
			continue
		}
		if d.Encrypted {
			return refuse(NoEncrypted, "the disk `%s` is encrypted", d.ID)
		}
		m.Disks = append(m.Disks, Disk{SnapshotID: newID("snap"), Usage: d.Usage, SizeGiB: d.SizeGiB, File: d.File})
	}
	return nil
}

func (i *Instance) checkDataDisks(ids []string) error {
	for _, id := range ids {
		at := slices.IndexFunc(i.Disks, func(d InstanceDisk) bool { return d.ID == id })
		if at < 0 {
			return refuse(InvalidValue, "the disk `%s` is not attached to the instance `%s`", id, i.ID)
		}
		if i.Disks[at].Usage == disk.System {
			return refuse(RootDiskInList, "the disk `%s` is the system disk", id)
		}
	}
	return nil
}

// fromSnapshots gives m the disks that the snapshots hold, and what is known of
// an image that has the same system disk.
func (st *store) fromSnapshots(m *image, ids []string) error {
	for _, id := range ids {
		d, ok := st.snapshots[id]
		if !ok {
			return refuse(SnapshotMissing, "the snapshot `%s` does not exist", id)
		}
		m.Disks = append(m.Disks, d)
	}
	system := m.exported(true)
	if len(ids) > 0 && len(system) != 1 {
		return refuse(NoSystemDisk, "the list must hold one snapshot of a system disk, not %d", len(system))
	}
	for _, id := range st.imageIDs {
		if other := st.images[id]; len(ids) > 0 && slices.Contains(other.Disks, system[0]) {
			m.OsName, m.Platform, m.Architecture = other.OsName, other.Platform, other.Architecture
		}
	}
	return nil
}

// custom lists the images that belong to the account.
func (st *store) custom() (list []*image) {
	for _, m := range st.images {
		if m.Type == PrivateImage {
			list = append(list, m)
		}
	}
	return list
}

// unused refuses a name that a custom image has.
func (st *store) unused(name string) error {
	if slices.ContainsFunc(st.custom(), func(m *image) bool { return m.Name == name }) {
		return refuse(NameTaken, "an image named `%s` exists", name)
	}
	return nil
}

// room refuses one more custom image than the quota has.
func (st *store) room(quota int) error {
	if len(st.custom()) >= quota {
		return refuse(QuotaExceeded, "the quota of %d custom images is used up", quota)
	}
	return nil
}
