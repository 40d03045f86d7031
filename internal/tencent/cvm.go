package tencent

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"
	"golang.org/x/time/rate"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// Default request limits, in calls a second (213/47833, 213/16726, 213/33275).
const (
	exportsPerSecond = 20
	createsPerSecond = 10
	deletesPerSecond = 10
)

// CVM calls the image API. It implements [export.Cloud].
type CVM struct {
	describe  func(context.Context, *cvm.DescribeImagesRequest) (*cvm.DescribeImagesResponse, error)
	instances func(context.Context, *cvm.DescribeInstancesRequest) (*cvm.DescribeInstancesResponse, error)
	export    func(context.Context, *cvm.ExportImagesRequest) (*cvm.ExportImagesResponse, error)
	create    func(context.Context, *cvm.CreateImageRequest) (*cvm.CreateImageResponse, error)
	remove    func(context.Context, *cvm.DeleteImagesRequest) (*cvm.DeleteImagesResponse, error)

	exports, creates, deletes *rate.Limiter
	form                      BucketForm
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
		describe:  c.DescribeImagesWithContext,
		instances: c.DescribeInstancesWithContext,
		export:    c.ExportImagesWithContext,
		create:    c.CreateImageWithContext,
		remove:    c.DeleteImagesWithContext,
		exports:   rate.NewLimiter(exportsPerSecond, exportsPerSecond),
		creates:   rate.NewLimiter(createsPerSecond, createsPerSecond),
		deletes:   rate.NewLimiter(deletesPerSecond, deletesPerSecond),
		form:      form,
	}, nil
}

// paced waits for the next turn of a call that may be made so often only.
func paced(ctx context.Context, l *rate.Limiter, op string) error {
	if err := l.Wait(ctx); err != nil {
		return &outcome.Error{Kind: outcome.Full, Op: op, Code: "Paced", Message: fmt.Sprintf("no time left within %d calls a second", l.Burst())}
	}
	return nil
}

// Export calls ExportImages once. One image a call keeps outcomes apart: whether
// a call with several is all or nothing is unverified.
func (c *CVM) Export(ctx context.Context, r ledger.Request) (export.Task, error) {
	if err := paced(ctx, c.exports, "ExportImages"); err != nil {
		return export.Task{}, err
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
