package export

import (
	"context"
	"errors"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// look adds to what j has seen of the image bucket.
func (d *Driver) look(ctx context.Context, j *job, l Look) (err error) {
	r := j.entry.Request
	if l&LookNames != 0 {
		if j.seen.Standing, err = d.Files.Names(ctx, r.Bucket, r.Stem()); err != nil {
			return err
		}
	}
	if l&LookUploads != 0 {
		if j.seen.Uploading, err = d.Files.Uploading(ctx, r.Bucket, r.Stem()); err != nil {
			return err
		}
	}
	if l&LookFiles != 0 {
		if j.seen.Files, err = d.stat(ctx, r.Bucket, d.situation(j).expected()); err != nil {
			return err
		}
	}
	j.seen.Looked |= l
	return nil
}

// stat returns those of the keys that are there and have content. CVM writes by
// multipart upload, so an object with content is whole; an empty one is not.
func (d *Driver) stat(ctx context.Context, bucket image.Bucket, keys []string) ([]ledger.File, error) {
	found := make([]ledger.File, len(keys))
	errs := make([]error, len(keys))
	d.Pool(len(keys), func(i int) {
		f, err := d.Files.Stat(ctx, bucket, keys[i])
		if !outcome.Is(err, outcome.NotFound) {
			found[i], errs[i] = f, err
		}
	})
	return pick(found, func(f ledger.File) bool { return f.Size > 0 }), errors.Join(errs...)
}
