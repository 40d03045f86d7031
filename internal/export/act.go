package export

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/imageferry/imageferry/internal/image"
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
	one := func(i int) { d.issue(ctx, t, jobs[i]) }
	if !t.congested {
		d.Pool(len(jobs), one)
		return
	}
	for i := range jobs { // who is oldest gets what room there is
		one(i)
	}
}

// issue issues the effect that the newest entry of j announces, if that entry
// stands.
func (d *Driver) issue(ctx context.Context, t *tick, j *job) {
	j.acts = false
	stands, err := d.Ledger.Confirm(ctx, j.entry)
	switch {
	case errors.Is(err, ledger.ErrLost):
		d.overtaken(ctx, j, stands)
	case err != nil:
		j.stop(err)
	case j.entry.State == ledger.Imaging:
		d.callCreate(ctx, t, j)
	case j.entry.State == ledger.Intent:
		d.callExport(ctx, t, j)
	case j.entry.State == ledger.Pruning:
		d.prune(ctx, t, j)
	default:
		answers := d.send(ctx, t, j.entry) // may take a minute, from whose end on it is waited
		j.next = delivered(d.situation(t, j), answers)
	}
}

// callExport calls ExportImages under the confirmed entry of j. A crash here loses
// the answer, not the export: the entry stands, its claim ends, and a later drive
// looks for evidence in the bucket.
func (d *Driver) callExport(ctx context.Context, t *tick, j *job) {
	s := d.situation(t, j)
	switch {
	case !t.open(s.Now):
		j.next = undone(s, "the invocation had no time left to start it", false)
		return
	case t.full.Load():
		j.next = undone(s, "another export of this run found the limit of running tasks", true)
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

// callCreate calls CreateImage under the confirmed entry of j. A crash here loses
// the answer, not the image: it is found by its name.
func (d *Driver) callCreate(ctx context.Context, t *tick, j *job) {
	s := d.situation(t, j)
	if !t.open(s.Now) {
		j.next = undone(s, "the invocation had no time left to make the image", false)
		return
	}
	id, err := d.Cloud.CreateImage(ctx, newImage(j.entry.Request))
	s.Now = d.Now()
	step, known := made(s, id, err)
	if !known {
		j.stop(nil) // when the claim ends, the image is looked for
		return
	}
	j.next = step
}

// prune deletes the images that the confirmed entry of j announces. A crash here
// leaves images behind, and the next export of the instance looks again.
func (d *Driver) prune(ctx context.Context, t *tick, j *job) {
	var left []string
	for _, id := range j.entry.Surplus {
		err := context.DeadlineExceeded
		if t.open(d.Now()) {
			err = d.Cloud.DeleteImage(ctx, image.ID(id))
		}
		if err != nil {
			left = append(left, fmt.Sprintf("%s (%v)", id, err))
		}
	}
	s, detail := d.situation(t, j), ""
	if len(left) > 0 {
		detail = "not deleted: " + strings.Join(left, ", ") + "; the next export of the instance looks again"
	}
	j.next = Step{Append: s.closed(detail)}
}
