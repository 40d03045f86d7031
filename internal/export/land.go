package export

import (
	"context"
	"errors"
	"slices"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Object is an object that an event says was created. It is a hint, and may be
// forged: nothing is believed that the bucket does not show.
type Object struct {
	Bucket image.Bucket
	Keys   []string // the key, and the second reading of it where the event leaves one
}

// Land drives the exports whose files the objects are. Objects that are not
// exported disks cost nothing. Files that no export of ours announced are told
// of once, if unmanaged is set.
func (d *Driver) Land(ctx context.Context, objects []Object, unmanaged bool) error {
	var files []landed
	for _, o := range objects {
		if f, ok := recognise(o); ok {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil
	}
	exports := distinct(files)
	found := make([]*job, len(exports))
	d.Pool(len(exports), func(i int) { found[i] = d.load(ctx, exports[i]) })
	t := d.tick(ctx)
	t.noCVM = true // what lands may finish exports; only the export function, and its role, starts them
	jobs := pick(found, func(j *job) bool { return j != nil })
	var seen []sighting
	if strange := strangers(files, exports, found); unmanaged && len(strange) > 0 {
		// Only a new log needs to ask: whoever began one that stands has asked.
		if err := d.ready(ctx); err != nil {
			return err
		}
		seen = d.observe(ctx, strange)
	}
	sets := map[*job]bool{}
	for _, s := range seen {
		if !sets[s.job] {
			jobs = append(jobs, s.job)
		}
		sets[s.job] = true
	}
	d.drive(ctx, t, jobs)
	if late := d.untold(ctx, seen); len(late) > 0 {
		d.drive(ctx, t, late)
		jobs = append(jobs, late...)
	}
	var errs []error
	for _, j := range jobs {
		errs = append(errs, j.err)
	}
	return errors.Join(errs...)
}

// landed is an object whose key is the name of an exported disk.
type landed struct {
	bucket   image.Bucket
	readings []image.File   // of its key, by likelihood; at least one
	id       image.ExportID // of the first; empty if the prefix cannot be one
}

func recognise(o Object) (landed, bool) {
	l := landed{bucket: o.Bucket}
	for _, key := range o.Keys {
		if f, ok := image.ParseFile(key); ok {
			l.readings = append(l.readings, f)
		}
	}
	if len(l.readings) == 0 {
		return l, false
	}
	l.id, _ = l.readings[0].ExportID()
	return l, true
}

// strangers returns the files that belong to no export of ours, each once.
func strangers(files []landed, exports []image.ExportID, found []*job) []landed {
	skip := map[string]bool{}
	return pick(files, func(f landed) bool {
		if i := slices.Index(exports, f.id); i >= 0 && found[i] != nil {
			return false
		}
		name := f.bucket.String() + "/" + f.readings[0].Key()
		known := skip[name]
		skip[name] = true
		return !known
	})
}

func distinct(files []landed) []image.ExportID {
	var ids []image.ExportID
	seen := map[image.ExportID]bool{"": true}
	for _, f := range files {
		if !seen[f.id] {
			ids = append(ids, f.id)
		}
		seen[f.id] = true
	}
	return ids
}

// load returns the job of an export that has a log, else nil.
func (d *Driver) load(ctx context.Context, id image.ExportID) *job {
	e, err := d.Ledger.Load(ctx, id)
	switch {
	case err != nil:
		j := &job{entry: ledger.Entry{Request: ledger.Request{ID: id}}}
		j.stop(err)
		return j
	case e.Seq == 0:
		return nil
	case e.State == ledger.Closed:
		return &job{entry: e, done: true} // terminal is quiet
	}
	return &job{entry: e, name: ledger.OpenName(e.Request)}
}
