package tencent

import (
	"context"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// Export calls ExportImages once. One image a call keeps outcomes apart: whether
// a call with several is all or nothing is unverified.
func (c *CVM) Export(ctx context.Context, r ledger.Request) (export.Task, error) {
	const op = "ExportImages"
	if err := paced(ctx, c.exports, op); err != nil {
		return export.Task{}, err
	}
	var a struct {
		TaskId   *uint64
		CosPaths []string
	}
	if err := c.call(ctx, op, c.exportParams(r), &a); err != nil {
		return export.Task{}, err
	}
	if a.TaskId == nil { // the SDK calls it success, and it may be one
		return export.Task{}, &outcome.Error{Op: op, Code: "EmptyResponse"}
	}
	task := export.Task{ID: *a.TaskId}
	for _, path := range a.CosPaths {
		if path != "" {
			task.Paths = append(task.Paths, path)
		}
	}
	return task, nil
}

func (c *CVM) exportParams(r ledger.Request) map[string]any {
	bucket := r.Bucket.Name
	if c.form == WithAppID {
		bucket = r.Bucket.String()
	}
	params := map[string]any{
		"BucketName": bucket, "ImageIds": []string{string(r.Image.ID)}, "ExportFormat": string(r.Format), "FileNamePrefixList": []string{r.Prefix},
	}
	if r.RootOnly {
		params["OnlyExportRootDisk"] = true
	}
	if r.Role != "" {
		params["RoleName"] = r.Role
	}
	return params
}
