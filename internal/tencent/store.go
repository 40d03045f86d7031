package tencent

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// maxObject bounds what is read of a ledger object; entries have a few KB.
const maxObject = 1 << 20

// Store is a state bucket. It implements [ledger.Store].
type Store struct {
	cos  *COS
	name image.Bucket
}

// Store returns a bucket as the place of a ledger.
func (c *COS) Store(name image.Bucket) *Store { return &Store{cos: c, name: name} }

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
