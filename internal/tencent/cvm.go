package tencent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"
	"golang.org/x/time/rate"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// pageSize is the most images that DescribeImages gives at once (213/15715).
const pageSize = 100

// exportsPerSecond is the default request limit of ExportImages (213/47833).
const exportsPerSecond = 20

// CVM calls the image API. It implements [export.Cloud].
type CVM struct {
	describe func(context.Context, *cvm.DescribeImagesRequest) (*cvm.DescribeImagesResponse, error)
	export   func(context.Context, *cvm.ExportImagesRequest) (*cvm.ExportImagesResponse, error)
	pace     *rate.Limiter
	form     BucketForm
}

// BucketForm is how a bucket is named in ExportImages. The documents' samples
// show the name alone; whether the appid may or must follow is unverified.
type BucketForm string

// The bucket forms.
const (
	NameOnly  BucketForm = "name"       // mybucket
	WithAppID BucketForm = "name-appid" // mybucket-1250000000
)

// NewCVM returns a client for one region.
func NewCVM(rt http.RoundTripper, creds Credentials, region string, form BucketForm) (*CVM, error) {
	p := profile.NewClientProfile()
	p.Language = "en-US"
	p.HttpProfile.ReqTimeout = int(export.LongestRequest / time.Second)
	c, err := cvm.NewClient(credential{creds}, region, p)
	if err != nil {
		return nil, fmt.Errorf("cvm client: %w", err)
	}
	c.WithHttpTransport(rt)
	return &CVM{
		describe: c.DescribeImagesWithContext,
		export:   c.ExportImagesWithContext,
		pace:     rate.NewLimiter(exportsPerSecond, exportsPerSecond),
		form:     form,
	}, nil
}

// Images describes images by id, in pages. Those that do not exist are left out.
func (c *CVM) Images(ctx context.Context, ids []image.ID) (map[image.ID]image.Image, error) {
	found := map[image.ID]image.Image{}
	for page := range slices.Chunk(ids, pageSize) {
		if err := c.page(ctx, page, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// page describes some images. Whether CVM leaves unknown ids out or refuses the
// whole request is unverified, so a refused page is halved until the id that
// does not exist stands alone.
func (c *CVM) page(ctx context.Context, ids []image.ID, into map[image.ID]image.Image) error {
	req := cvm.NewDescribeImagesRequest()
	limit := uint64(pageSize)
	req.Limit = &limit
	for _, id := range ids {
		s := string(id)
		req.ImageIds = append(req.ImageIds, &s)
	}
	resp, err := c.describe(ctx, req)
	if err != nil {
		err = classifyCVM("DescribeImages", err)
		if e, ok := errors.AsType[*outcome.Error](err); !ok || e.Code != "InvalidImageId.NotFound" {
			return err
		}
		if len(ids) == 1 {
			return nil
		}
		if err := c.page(ctx, ids[:len(ids)/2], into); err != nil {
			return err
		}
		return c.page(ctx, ids[len(ids)/2:], into)
	}
	if resp.Response == nil {
		return &outcome.Error{Op: "DescribeImages", Code: "EmptyResponse"}
	}
	for _, m := range resp.Response.ImageSet {
		if m != nil {
			converted := convert(m)
			into[converted.ID] = converted
		}
	}
	return nil
}

// Export calls ExportImages once. One image a call keeps outcomes apart: whether
// a call with several is all or nothing is unverified.
func (c *CVM) Export(ctx context.Context, r ledger.Request) (export.Task, error) {
	if err := c.pace.Wait(ctx); err != nil {
		return export.Task{}, &outcome.Error{Kind: outcome.Full, Op: "ExportImages", Code: "Paced", Message: "no time left within 20 calls a second"}
	}
	resp, err := c.export(ctx, c.request(r))
	if err != nil {
		return export.Task{}, classifyCVM("ExportImages", err)
	}
	if resp.Response == nil || resp.Response.TaskId == nil {
		// 200 without a task: the SDK calls it success, and it may be one.
		return export.Task{}, &outcome.Error{Op: "ExportImages", Code: "EmptyResponse"}
	}
	task := export.Task{ID: *resp.Response.TaskId}
	for _, p := range resp.Response.CosPaths {
		if path := value(p); path != "" {
			task.Paths = append(task.Paths, path)
		}
	}
	return task, nil
}

func (c *CVM) request(r ledger.Request) *cvm.ExportImagesRequest {
	req := cvm.NewExportImagesRequest()
	bucket := r.Bucket.Name
	if c.form == WithAppID {
		bucket = r.Bucket.String()
	}
	id, format, prefix := string(r.Image.ID), string(r.Format), r.Prefix
	req.BucketName, req.ImageIds, req.ExportFormat = &bucket, []*string{&id}, &format
	req.FileNamePrefixList = []*string{&prefix}
	if r.RootOnly {
		req.OnlyExportRootDisk = &r.RootOnly
	}
	if r.Role != "" {
		req.RoleName = &r.Role
	}
	return req
}

func convert(m *cvm.Image) image.Image {
	created, _ := time.Parse(time.RFC3339, value(m.CreatedTime)) // for people only; zero if it cannot be read
	out := image.Image{
		ID: image.ID(value(m.ImageId)), Name: value(m.ImageName), Type: value(m.ImageType), State: value(m.ImageState),
		OS: value(m.OsName), Platform: value(m.Platform), Architecture: value(m.Architecture), Created: created,
	}
	for _, s := range m.SnapshotSet {
		if s == nil {
			continue
		}
		d := image.Disk{Snapshot: value(s.SnapshotId), System: value(s.DiskUsage) == "SYSTEM_DISK", GiB: value(s.DiskSize)}
		if d.System {
			out.Disks = slices.Insert(out.Disks, 0, d)
		} else {
			out.Disks = append(out.Disks, d)
		}
	}
	return out
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// credential lets the SDK read the keys anew for every request.
type credential struct{ read Credentials }

func (c credential) GetSecretId() string                     { id, _, _ := c.read(); return id }
func (c credential) GetSecretKey() string                    { _, key, _ := c.read(); return key }
func (c credential) GetToken() string                        { _, _, token := c.read(); return token }
func (c credential) GetCredential() (string, string, string) { return c.read() }
