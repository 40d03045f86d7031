package tencent

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// Ranges reads parts of an object. It implements [io.ReaderAt].
type Ranges struct {
	ctx    context.Context
	cos    *COS
	bucket image.Bucket
	file   ledger.File
}

// Ranges returns a reader of parts of the object that f describes.
func (c *COS) Ranges(ctx context.Context, bucket image.Bucket, f ledger.File) Ranges {
	return Ranges{ctx, c, bucket, f}
}

// ReadAt reads with one request (436/7753, Range). An object that was replaced since
// it was described is not read (If-Match): the answer is of kind [outcome.Exists].
func (r Ranges) ReadAt(p []byte, off int64) (int, error) {
	n := min(int64(len(p)), r.file.Size-off)
	if n <= 0 {
		return 0, io.EOF
	}
	options := &cos.ObjectGetOptions{Range: fmt.Sprintf("bytes=%d-%d", off, off+n-1)}
	if r.file.ETag != "" {
		options.XOptionHeader = &http.Header{"If-Match": {`"` + r.file.ETag + `"`}}
	}
	resp, err := r.cos.bucket(r.bucket).get(r.ctx, r.file.Key, options)
	if err != nil {
		return 0, classifyCOS("GetObject", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent {
		return 0, &outcome.Error{Op: "GetObject", Code: "NoRange", Message: "a range was asked for, and not answered"}
	}
	read, err := io.ReadFull(resp.Body, p[:n])
	if err == nil && read < len(p) {
		err = io.EOF
	} else if err != nil {
		err = classifyCOS("GetObject", err)
	}
	return read, err
}

// linkLife is how long a link to a file works, at most: it dies with the key that
// signed it, whose life SCF does not tell (436/10687 says up to two hours).
const linkLife = time.Hour

// Link returns an address from which whoever has it can download a file, and until
// when at the latest. It sends nothing.
func (c *COS) Link(ctx context.Context, bucket image.Bucket, key string) (string, time.Time, error) {
	id, secret, token := c.creds()
	var options cos.PresignedURLOptions
	if token != "" {
		options.Query = &url.Values{"x-cos-security-token": {token}}
	}
	u, err := c.bucket(bucket).presign(ctx, http.MethodGet, key, id, secret, linkLife, &options)
	if err != nil {
		return "", time.Time{}, &outcome.Error{Kind: outcome.Bug, Op: "presign", Code: "Refused"} // the SDK's words could quote the key
	}
	return u.String(), time.Now().Add(linkLife), nil
}

// Put creates an object only if its key is free (436/7749): nothing that is not ours
// is overwritten.
func (c *COS) Put(ctx context.Context, bucket image.Bucket, key string, body []byte) error {
	header := &http.Header{"X-Cos-Forbid-Overwrite": {"true"}}
	_, err := c.bucket(bucket).put(ctx, key, bytes.NewReader(body), &cos.ObjectPutOptions{
		ObjectPutHeaderOptions: &cos.ObjectPutHeaderOptions{ContentType: "application/json", XOptionHeader: header},
	})
	return classifyCOS("PutObject", err)
}
