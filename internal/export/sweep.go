package export

import (
	"context"
	"errors"
	"log/slog"

	"github.com/imageferry/imageferry/internal/ledger"
)

// sweepPage is how many exports a sweep takes on at once.
const sweepPage = 200

// Sweep drives everything on the work list, the oldest first: what events
// missed, what died, what was told to come back later. It goes on page by page
// until its time is up; its cost does not grow with history. One damaged export
// does not keep the others from being swept.
func (d *Driver) Sweep(ctx context.Context) error {
	t := d.tick(ctx)
	var names []string
	var more bool
	var errs [2]error
	d.Pool(2, func(i int) {
		if i == 0 {
			names, more, errs[i] = d.Ledger.Opened(ctx, "", sweepPage)
		} else {
			errs[i] = d.ready(ctx)
		}
	})
	err := errors.Join(errs[:]...)
	if err != nil {
		return err
	}
	failed := d.sweep(ctx, t, names)
	for more && len(names) > 0 && t.open(d.Now()) {
		names, more, err = d.Ledger.Opened(ctx, names[len(names)-1], sweepPage)
		failed = errors.Join(failed, err, d.sweep(ctx, t, names))
	}
	return failed
}

func (d *Driver) sweep(ctx context.Context, t *tick, names []string) error {
	jobs := make([]*job, len(names))
	d.Pool(len(names), func(i int) { jobs[i] = d.reopen(ctx, names[i]) })
	d.drive(ctx, t, jobs)
	var failed []error
	for i, j := range jobs {
		if j.err != nil {
			d.Log.LogAttrs(ctx, slog.LevelError, "export not driven", slog.String("marker", names[i]), slog.String("error", j.err.Error()))
			failed = append(failed, j.err)
		}
	}
	return errors.Join(failed...)
}

// reopen reads where an export on the work list stands. The marker's body is
// needed only where nothing followed the marker.
func (d *Driver) reopen(ctx context.Context, name string) *job {
	j := &job{name: name}
	id, err := ledger.ParseOpenName(name)
	if err == nil {
		j.entry, err = d.Ledger.Load(ctx, id)
	}
	if err == nil && j.entry.Seq == 0 {
		j.entry.Request, err = d.Ledger.ReadOpen(ctx, name)
	}
	if err != nil {
		j.stop(err)
	}
	return j
}
