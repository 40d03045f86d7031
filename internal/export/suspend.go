package export

import (
	"context"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// suspend stops a plan whose last slots came to nothing but failures, and says so.
// It costs nothing where slots do not fail.
func (d *Driver) suspend(ctx context.Context, o Order, s standing) (bool, error) {
	if o.Origin != ledger.Scheduled || o.Plan.SuspendAfter == 0 {
		return false, nil
	}
	slots := s.spoilt(o.Slot, o.Plan.SuspendAfter)
	for _, m := range slots { // an export failed in each; did any succeed?
		hopeless, err := d.hopeless(ctx, o.Plan.Name, m)
		if err != nil || !hopeless {
			return false, err
		}
	}
	if len(slots) == 0 {
		return false, nil
	}
	n := &ledger.Told{
		Kind:   ledger.KindSuspended,
		Detail: fmt.Sprintf("nothing but failures in %d slots in a row, so plan %s is not run any more", len(slots), o.Plan.Name),
		Hint:   "see why the exports fail, then resume the plan: POST /v1/plans/" + o.Plan.Name + "/resume, or imageferry resume " + o.Plan.Name,
	}
	for i := range slots {
		n.Slots = append(n.Slots, slots[len(slots)-1-i].Slot)
	}
	if err := d.tellPlan(ctx, o, n); err != nil { // before the mark: it ends the matter
		return false, err
	}
	return true, d.pass(ctx, o.Plan, o.Slot)
}

// hopeless reports whether every export of a slot failed.
func (d *Driver) hopeless(ctx context.Context, name string, m ledger.Mark) (bool, error) {
	note, err := d.Ledger.ReadMark(ctx, name, m)
	if err != nil || len(note.Skipped) > 0 {
		return false, err // what was skipped is held, or may yet succeed
	}
	for _, p := range note.Exports {
		e, err := d.Ledger.Load(ctx, p.Export)
		if err != nil || e.Verdict != ledger.Failed && e.Verdict != ledger.Partial {
			return false, err
		}
	}
	return true, nil
}

// pass notes that a slot passed while the plan was suspended. Each one is noted,
// so that the suspension is always found among the newest marks.
func (d *Driver) pass(ctx context.Context, p plan.Plan, slot time.Time) error {
	return d.mark(ctx, p, slot, ledger.Suspended, "")
}

// Resume lets a suspended plan run again, from its next slot on. It reports
// whether the plan was suspended.
func (d *Driver) Resume(ctx context.Context, p plan.Plan) (bool, error) {
	if err := d.ready(ctx); err != nil {
		return false, err
	}
	now := d.Now().UTC().Truncate(time.Second)
	s, err := d.standing(ctx, p, now)
	if err != nil || !s.suspended() {
		return false, err
	}
	o := PlanOrder(p, now, d.Bucket)
	n := &ledger.Told{Kind: ledger.KindResumed, Detail: "plan " + p.Name + " runs again"}
	if err := d.tellPlan(ctx, o, n); err != nil {
		return false, err
	}
	return true, d.mark(ctx, p, now, ledger.Resumed, "")
}
