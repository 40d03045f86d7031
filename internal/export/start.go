package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// Order asks for the exports of one slot of a plan. A request for a single image
// is an order of a plan without a name.
type Order struct {
	Plan   plan.Plan
	Origin ledger.Origin
	Slot   time.Time
	Bucket image.Bucket

	Recovers bool // it repeats exports that failed, and people wait for the good news

	Name  func(what string) image.ExportID // of an image's suffix or an instance's id; the same order gives the same ids
	Names string                           // what all these ids start with
}

// PlanOrder asks for what a plan asks for, in one due slot. The bucket is for
// plans that name none.
func PlanOrder(p plan.Plan, slot time.Time, bucket image.Bucket) Order {
	if p.Bucket != (image.Bucket{}) {
		bucket = p.Bucket
	}
	names := image.SlotPrefix(p.Name, slot)
	return Order{
		Plan: p, Origin: ledger.Scheduled, Slot: slot.UTC(), Bucket: bucket,
		Name: func(what string) image.ExportID { return image.ExportID(names + what) }, Names: names,
	}
}

// Start puts all that an order asks for on the work list, drives it as far as it
// goes, and returns one result for each export. Starting an order again is
// harmless. An error without results means that nothing was started; with results
// it says what else went wrong, and a later tick sees to that.
//
// The order of a plan goes to the end of the work list, and the whole list is
// driven, so that nobody who waits for room is overtaken.
func (d *Driver) Start(ctx context.Context, o Order) ([]Result, error) {
	t, err := d.begin(ctx)
	if err != nil {
		return nil, err
	}
	jobs, err := d.fill(ctx, o)
	if err != nil && len(jobs) == 0 {
		return nil, err
	}
	if o.Plan.Name == "" {
		d.drive(ctx, t, jobs)
	} else {
		err = errors.Join(err, d.drain(ctx, t, jobs))
	}
	for _, j := range jobs {
		if j.twin { // whoever asked wants to know where it stands
			d.overtaken(ctx, j, j.entry)
		}
	}
	return results(jobs), err
}

// fill puts the exports of a slot on the work list, notes that they are, and
// returns a job for each: none if the slot was filled before, or is not to be.
func (d *Driver) fill(ctx context.Context, o Order) ([]*job, error) {
	s, err := d.survey(ctx, o)
	switch {
	case err != nil, s.filled(o.Slot):
		return nil, err
	case s.suspended():
		return nil, d.pass(ctx, o.Plan, o.Slot)
	}
	if stopped, err := d.suspend(ctx, o, s.standing); stopped || err != nil {
		return nil, err
	}
	skipped, err := d.skip(ctx, o, &s)
	if err == nil {
		err = d.tellSkipped(ctx, o, skipped)
	}
	if err != nil {
		return nil, err
	}
	jobs := make([]*job, len(s.requests))
	for i, r := range s.requests {
		r.Recovers = o.Recovers || s.spoilt(o, r)
		jobs[i] = &job{entry: ledger.Entry{Request: r}}
		if len(s.names) < MaxNames { // else the one listing did not show all; each looks for itself
			jobs[i].seen = Seen{Looked: LookNames, Standing: under(r.Stem(), s.names)}
		}
	}
	d.Pool(len(jobs), func(i int) { d.open(ctx, jobs[i]) })
	return jobs, d.note(ctx, o, jobs, skipped) // not beside the drive: a second connection costs more than the wait
}

// open puts an export on the work list before its log begins: an export that
// exists must be found by the sweep. Only a marker that stood already means
// that there may be a log.
func (d *Driver) open(ctx context.Context, j *job) {
	r := j.entry.Request
	fresh, err := d.Ledger.Open(ctx, r)
	if err != nil {
		j.stop(err)
		return
	}
	j.name = ledger.OpenName(r)
	if fresh {
		return
	}
	if d.overtaken(ctx, j, j.entry); j.entry.Seq == 0 && j.err == nil {
		first, err := d.Ledger.ReadOpen(ctx, j.name)
		if err != nil {
			j.stop(err)
			return
		}
		j.entry.Request = first // the first intention counts
	}
}

// note writes down that a due slot is on the work list with all its exports.
// Requests have no slot that could be missed.
func (d *Driver) note(ctx context.Context, o Order, jobs []*job, skipped []ledger.Pick) error {
	if o.Origin != ledger.Scheduled {
		return nil
	}
	n := ledger.Slot{Plan: o.Plan.Name, Schedule: o.Plan.Schedule, At: d.Now(), Skipped: skipped}
	for _, j := range jobs {
		if j.name == "" { // the next try fills it
			return fmt.Errorf("slot %s of plan %s is not filled yet: %w", o.Slot.Format(time.RFC3339), o.Plan.Name, j.err)
		}
		r := j.entry.Request
		n.Exports = append(n.Exports, ledger.Pick{Image: r.Image.ID, Instance: r.Instance, Export: r.ID})
	}
	return d.Ledger.MarkSlot(ctx, ledger.Mark{Slot: o.Slot}, n)
}

func results(jobs []*job) []Result {
	list := make([]Result, len(jobs))
	for i, j := range jobs {
		list[i] = Result{ID: j.id(), Entry: j.entry, Err: j.err}
	}
	return list
}
