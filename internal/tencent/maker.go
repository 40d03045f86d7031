package tencent

import (
	"context"
	"maps"
	"slices"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
)

// maxDescription is the most characters of an image's description (213/16726).
const maxDescription = 256

// CreateImage calls CreateImage once. The image holds the system disk and those
// data disks that are named (213/16726). The instance is not powered off, so
// what it has not written yet may be missing. An error of kind [outcome.Exists]
// means that an image of that name is there; it may be the answer to an earlier
// call of ours whose outcome was unknown.
func (c *CVM) CreateImage(ctx context.Context, m export.NewImage) (image.ID, error) {
	const op = "CreateImage"
	if err := paced(ctx, c.creates, op); err != nil {
		return "", err
	}
	var a struct{ ImageId image.ID }
	if err := c.call(ctx, op, createParams(m), &a); err != nil {
		return "", err
	}
	if a.ImageId == "" { // the SDK calls it success, and it may be one
		return "", &outcome.Error{Op: op, Code: "EmptyResponse"}
	}
	return a.ImageId, nil
}

func createParams(m export.NewImage) map[string]any {
	params := map[string]any{"ImageName": m.Name, "InstanceId": string(m.Instance)}
	if len(m.DataDisks) > 0 {
		params["DataDiskIds"] = m.DataDisks
	}
	if text := []rune(m.Description); len(text) > 0 {
		params["ImageDescription"] = string(text[:min(len(text), maxDescription)]) // for people only
	}
	if len(m.Tags) > 0 {
		var tags []tag
		for _, key := range slices.Sorted(maps.Keys(m.Tags)) {
			tags = append(tags, tag{key, m.Tags[key]})
		}
		params["TagSpecification"] = []any{map[string]any{"ResourceType": "image", "Tags": tags}}
	}
	return params
}

// DeleteImage removes an image with its snapshots, which would cost money if
// they stayed. One that is not there is removed.
func (c *CVM) DeleteImage(ctx context.Context, id image.ID) error {
	const op = "DeleteImages"
	if err := paced(ctx, c.deletes, op); err != nil {
		return err
	}
	err := c.call(ctx, op, map[string]any{"ImageIds": []string{string(id)}, "DeleteBindedSnap": true}, new(struct{}))
	if outcome.Is(err, outcome.NotFound) {
		return nil
	}
	return err
}
