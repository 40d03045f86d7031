package tencent

import (
	"context"
	"maps"
	"slices"

	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
)

// maxFilters is the most filters that DescribeImages takes (213/15715).
const maxFilters = 10

// Images describes images by id. Those that do not exist are left out.
func (c *CVM) Images(ctx context.Context, ids []image.ID) (map[image.ID]image.Image, error) {
	list, err := byID(ids, "InvalidImageId.NotFound", func(ids []string) ([]*cvm.Image, error) {
		req := cvm.NewDescribeImagesRequest()
		req.ImageIds = pointers(ids)
		images, _, err := c.describeImages(ctx, req)
		return images, err
	})
	found := map[image.ID]image.Image{}
	for _, m := range list {
		found[image.ID(value(m.ImageId))] = convert(m)
	}
	return found, err
}

// Find lists the custom images that q wants. CVM's filters only narrow the list
// down: it compares names fuzzily and takes ten filters at most, so every image
// is compared with q once more.
func (c *CVM) Find(ctx context.Context, q export.Query) ([]image.Image, error) {
	filters := filtersOf(q)
	list, err := pages("DescribeImages", func(m *cvm.Image) string { return value(m.ImageId) }, func(offset int) ([]*cvm.Image, int, error) {
		req, from := cvm.NewDescribeImagesRequest(), uint64(offset)
		req.Filters, req.Offset = filters, &from
		return c.describeImages(ctx, req)
	})
	if codeOf(err) == "InvalidParameterValue.TagKeyNotFound" {
		return nil, nil // nothing at all carries a tag of that key
	}
	var found []image.Image
	for _, m := range list {
		if converted := convert(m); fits(converted, q) {
			found = append(found, converted)
		}
	}
	return found, err
}

// Instances lists instances: those with the given ids, or all of the region if
// ids is nil. Those that do not exist are left out.
func (c *CVM) Instances(ctx context.Context, ids []image.InstanceID) ([]image.Instance, error) {
	ask := c.allInstances
	if ids != nil {
		ask = func(ctx context.Context) ([]*cvm.Instance, error) { return c.instancesByID(ctx, ids) }
	}
	list, err := ask(ctx)
	var found []image.Instance
	for _, i := range list {
		found = append(found, image.Instance{ID: image.InstanceID(value(i.InstanceId)), Name: value(i.InstanceName), Tags: tagsOf(i.Tags)})
	}
	return found, err
}

func (c *CVM) allInstances(ctx context.Context) ([]*cvm.Instance, error) {
	return pages("DescribeInstances", func(i *cvm.Instance) string { return value(i.InstanceId) }, func(offset int) ([]*cvm.Instance, int, error) {
		req, from := cvm.NewDescribeInstancesRequest(), int64(offset)
		req.Offset = &from
		return c.describeInstances(ctx, req)
	})
}

func (c *CVM) instancesByID(ctx context.Context, ids []image.InstanceID) ([]*cvm.Instance, error) {
	return byID(ids, "InvalidInstanceId.NotFound", func(ids []string) ([]*cvm.Instance, error) {
		req := cvm.NewDescribeInstancesRequest()
		req.InstanceIds = pointers(ids)
		instances, _, err := c.describeInstances(ctx, req)
		return instances, err
	})
}

func filtersOf(q export.Query) []*cvm.Filter {
	filters := []*cvm.Filter{filter("image-type", "PRIVATE_IMAGE")}
	if q.Name != "" {
		filters = append(filters, filter("image-name", q.Name))
	}
	for _, key := range slices.Sorted(maps.Keys(q.Tags)) {
		filters = append(filters, filter("tag:"+key, q.Tags[key]))
	}
	return filters[:min(len(filters), maxFilters)]
}

func filter(name, value string) *cvm.Filter {
	return &cvm.Filter{Name: &name, Values: []*string{&value}}
}

func fits(m image.Image, q export.Query) bool {
	for key, want := range q.Tags {
		if have, ok := m.Tags[key]; !ok || have != want {
			return false
		}
	}
	return m.Type == "PRIVATE_IMAGE" && (q.Name == "" || m.Name == q.Name)
}
