package tencent

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// COS reads and writes buckets of one region. It implements [export.Files];
// [COS.Store] gives a bucket as a [ledger.Store].
type COS struct {
	client *http.Client
	region string
	creds  Credentials

	mu      sync.Mutex
	buckets map[image.Bucket]*bucket
}

// bucket is the SDK's client of one bucket, as method values.
type bucket struct {
	put        func(context.Context, string, io.Reader, *cos.ObjectPutOptions) (*cos.Response, error)
	get        func(context.Context, string, *cos.ObjectGetOptions, ...string) (*cos.Response, error)
	head       func(context.Context, string, *cos.ObjectHeadOptions, ...string) (*cos.Response, error)
	remove     func(context.Context, string, ...*cos.ObjectDeleteOptions) (*cos.Response, error)
	list       func(context.Context, *cos.BucketGetOptions) (*cos.BucketGetResult, *cos.Response, error)
	uploads    func(context.Context, *cos.ListMultipartUploadsOptions) (*cos.ListMultipartUploadsResult, *cos.Response, error)
	versioning func(context.Context) (*cos.BucketGetVersionResult, *cos.Response, error)
	presign    func(context.Context, string, string, string, string, time.Duration, any, ...bool) (*url.URL, error)
}

// NewCOS returns a client for the buckets of a region. Within the region the
// host resolves to the intranet: no traffic is billed (436/31315).
func NewCOS(rt http.RoundTripper, creds Credentials, region string) *COS {
	return &COS{
		client:  &http.Client{Transport: signer{rt, creds}, Timeout: export.LongestRequest},
		region:  region,
		creds:   creds,
		buckets: map[image.Bucket]*bucket{},
	}
}

func (c *COS) bucket(name image.Bucket) *bucket {
	c.mu.Lock()
	defer c.mu.Unlock()
	if b := c.buckets[name]; b != nil {
		return b
	}
	address := &url.URL{Scheme: "https", Host: name.String() + ".cos." + c.region + ".myqcloud.com"}
	sdk := cos.NewClient(&cos.BaseURL{BucketURL: address}, c.client)
	sdk.Conf.RetryOpt.Count = 1 // the hidden three tries ignore the context and hide which of them took effect
	b := &bucket{
		put: sdk.Object.Put, get: sdk.Object.Get, head: sdk.Object.Head, remove: sdk.Object.Delete,
		list: sdk.Bucket.Get, uploads: sdk.Bucket.ListMultipartUploads, versioning: sdk.Bucket.GetVersioning,
		presign: sdk.Object.GetPresignedURL,
	}
	c.buckets[name] = b
	return b
}

// Stat returns size and checksum of an object (436/7745).
func (c *COS) Stat(ctx context.Context, name image.Bucket, key string) (ledger.File, error) {
	resp, err := c.bucket(name).head(ctx, key, nil)
	if err != nil {
		return ledger.File{}, classifyCOS("HeadObject", err)
	}
	changed, _ := http.ParseTime(resp.Header.Get("Last-Modified"))
	return ledger.File{
		Key: key, Size: resp.ContentLength, CRC64: resp.Header.Get("X-Cos-Hash-Crc64ecma"),
		ETag: strings.Trim(resp.Header.Get("ETag"), `"`), Time: changed.UTC(),
	}, nil
}

// Names returns the keys under a prefix, at most [export.MaxNames].
func (c *COS) Names(ctx context.Context, name image.Bucket, prefix string) ([]string, error) {
	keys, _, err := c.keys(ctx, name, prefix, "", export.MaxNames)
	return keys, err
}

// Uploads returns the keys under a prefix of which a multipart upload is open, at
// most [export.MaxNames]. Whether the uploads of ExportImages show to the bucket's
// owner is unverified; where they do not, a running export is known by its finished
// files only.
func (c *COS) Uploads(ctx context.Context, name image.Bucket, prefix string) ([]string, error) {
	res, _, err := c.bucket(name).uploads(ctx, &cos.ListMultipartUploadsOptions{Prefix: prefix, EncodingType: "url"})
	if err != nil {
		return nil, classifyCOS("ListMultipartUploads", err)
	}
	keys := make([]string, 0, len(res.Uploads))
	for _, u := range res.Uploads {
		key, err := url.QueryUnescape(u.Key)
		if err != nil {
			return nil, badKey("ListMultipartUploads")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func badKey(op string) error {
	return &outcome.Error{Op: op, Code: "BadKey", Message: "a listed key is not url-encoded"}
}

// maxKeys is the most keys that one listing gives (436/7734).
const maxKeys = 1000

func (c *COS) keys(ctx context.Context, name image.Bucket, prefix, after string, limit int) ([]string, bool, error) {
	res, _, err := c.bucket(name).list(ctx, &cos.BucketGetOptions{Prefix: prefix, Marker: after, MaxKeys: min(limit, maxKeys), EncodingType: "url"})
	if err != nil {
		return nil, false, classifyCOS("GetBucket", err)
	}
	keys := make([]string, 0, len(res.Contents))
	for _, o := range res.Contents {
		key, err := url.QueryUnescape(o.Key)
		if err != nil {
			return nil, false, badKey("GetBucket")
		}
		keys = append(keys, key)
	}
	return keys, res.IsTruncated, nil
}

// signer signs each request with the invocation's keys, read in one piece: the
// SDK's own transport reads them one after another and can tear on a change.
type signer struct {
	next  http.RoundTripper
	creds Credentials
}

// RoundTrip implements http.RoundTripper.
func (s signer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	id, key, token := s.creds()
	cos.AddAuthorizationHeader(id, key, token, r, cos.NewAuthTime(time.Hour))
	return s.next.RoundTrip(r)
}
