package tencent

import (
	"bytes"
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

// maxObject bounds what is read of a ledger object; entries have a few KB.
const maxObject = 1 << 20

// COS reads and writes buckets of one region. It implements [export.Files];
// [COS.Store] gives a bucket as a [ledger.Store].
type COS struct {
	client *http.Client
	region string

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
}

// NewCOS returns a client for the buckets of a region. Within the region the
// host resolves to the intranet: no traffic is billed (436/31315).
func NewCOS(rt http.RoundTripper, creds Credentials, region string) *COS {
	return &COS{
		client:  &http.Client{Transport: signer{rt, creds}, Timeout: export.LongestRequest},
		region:  region,
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

// Names returns the keys under a prefix, at most 1000.
func (c *COS) Names(ctx context.Context, name image.Bucket, prefix string) ([]string, error) {
	keys, _, err := c.keys(ctx, name, prefix, "", 1000)
	return keys, err
}

// Uploading reports whether a multipart upload is open under a prefix. Whether
// the uploads of ExportImages show to the bucket's owner is unverified; where
// they do not, a running export is known by its finished files only.
func (c *COS) Uploading(ctx context.Context, name image.Bucket, prefix string) (bool, error) {
	res, _, err := c.bucket(name).uploads(ctx, &cos.ListMultipartUploadsOptions{Prefix: prefix, MaxUploads: 1})
	if err != nil {
		return false, classifyCOS("ListMultipartUploads", err)
	}
	return len(res.Uploads) > 0, nil
}

func (c *COS) keys(ctx context.Context, name image.Bucket, prefix, after string, limit int) ([]string, bool, error) {
	res, _, err := c.bucket(name).list(ctx, &cos.BucketGetOptions{Prefix: prefix, Marker: after, MaxKeys: min(limit, 1000), EncodingType: "url"})
	if err != nil {
		return nil, false, classifyCOS("GetBucket", err)
	}
	keys := make([]string, 0, len(res.Contents))
	for _, o := range res.Contents {
		key, err := url.QueryUnescape(o.Key)
		if err != nil {
			return nil, false, &outcome.Error{Op: "GetBucket", Code: "BadKey", Message: "a listed key is not url-encoded"}
		}
		keys = append(keys, key)
	}
	return keys, res.IsTruncated, nil
}

// Store returns a bucket as the place of a ledger.
func (c *COS) Store(name image.Bucket) *Store { return &Store{cos: c, name: name} }

// Store is a state bucket. It implements [ledger.Store].
type Store struct {
	cos  *COS
	name image.Bucket
}

// Create puts an object only if its key is free (436/7749). The header is not
// promised to be atomic, and is ignored on a bucket that ever had versioning.
func (s *Store) Create(ctx context.Context, key string, body []byte) error {
	header := &http.Header{"X-Cos-Forbid-Overwrite": {"true"}}
	resp, err := s.cos.bucket(s.name).put(ctx, key, bytes.NewReader(body), &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{ContentType: "application/json", XOptionHeader: header},
	})
	if err == nil && resp.Header.Get("X-Cos-Version-Id") != "" {
		// Somebody enabled versioning since the last check, and this may have
		// been an overwrite. It is no claim.
		return &outcome.Error{Kind: outcome.Config, Op: "PutObject", Code: "Versioned", Message: ledger.ErrVersioned.Error()}
	}
	return classifyCOS("PutObject", err)
}

// Get reads an object.
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	resp, err := s.cos.bucket(s.name).get(ctx, key, nil)
	if err != nil {
		return nil, classifyCOS("GetObject", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxObject+1))
	if err == nil && len(body) > maxObject {
		return nil, &outcome.Error{Kind: outcome.Bug, Op: "GetObject", Code: "TooLarge", Message: "not a ledger object"}
	}
	return body, classifyCOS("GetObject", err)
}

// List lists keys after a key.
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]string, bool, error) {
	return s.cos.keys(ctx, s.name, prefix, after, limit)
}

// Delete removes an object; an absent one is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	_, err := s.cos.bucket(s.name).remove(ctx, key)
	return classifyCOS("DeleteObject", err)
}

// EverVersioned reports whether the bucket has or had versioning: its status is
// empty only if it never did (436/19889).
func (s *Store) EverVersioned(ctx context.Context) (bool, error) {
	res, _, err := s.cos.bucket(s.name).versioning(ctx)
	if err != nil {
		return false, classifyCOS("GetBucketVersioning", err)
	}
	return res.Status != "", nil
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

// GetCredential lets the SDK presign with the same keys.
func (s signer) GetCredential() (id, key, token string, err error) {
	id, key, token = s.creds()
	return id, key, token, nil
}
