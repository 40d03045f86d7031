package tencent

import (
	"context"
	"maps"
	"slices"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
)

// maxFilters is the most filters that DescribeImages takes (213/15715).
const maxFilters = 10

// Images describes images by id. Those that do not exist are left out.
func (c *CVM) Images(ctx context.Context, ids []image.ID) (map[image.ID]image.Image, error) {
	list, err := byID(ids, "InvalidImageId.NotFound", func(ids []image.ID) (page[imageInfo], error) {
		return c.describeImages(ctx, map[string]any{"ImageIds": ids})
	})
	if err != nil {
		return nil, err
	}
	found := map[image.ID]image.Image{}
	for _, m := range list {
		found[image.ID(m.ImageId)] = m.image()
	}
	return found, nil
}

// Find lists the custom images that q wants. CVM's filters only narrow the list
// down: it compares names fuzzily and takes ten filters at most, so every image
// is compared with q once more.
func (c *CVM) Find(ctx context.Context, q export.Query) ([]image.Image, error) {
	filters := filtersOf(q)
	list, err := all("DescribeImages", func(offset int) (page[imageInfo], error) {
		return c.describeImages(ctx, map[string]any{"Filters": filters, "Offset": offset})
	})
	if codeOf(err) == "InvalidParameterValue.TagKeyNotFound" {
		return nil, nil // nothing at all carries a tag of that key
	}
	var found []image.Image
	for _, info := range list {
		if m := info.image(); fits(m, q) {
			found = append(found, m)
		}
	}
	return found, err
}

// Instances lists instances: those with the given ids, or all of the region if
// ids is nil. Those that do not exist are left out.
func (c *CVM) Instances(ctx context.Context, ids []image.InstanceID) ([]image.Instance, error) {
	list, err := c.instances(ctx, ids)
	var found []image.Instance
	for _, i := range list {
		found = append(found, i.instance())
	}
	return found, err
}

func (c *CVM) instances(ctx context.Context, ids []image.InstanceID) ([]instanceInfo, error) {
	if ids == nil {
		return all("DescribeInstances", func(offset int) (page[instanceInfo], error) {
			return c.describeInstances(ctx, map[string]any{"Offset": offset})
		})
	}
	return byID(ids, "InvalidInstanceId.NotFound", func(ids []image.InstanceID) (page[instanceInfo], error) {
		return c.describeInstances(ctx, map[string]any{"InstanceIds": ids})
	})
}

// filter is a condition of DescribeImages: one of the values holds.
type filter struct {
	Name   string
	Values []string
}

func filtersOf(q export.Query) []filter {
	filters := []filter{{"image-type", []string{"PRIVATE_IMAGE"}}}
	if q.Name != "" {
		filters = append(filters, filter{"image-name", []string{q.Name}})
	}
	for _, key := range slices.Sorted(maps.Keys(q.Tags)) {
		filters = append(filters, filter{"tag:" + key, []string{q.Tags[key]}})
	}
	return filters[:min(len(filters), maxFilters)]
}

func fits(m image.Image, q export.Query) bool {
	for key, want := range q.Tags {
		if have, ok := m.Tags[key]; !ok || have != want {
			return false
		}
	}
	return m.Type == "PRIVATE_IMAGE" && (q.Name == "" || m.Name == q.Name)
}
