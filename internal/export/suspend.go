package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	failed, err := d.failures(ctx, o, s)
	if err != nil || len(failed) < o.Plan.SuspendAfter {
		return false, err
	}
	n := &ledger.Told{
		Kind:   ledger.KindSuspended,
		Detail: fmt.Sprintf("nothing but failures in %d slots in a row, so plan %s is not run any more", len(failed), o.Plan.Name),
		Hint:   "see why the exports fail, then resume the plan: POST /v1/plans/" + o.Plan.Name + "/resume, or imageferry resume " + o.Plan.Name,
	}
	for _, slot := range slices.Backward(failed) {
		n.Slots = append(n.Slots, slot)
	}
	if err := d.tellPlan(ctx, o, n); err != nil { // before the mark: it ends the matter
		return false, err
	}
	return true, d.pass(ctx, o.Plan, o.Slot)
}

// failures returns the last slots before an order's in which every export failed,
// newest first, up to one in which something succeeded. Slots that are not decided
// yet are passed over. Where no export failed lately, nothing is read.
func (d *Driver) failures(ctx context.Context, o Order, s standing) (failed []time.Time, err error) {
	for _, m := range s.suspects(o.Slot, o.Plan.SuspendAfter) {
		end, err := d.end(ctx, o.Plan.Name, m)
		switch {
		case err != nil:
			return nil, err
		case end == ledger.Complete:
			return failed, nil
		case end == ledger.Failed:
			failed = append(failed, m.Slot)
		}
		if len(failed) == o.Plan.SuspendAfter {
			break
		}
	}
	return failed, nil
}

// end says how a slot ended: COMPLETE if anything succeeded, FAILED if all of it
// failed, None if that is not decided.
func (d *Driver) end(ctx context.Context, name string, m ledger.Mark) (ledger.State, error) {
	note, err := d.Ledger.ReadMark(ctx, name, m)
	if errors.Is(err, ledger.ErrDamaged) {
		return ledger.None, nil
	}
	if err != nil {
		return ledger.None, err
	}
	end := ledger.Failed
	if len(note.Exports) == 0 {
		end = ledger.None
	}
	for _, p := range note.Skipped {
		if p.Reason == skipUnchanged {
			return ledger.Complete, nil
		}
	}
	for _, p := range note.Exports {
		e, err := d.Ledger.Load(ctx, p.Export)
		switch {
		case errors.Is(err, ledger.ErrDamaged):
			end = ledger.None
		case err != nil:
			return ledger.None, err
		case e.Verdict == ledger.Complete:
			return ledger.Complete, nil
		case e.Verdict == "":
			end = ledger.None
		}
	}
	return end, nil
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
	// The mark must come after that of the last slot, which a timer that was early
	// may have made for an instant still to come.
	last, _ := s.before(now.Add(time.Hour), func(m ledger.Mark) bool { return m.Fate == ledger.Suspended })
	at := last.Slot.Add(time.Second)
	if now.After(at) {
		at = now
	}
	n := &ledger.Told{Kind: ledger.KindResumed, Detail: "plan " + p.Name + " runs again"}
	if err := d.tellPlan(ctx, PlanOrder(p, last.Slot, d.Bucket), n); err != nil {
		return false, err
	}
	return true, d.mark(ctx, p, at, ledger.Resumed, "")
}
