package export

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// act waits until racing claims have settled, and issues the effects of those
// that stand.
func (d *Driver) act(ctx context.Context, t *tick, jobs []*job) {
	if err := d.Sleep(ctx, d.Settle); err != nil {
		for _, j := range jobs {
			j.stop(err)
		}
		return
	}
	d.Pool(len(jobs), func(i int) {
		j := jobs[i]
		j.acts = false
		stands, err := d.Ledger.Confirm(ctx, j.entry)
		switch {
		case errors.Is(err, ledger.ErrLost):
			d.overtaken(ctx, j, stands)
		case err != nil:
			j.stop(err)
		case j.entry.State == ledger.Intent:
			d.callExport(ctx, t, j)
		default:
			j.next = delivered(d.situation(j), d.send(ctx, t, j.entry))
		}
	})
}

// callExport calls ExportImages under the confirmed entry of j. A crash here loses
// the answer, not the export: the entry stands, its claim ends, and a later drive
// looks for evidence in the bucket.
func (d *Driver) callExport(ctx context.Context, t *tick, j *job) {
	s := d.situation(j)
	switch {
	case !t.open(s.Now):
		j.next = undone(s, "the invocation had no time left to start it")
		return
	case t.full.Load():
		j.next = undone(s, "another export of this run found the limit of running tasks")
		return
	}
	task, err := d.Cloud.Export(ctx, j.entry.Request)
	if outcome.Is(err, outcome.Full) {
		t.full.Store(true)
	}
	s.Now = d.Now()
	step, known := started(s, task, err)
	if !known {
		j.stop(err)
		return
	}
	j.next = step
}

// send tells every channel that the entry claims, and returns the answers of
// those for which there was time. After a crash here the claim ends, and the
// notice is sent again under the same id.
func (d *Driver) send(ctx context.Context, t *tick, e ledger.Entry) map[string]error {
	answers := map[string]error{}
	for _, name := range slices.Sorted(maps.Keys(e.Deliveries)) {
		if e.Deliveries[name].State != ledger.Sending || !t.open(d.Now()) {
			continue
		}
		err := d.Notify.Send(ctx, name, e)
		answers[name] = err
		if err != nil {
			d.Log.LogAttrs(ctx, slog.LevelWarn, "notice not sent", slog.String("export", string(e.Request.ID)),
				slog.String("channel", name), slog.String("error", err.Error()))
		}
	}
	return answers
}
