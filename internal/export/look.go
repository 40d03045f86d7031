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
		if j.seen.Standing, err = d.Files.Names(ctx, r.Bucket, stem(r)); err != nil {
			return err
		}
	}
	if l&LookUploads != 0 {
		if j.seen.Uploads, err = d.Files.Uploads(ctx, r.Bucket, stem(r)); err != nil {
			return err
		}
	}
	if l&LookFiles != 0 {
		if j.seen.Files, err = d.stat(ctx, r.Bucket, Situation{Entry: j.entry, Seen: j.seen}.expected()); err != nil {
			return err
		}
	}
	if l&LookInside != 0 {
		if err = d.lookInside(ctx, r, &j.seen); err != nil {
			return err
		}
	}
	if l&LookImage != 0 {
		if j.seen.Image, err = d.findImage(ctx, r); err != nil {
			return err
		}
	}
	if l&LookSurplus != 0 {
		if j.seen.Surplus, err = d.surplus(ctx, r); err != nil {
			return err
		}
	}
	j.seen.Looked |= l
	return nil
}

// stem is what all keys of an export start with.
func stem(r ledger.Request) string {
	if r.Set != "" {
		return r.Set
	}
	return r.Stem()
}

// lookInside has every file that is there looked into. A file that was replaced or
// removed since it was found, or an answer that is not known, is an error: the next
// tick looks anew. What only a person can put right is noted, and told of; and, a day
// after the deadline, whatever it is.
func (d *Driver) lookInside(ctx context.Context, r ledger.Request, s *Seen) error {
	errs := make([]error, len(s.Files))
	d.Pool(len(s.Files), func(i int) {
		f := &s.Files[i]
		report, err := d.Verify.Verify(ctx, r.Bucket, *f, wanted(r, f.Key))
		if errs[i] = err; err == nil {
			f.Check = &report
		}
	})
	hopeless := !d.Now().Before(r.Deadline.Add(lateness)) // it must come to an end
	for i, err := range errs {
		if kind := outcome.Of(err); err != nil && (kind == outcome.Config || kind == outcome.Bug || hopeless) {
			s.Unreadable, errs[i] = err.Error(), nil
		}
	}
	return errors.Join(errs...)
}

// findImage looks for the image that is made for an export: by its id, once that
// is known, else by its name.
func (d *Driver) findImage(ctx context.Context, r ledger.Request) (*image.Image, error) {
	if r.Image.ID != "" {
		found, err := d.Cloud.Images(ctx, []image.ID{r.Image.ID})
		if m, ok := found[r.Image.ID]; ok && err == nil {
			return &m, nil
		}
		return nil, err
	}
	found, err := d.Cloud.Find(ctx, Query{Name: r.ID.MadeName()})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// surplus returns the images of an instance that need not stay: those that are
// older than the newest Keep whose export is complete. Only an image that the
// ledger says we made, and whose own export is over, is among them.
func (d *Driver) surplus(ctx context.Context, r ledger.Request) ([]string, error) {
	found, err := d.Cloud.Find(ctx, Query{Tags: map[string]string{TagPlan: r.Plan, TagInstance: string(r.Instance)}})
	if err != nil {
		return nil, err
	}
	image.SortNewestFirst(found)
	var ids []string
	kept := 0
	for _, m := range found {
		id, err := image.ParseExportID(m.Tags[TagExport])
		if err != nil {
			continue // somebody else's, whatever its other tags say
		}
		e, err := d.Ledger.Load(ctx, id)
		switch {
		case errors.Is(err, ledger.ErrDamaged): // it stays, and counts for nothing
		case err != nil:
			return nil, err
		case e.Request.Image.ID != m.ID: // not made for that export
		case e.Verdict == ledger.Complete && kept < r.Keep:
			kept++
		case kept == r.Keep && e.State == ledger.Closed:
			ids = append(ids, string(m.ID))
		}
	}
	return ids, nil
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
