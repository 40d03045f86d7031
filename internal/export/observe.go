package export

import (
	"context"
	"log/slog"
	"slices"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// Nobody tells us how many files somebody else's export has. So all that go by its
// name are one set, as soon as nobody writes to any: the console's X_xvda.raw,
// X_xvdb.raw, …, and the API's by image. A set is known by its first file, and a
// file by its content's ETag: a doubled event finds the first one's log, and an
// export that is repeated under the same name is told of again.

// observe makes jobs of files that somebody else exported, one a set.
func (d *Driver) observe(ctx context.Context, files []landed) []*job {
	found := make([]*job, len(files))
	d.Pool(len(files), func(i int) { found[i] = d.observeOne(ctx, files[i]) })
	var jobs []*job
	seen := map[image.ExportID]bool{}
	for _, j := range found {
		if j.err != nil || !j.done && !seen[j.id()] {
			jobs = append(jobs, j)
		}
		seen[j.id()] = true
	}
	for _, j := range jobs {
		if j.err == nil && j.name == "" {
			d.open(ctx, j)
		}
	}
	return jobs
}

// observeOne finds the set of one file, and where the telling of it stands. A job
// that is done has nothing to tell.
func (d *Driver) observeOne(ctx context.Context, l landed) *job {
	j := &job{}
	name, f, err := d.find(ctx, l)
	switch {
	case outcome.Is(err, outcome.NotFound), err == nil && f.Size == 0:
		d.Log.LogAttrs(ctx, slog.LevelInfo, "an event names a file that is not there", slog.String("bucket", l.bucket.String()))
		j.stop(nil)
		return j
	case err != nil:
		j.stop(err)
		return j
	}
	r, err := d.lead(ctx, l.bucket, name, f)
	if err != nil {
		j.stop(err)
		return j
	}
	for _, r := range []ledger.Request{r, observed(l.bucket, name, f)} {
		j = d.load(ctx, r.ID)
		switch {
		case j == nil:
			return &job{entry: ledger.Entry{Request: r}}
		case j.err != nil || !j.done || told(j.entry, f):
			return j
		}
	}
	return j // it came after its set was told of, and was told of too
}

// told reports whether a verdict was reached on this very file.
func told(e ledger.Entry, f ledger.File) bool {
	return slices.ContainsFunc(e.Landed, func(was ledger.File) bool { return was.Key == f.Key && was.ETag == f.ETag })
}

// find returns the first reading of a key that the bucket has.
func (d *Driver) find(ctx context.Context, l landed) (reading image.File, f ledger.File, err error) {
	for _, reading = range l.readings {
		f, err = d.Files.Stat(ctx, l.bucket, reading.Key())
		if !outcome.Is(err, outcome.NotFound) {
			break
		}
	}
	return reading, f, err
}

// lead makes the request of a file's set, under the name of its first file.
func (d *Driver) lead(ctx context.Context, bucket image.Bucket, name image.File, f ledger.File) (ledger.Request, error) {
	names, err := d.Files.Names(ctx, bucket, name.Set())
	if err != nil {
		return ledger.Request{}, err
	}
	first := f
	if set := image.SetMembers(name.Set(), name.Format(), names); len(set) > 0 && set[0] < f.Key {
		first, err = d.Files.Stat(ctx, bucket, set[0])
		if outcome.Is(err, outcome.NotFound) || err == nil && first.Size == 0 {
			first, err = f, nil
		}
	}
	r := observed(bucket, name, first)
	r.Set = name.Set()
	return r, err
}

func observed(bucket image.Bucket, name image.File, f ledger.File) ledger.Request {
	return ledger.Request{
		ID: image.ObservedID(bucket, f.Key, f.ETag), Origin: ledger.Observed, Slot: f.Time.UTC(),
		Image: image.Image{ID: name.Image}, Bucket: bucket, Prefix: name.Prefix, Format: name.Format(),
		Deadline: f.Time.Add(lateness).UTC(), File: f.Key,
	}
}
