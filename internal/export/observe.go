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

// sighting is a file that somebody else exported, and the export of its set.
type sighting struct {
	bucket image.Bucket
	name   image.File
	file   ledger.File
	job    *job
}

// observe finds the sets of files that somebody else exported, and puts those on the
// work list that nobody was told of. A file that is not there has no sighting.
func (d *Driver) observe(ctx context.Context, files []landed) []sighting {
	found := make([]sighting, len(files))
	d.Pool(len(files), func(i int) { found[i] = d.observeOne(ctx, files[i]) })
	sets := map[image.ExportID]*job{}
	found = pick(found, func(s sighting) bool { return s.job != nil })
	for i, s := range found {
		id := s.job.id()
		if sets[id] == nil || s.job.err != nil {
			sets[id] = s.job
			d.openFresh(ctx, s.job)
		}
		found[i].job = sets[id]
	}
	return found
}

// openFresh puts a job on the work list that has no log and no marker yet.
func (d *Driver) openFresh(ctx context.Context, j *job) {
	if !j.done && j.name == "" {
		d.open(ctx, j)
	}
}

// observeOne finds the set of one file, and where the telling of it stands.
func (d *Driver) observeOne(ctx context.Context, l landed) sighting {
	name, f, err := d.find(ctx, l)
	s := sighting{bucket: l.bucket, name: name, file: f}
	switch {
	case outcome.Is(err, outcome.NotFound), err == nil && f.Size == 0:
		d.Log.LogAttrs(ctx, slog.LevelInfo, "an event names a file that is not there", slog.String("bucket", l.bucket.String()))
		return sighting{}
	case err != nil:
		s.job = failed(err)
		return s
	}
	set, err := d.lead(ctx, l.bucket, name, f)
	if err != nil {
		s.job = failed(err)
		return s
	}
	for _, r := range []ledger.Request{set, s.request()} {
		if s.job = d.load(ctx, r.ID); s.job == nil {
			s.job = &job{entry: ledger.Entry{Request: r}}
		}
		if s.job.err != nil || !s.job.done || told(s.job.entry, f) {
			break // else it came after its set was told of
		}
	}
	return s
}

// request asks for the file alone.
func (s sighting) request() ledger.Request { return observed(s.bucket, s.name, s.file) }

func failed(err error) *job {
	j := &job{}
	j.stop(err)
	return j
}

// untold makes jobs of the files that the verdict on their set does not tell of:
// another invocation, which did not see them, reached it meanwhile.
func (d *Driver) untold(ctx context.Context, seen []sighting) (jobs []*job) {
	for _, s := range seen {
		if e := s.job.entry; s.job.err != nil || e.Verdict == "" || told(e, s.file) || e.Request.ID == s.request().ID {
			continue
		}
		j := d.load(ctx, s.request().ID)
		if j == nil {
			j = &job{entry: ledger.Entry{Request: s.request()}}
		}
		d.openFresh(ctx, j)
		jobs = append(jobs, j)
	}
	return jobs
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
