package cvm

import (
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

type describeImagesParams struct {
	ImageIds     []string
	Filters      filters
	Offset       int64
	Limit        *int64
	InstanceType string // accepted; every image here fits every type
}

type describeImagesResult struct {
	TotalCount int
	ImageSet   []imageView
}

// imageView is an image on the wire (213/15753).
type imageView struct {
	ImageId            string
	OsName             string
	ImageType          string
	CreatedTime        string
	ImageName          string
	ImageDescription   string
	ImageSize          int
	Architecture       string
	ImageState         string
	Platform           string
	ImageCreator       string
	ImageSource        string
	SyncPercent        *int // null unless the image is being copied
	IsSupportCloudinit bool
	SnapshotSet        []snapshotView
	Tags               []Tag
	LicenseType        string
	ImageFamily        *string
	ImageDeprecated    bool
}

type snapshotView struct {
	SnapshotId string
	DiskUsage  disk.Usage
	DiskSize   int
}

// describeImages lists images in the order of their creation (undocumented).
func (s *Server) describeImages(st *store, p describeImagesParams) (any, error) {
	if len(p.ImageIds) > 0 && len(p.Filters) > 0 {
		return nil, refuse(IDsOrFilters, "ImageIds and Filters cannot be given together")
	}
	if err := p.Filters.check((&image{}).subject()); err != nil {
		return nil, err
	}
	if len(p.ImageIds) > maxIDs {
		return nil, refuse(TooManyValues, "%d images in one call, at most %d are allowed", len(p.ImageIds), maxIDs)
	}
	found, err := st.find(p.ImageIds)
	if err != nil {
		return nil, err
	}
	if len(p.ImageIds) == 0 {
		for _, id := range st.imageIDs {
			if m := st.images[id]; p.Filters.match(m.subject()) {
				found = append(found, m)
			}
		}
	}
	shown, err := page(found, p.Offset, p.Limit)
	if err != nil {
		return nil, err
	}
	r := describeImagesResult{TotalCount: len(found), ImageSet: []imageView{}}
	for _, m := range shown {
		r.ImageSet = append(r.ImageSet, s.view(m))
	}
	return r, nil
}

func (m *image) subject() subject {
	return subject{
		exact: map[string]string{"image-id": m.ID, "image-type": m.Type},
		fuzzy: map[string]string{"image-name": m.Name, "platform": m.Platform},
		tags:  m.Tags,
	}
}

func (s *Server) view(m *image) imageView {
	v := imageView{
		ImageId:            m.ID,
		OsName:             m.OsName,
		ImageType:          m.Type,
		CreatedTime:        timestamp(m.Created),
		ImageName:          m.Name,
		ImageDescription:   m.Description,
		Architecture:       m.Architecture,
		ImageState:         m.state(s.cfg.Clock.Now()),
		Platform:           m.Platform,
		ImageCreator:       s.cfg.Account.UIN,
		ImageSource:        m.Source,
		IsSupportCloudinit: !m.windows(),
		SnapshotSet:        []snapshotView{},
		Tags:               append([]Tag{}, m.Tags...),
		LicenseType:        m.License,
	}
	if m.Family != "" {
		v.ImageFamily = &m.Family
	}
	for _, d := range m.Disks {
		if d.Usage == disk.System {
			v.ImageSize = d.SizeGiB
		}
		v.SnapshotSet = append(v.SnapshotSet, snapshotView{d.SnapshotID, d.Usage, d.SizeGiB})
	}
	return v
}

// timestamp writes a time as the API does: ISO 8601 in UTC.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func (s *Server) describeImageQuota(*store, struct{}) (any, error) {
	return struct{ ImageNumQuota int }{s.cfg.ImageQuota}, nil
}
