package tencent

import (
	"context"
	"maps"
	"slices"

	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
)

// maxDescription is the most characters of an image's description (213/16726).
const maxDescription = 256

// CreateImage calls CreateImage once, and makes an image of the system disk
// alone: data disks would have to be named. The instance is not powered off, so
// what it has not written yet may be missing. An error of kind [outcome.Exists]
// means that an image of that name is there; it may be the answer to an earlier
// call of ours whose outcome was unknown.
func (c *CVM) CreateImage(ctx context.Context, m export.NewImage) (image.ID, error) {
	if err := paced(ctx, c.creates, "CreateImage"); err != nil {
		return "", err
	}
	resp, err := c.create(ctx, newImageRequest(m))
	if err != nil {
		return "", classifyCVM("CreateImage", err)
	}
	if resp.Response == nil || value(resp.Response.ImageId) == "" {
		// 200 without an image: the SDK calls it success, and it may be one.
		return "", &outcome.Error{Op: "CreateImage", Code: "EmptyResponse"}
	}
	return image.ID(*resp.Response.ImageId), nil
}

func newImageRequest(m export.NewImage) *cvm.CreateImageRequest {
	req := cvm.NewCreateImageRequest()
	instance := string(m.Instance)
	req.ImageName, req.InstanceId = &m.Name, &instance
	if text := []rune(m.Description); len(text) > 0 {
		cut := string(text[:min(len(text), maxDescription)]) // for people only
		req.ImageDescription = &cut
	}
	if len(m.Tags) > 0 {
		resource := "image"
		spec := &cvm.TagSpecification{ResourceType: &resource}
		for _, key := range slices.Sorted(maps.Keys(m.Tags)) {
			tag := m.Tags[key]
			spec.Tags = append(spec.Tags, &cvm.Tag{Key: &key, Value: &tag})
		}
		req.TagSpecification = []*cvm.TagSpecification{spec}
	}
	return req
}

// DeleteImage removes an image with its snapshots, which would cost money if
// they stayed. One that is not there is removed.
func (c *CVM) DeleteImage(ctx context.Context, id image.ID) error {
	if err := paced(ctx, c.deletes, "DeleteImages"); err != nil {
		return err
	}
	req, with := cvm.NewDeleteImagesRequest(), true
	req.ImageIds, req.DeleteBindedSnap = pointers([]string{string(id)}), &with
	if _, err := c.remove(ctx, req); err != nil {
		if err = classifyCVM("DeleteImages", err); !outcome.Is(err, outcome.NotFound) {
			return err
		}
	}
	return nil
}
