package tencent

import (
	"context"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/image"
)

// tag is a label on an image or an instance.
type tag struct{ Key, Value string }

// imageInfo is an image as DescribeImages shows it (213/15753): what of it we
// need. Any field may be null.
type imageInfo struct {
	ImageId, ImageName, ImageType, ImageState   string
	OsName, Platform, Architecture, CreatedTime string
	ImageFamily                                 string
	SnapshotSet                                 []snapshotInfo
	Tags                                        []tag
}

type snapshotInfo struct {
	SnapshotId, DiskUsage string
	DiskSize              int64
}

// instanceInfo is an instance as DescribeInstances shows it (213/15753).
type instanceInfo struct {
	InstanceId, InstanceName string
	DataDisks                []struct{ DiskId string }
	Tags                     []tag
}

// describeImages asks for a page, and for how many there are in all.
func (c *CVM) describeImages(ctx context.Context, params map[string]any) (page[imageInfo], error) {
	var a struct {
		TotalCount *int
		ImageSet   []imageInfo
	}
	params["Limit"] = pageSize
	err := c.call(ctx, "DescribeImages", params, &a)
	return page[imageInfo]{a.ImageSet, a.TotalCount}, err
}

// describeInstances asks for a page, and for how many there are in all.
func (c *CVM) describeInstances(ctx context.Context, params map[string]any) (page[instanceInfo], error) {
	var a struct {
		TotalCount  *int
		InstanceSet []instanceInfo
	}
	params["Limit"] = pageSize
	err := c.call(ctx, "DescribeInstances", params, &a)
	return page[instanceInfo]{a.InstanceSet, a.TotalCount}, err
}

func (m imageInfo) id() string    { return m.ImageId }
func (i instanceInfo) id() string { return i.InstanceId }

func (m imageInfo) image() image.Image {
	created, _ := time.Parse(time.RFC3339, m.CreatedTime) // zero if it cannot be read
	out := image.Image{
		ID: image.ID(m.ImageId), Name: m.ImageName, Type: m.ImageType, State: m.ImageState, OS: m.OsName, Platform: m.Platform,
		Architecture: m.Architecture, Created: created, Family: m.ImageFamily, Tags: tagsOf(m.Tags),
	}
	for _, s := range m.SnapshotSet {
		d := image.Disk{Snapshot: s.SnapshotId, System: s.DiskUsage == "SYSTEM_DISK", GiB: s.DiskSize}
		if d.System {
			out.Disks = slices.Insert(out.Disks, 0, d)
		} else {
			out.Disks = append(out.Disks, d)
		}
	}
	return out
}

func (i instanceInfo) instance() image.Instance {
	out := image.Instance{ID: image.InstanceID(i.InstanceId), Name: i.InstanceName, Tags: tagsOf(i.Tags)}
	for _, d := range i.DataDisks {
		out.DataDisks = append(out.DataDisks, d.DiskId)
	}
	return out
}

func tagsOf(list []tag) map[string]string {
	if len(list) == 0 {
		return nil
	}
	tags := map[string]string{}
	for _, t := range list {
		tags[t.Key] = t.Value
	}
	return tags
}
