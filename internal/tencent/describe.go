package tencent

import (
	"context"
	"slices"
	"time"

	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
)

// describeImages asks for a page, and for how many there are in all.
func (c *CVM) describeImages(ctx context.Context, req *cvm.DescribeImagesRequest) ([]*cvm.Image, int, error) {
	limit := uint64(pageSize)
	req.Limit = &limit
	resp, err := c.describe(ctx, req)
	if err != nil {
		return nil, 0, classifyCVM("DescribeImages", err)
	}
	if resp.Response == nil {
		return nil, 0, &outcome.Error{Op: "DescribeImages", Code: "EmptyResponse"}
	}
	return present(resp.Response.ImageSet), total(resp.Response.TotalCount), nil
}

// describeInstances asks for a page, and for how many there are in all.
func (c *CVM) describeInstances(ctx context.Context, req *cvm.DescribeInstancesRequest) ([]*cvm.Instance, int, error) {
	limit := int64(pageSize)
	req.Limit = &limit
	resp, err := c.instances(ctx, req)
	if err != nil {
		return nil, 0, classifyCVM("DescribeInstances", err)
	}
	if resp.Response == nil {
		return nil, 0, &outcome.Error{Op: "DescribeInstances", Code: "EmptyResponse"}
	}
	return present(resp.Response.InstanceSet), total(resp.Response.TotalCount), nil
}

func convert(m *cvm.Image) image.Image {
	created, _ := time.Parse(time.RFC3339, value(m.CreatedTime)) // zero if it cannot be read
	out := image.Image{
		ID: image.ID(value(m.ImageId)), Name: value(m.ImageName), Type: value(m.ImageType), State: value(m.ImageState),
		OS: value(m.OsName), Platform: value(m.Platform), Architecture: value(m.Architecture), Created: created,
		Family: value(m.ImageFamily), Tags: tagsOf(m.Tags),
	}
	for _, s := range present(m.SnapshotSet) {
		d := image.Disk{Snapshot: value(s.SnapshotId), System: value(s.DiskUsage) == "SYSTEM_DISK", GiB: value(s.DiskSize)}
		if d.System {
			out.Disks = slices.Insert(out.Disks, 0, d)
		} else {
			out.Disks = append(out.Disks, d)
		}
	}
	return out
}

func tagsOf(list []*cvm.Tag) map[string]string {
	var tags map[string]string
	for _, t := range present(list) {
		if tags == nil {
			tags = map[string]string{}
		}
		tags[value(t.Key)] = value(t.Value)
	}
	return tags
}
