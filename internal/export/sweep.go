package export

import (
	"context"
	"errors"
	"log/slog"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// sweepPage is how many exports are taken on at once.
const sweepPage = 1000

// Sweep looks for slots that were missed, and drives everything on the work list,
// the oldest first: what events missed, what died, what was told to come back
// later. Its cost does not grow with history. One damaged export, or one plan
// that cannot be filled, does not keep the others from being swept.
func (d *Driver) Sweep(ctx context.Context) error {
	t, err := d.begin(ctx)
	if err == nil {
		err = d.ready(ctx)
	}
	if err != nil {
		return err
	}
	var fresh []*job
	var failed error
	for _, name := range d.Plans.Names() {
		jobs, err := d.audit(ctx, d.Plans[name])
		fresh = append(fresh, jobs...)
		failed = errors.Join(failed, err)
	}
	failed = errors.Join(failed, d.drain(ctx, t, fresh))
	for _, j := range fresh {
		failed = errors.Join(failed, j.err)
	}
	for _, name := range d.Plans.Names() {
		if t.listed != nil {
			failed = errors.Join(failed, d.digest(ctx, t, d.Plans[name]))
		}
	}
	return failed
}

// drain drives the work list, page by page until the invocation's time is up.
// Fresh jobs were put there just now and need not be read.
func (d *Driver) drain(ctx context.Context, t *tick, fresh []*job) (failed error) {
	t.whole = true
	known := map[string]*job{}
	for _, j := range fresh {
		if j.name != "" {
			known[j.name] = j
		}
	}
	listed := map[string]bool{}
	after := ""
	for more := true; more && t.open(d.Now()); {
		names, further, err := d.Ledger.Opened(ctx, after, sweepPage)
		if err != nil {
			return errors.Join(failed, err)
		}
		if len(names) == 0 {
			break
		}
		for _, name := range names {
			listed[name] = true
		}
		failed = errors.Join(failed, d.drivePage(ctx, t, names, known))
		more, after = further, names[len(names)-1]
	}
	d.resting.end(listed, t.crowded)
	if t.open(d.Now()) {
		t.listed = listed
	}
	// A stale listing need not show what was put on the list just now.
	d.drive(ctx, t, pick(fresh, func(j *job) bool { return known[j.name] == j }))
	return failed
}

// drivePage drives a page of the work list, and takes those from known that it drove.
func (d *Driver) drivePage(ctx context.Context, t *tick, names []string, known map[string]*job) error {
	jobs := make([]*job, len(names))
	d.Pool(len(names), func(i int) {
		if jobs[i] = known[names[i]]; jobs[i] == nil {
			jobs[i] = d.reopen(ctx, names[i])
		}
	})
	takeTurns(jobs)
	d.drive(ctx, t, jobs)
	var failed []error
	for i, j := range jobs {
		fresh := known[names[i]] != nil
		delete(known, names[i])
		t.crowded = t.crowded || j.err == nil && waits(j)
		if !j.rests {
			d.resting.keep(names[i], j, d.Now())
		}
		if j.err == nil {
			continue
		}
		d.Log.LogAttrs(ctx, slog.LevelError, "export not driven", slog.String("marker", names[i]), slog.String("error", j.err.Error()))
		if !fresh { // whoever asked for it gets its error with its result
			failed = append(failed, j.err)
		}
	}
	return errors.Join(failed...)
}

// takeTurns leaves all but the first of several markers of one export alone: they come
// of a request that was repeated with its Idempotency-Key, and one export must not
// race against itself. When the first is closed and gone, it is the next one's turn.
func takeTurns(jobs []*job) {
	seen := map[image.ExportID]bool{}
	for _, j := range jobs {
		if seen[j.id()] && j.err == nil {
			j.done, j.twin = true, true
		}
		seen[j.id()] = true
	}
}

// reopen reads where an export on the work list stands. The marker's body is
// needed only where nothing followed the marker.
func (d *Driver) reopen(ctx context.Context, name string) *job {
	j := &job{name: name}
	e, known, rests := d.resting.find(name, d.Now())
	if known {
		j.entry, j.rests, j.done = e, rests, rests
		return j
	}
	id, err := ledger.ParseOpenName(name)
	if err == nil {
		j.entry, err = d.Ledger.Load(ctx, id)
	}
	if err == nil && j.entry.Seq == 0 {
		j.entry.Request, err = d.Ledger.ReadOpen(ctx, name)
	}
	switch {
	case outcome.Is(err, outcome.NotFound) && j.entry.Seq == 0:
		j.stop(nil) // another tick began and closed it since the list was read
	case err != nil:
		j.stop(err)
	}
	return j
}
