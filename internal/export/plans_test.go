package export_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

// nightly is a plan that is due every day at [slot]'s time of day, in two months only:
// the sweep reckons every slot.
func nightly(ids ...image.ID) plan.Plan {
	p := order(ids...).Plan
	p.Schedule = "0 0 11 * 11,12 * 2026" // UTC+8
	return p
}

// machines is such a plan for instances.
func machines(keep int, ids ...image.InstanceID) plan.Plan {
	p := nightly()
	p.KeepImages = keep
	for _, id := range ids {
		p.Instances = append(p.Instances, plan.InstanceSelector{ID: id})
	}
	return p
}

// deploy makes the sweep look after plans, on new instances.
func (w *world) deploy(plans ...plan.Plan) {
	w.plans, w.instance = plan.Set{}, nil
	for _, p := range plans {
		w.plans[p.Name] = p
	}
}

// timer fires a plan's timer for a slot, with the platform's two repeats a minute
// apart where it fails.
func (w *world) timer(p plan.Plan, slot time.Time) (results []export.Result, err error) {
	for range 3 {
		if results, err = w.fire(p, slot); err == nil {
			break
		}
		w.now = w.now.Add(time.Minute)
	}
	return results, err
}

// fire fires it once.
func (w *world) fire(p plan.Plan, slot time.Time) (results []export.Result, err error) {
	w.fired = func() { _, _ = w.fire(p, slot) }
	err, survived := w.invoke(func(ctx context.Context, d *export.Driver) (err error) {
		results, err = d.Start(ctx, export.PlanOrder(p, slot, bucket))
		for _, r := range results {
			err = errors.Join(err, r.Err)
		}
		return err
	})
	if !survived {
		err = errors.New("died")
	}
	return results, err
}

// sweepUntil sweeps every half hour up to a time, whether there is work or not.
func (w *world) sweepUntil(at time.Time) {
	for ; w.now.Before(at); w.now = w.now.Add(30 * time.Minute) {
		_ = w.sweep() // what it returns is told by the states
	}
	w.now = at
}

// days lets n slots of a plan come, from w.now on, and sweeps between them.
func (w *world) days(p plan.Plan, n int) {
	for range n {
		due := w.now
		_, _ = w.timer(p, due)
		w.sweepUntil(due.Add(24 * time.Hour))
	}
}

// day is the nth slot after the first.
func day(n int) time.Time { return slot.Add(time.Duration(n) * 24 * time.Hour) }

// marks lists what is on record of a plan's slots.
func (w *world) marks(p plan.Plan) (list []string) {
	for _, key := range w.keys("v1/slots/" + p.Name + "/") {
		list = append(list, key[len("v1/slots/"+p.Name+"/"):])
	}
	return list
}

// marked returns the slots that have a fate.
func (w *world) marked(p plan.Plan, f ledger.Fate) (slots []time.Time) {
	w.t.Helper()
	marks, err := ledger.New(w.store, "").Marks(w.t.Context(), p.Name, slot.Add(-1000*24*time.Hour))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range marks {
		if m.Fate == f {
			slots = append(slots, m.Slot)
		}
	}
	return slots
}

// note returns what a filled slot has on record.
func (w *world) note(p plan.Plan, slot time.Time) ledger.Slot {
	w.t.Helper()
	n, err := ledger.New(w.store, "").ReadMark(w.t.Context(), p.Name, ledger.Mark{Slot: slot})
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// started returns the slots whose exports were accepted, in order.
func (w *world) started() (slots []time.Time) {
	for _, task := range w.tasks {
		slots = append(slots, task.request.Slot)
	}
	return slots
}

// underWay counts the tasks that run now.
func (w *world) underWay() int {
	return len(slices.DeleteFunc(slices.Clone(w.tasks), func(task task) bool { return !w.now.Before(task.at.Add(w.takes)) }))
}

// quota lets CVM run so many tasks at once.
func (w *world) quota(n int) {
	w.cloud = func(int) error {
		if w.underWay() >= n {
			return errFull
		}
		return nil
	}
}

// wantKept asserts that no promise was broken.
func (w *world) wantKept() {
	w.t.Helper()
	for _, wrong := range w.violations() {
		w.t.Error(wrong)
	}
}

var errRefused = &outcome.Error{Kind: outcome.Image, Op: "ExportImages", Code: "InvalidImageId.X", Message: "refused", Hint: "none"}
