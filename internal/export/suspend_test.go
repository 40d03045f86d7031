package export_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// resume has somebody resume a plan.
func (w *world) resume(p plan.Plan) (was bool) {
	w.t.Helper()
	err, _ := w.invoke(func(ctx context.Context, d *export.Driver) (err error) {
		was, err = d.Resume(ctx, p)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return was
}

// fickle is a plan that is suspended after three bad slots, and a world in which
// exports are refused in the slots that bad tells.
func fickle(t *testing.T, bad func(n int) bool) (*world, plan.Plan) {
	t.Helper()
	w := newWorld(t)
	p := everyDay()
	p.SuspendAfter = 3
	w.deploy(p)
	w.cloud = func(int) error {
		if bad(int(w.now.Sub(slot).Hours() / 24)) {
			return errRefused
		}
		return nil
	}
	return w, p
}

func always(int) bool { return true }

func TestSuspended(t *testing.T) {
	t.Parallel()
	w, p := fickle(t, always)
	w.days(p, 6)
	if got := w.exportCalls(); got != 3 {
		t.Errorf("%d calls of ExportImages; want 3", got)
	}
	if got := w.marked(p, ledger.Suspended); !slices.Equal(got, []time.Time{day(3), day(4), day(5)}) {
		t.Errorf("suspended %v", got)
	}
	told := w.told(ledger.KindSuspended)
	if len(told) != 1 || !slices.Equal(told[0].Request.News.Slots, []time.Time{day(0), day(1), day(2)}) || told[0].Hint == "" {
		t.Errorf("told %+v", told)
	}
	if len(w.told(ledger.KindMissed)) != 0 {
		t.Error("its slots are told of as missed")
	}
	w.wantKept()
}

// A success counts from the beginning again.
func TestOneSuccessResets(t *testing.T) {
	t.Parallel()
	w, p := fickle(t, func(n int) bool { return n != 2 && n != 5 })
	w.days(p, 8)
	if len(w.told(ledger.KindSuspended)) != 0 || w.exportCalls() != 8 {
		t.Errorf("told %d times, %d calls", len(w.told(ledger.KindSuspended)), w.exportCalls())
	}
}

// One image of several that succeeds makes the slot a good one.
func TestSomeSuccessIsNoFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := everyDay()
	p.SuspendAfter = 1
	p.Images = append(p.Images, plan.Selector{ID: "img-nowhere0"})
	w.deploy(p)
	w.days(p, 4)
	if len(w.told(ledger.KindSuspended)) != 0 || len(w.tasks) != 4 {
		t.Errorf("told %d times, %d tasks", len(w.told(ledger.KindSuspended)), len(w.tasks))
	}
}

// An image that is held is as good as one that is exported.
func TestSkippedIsNoFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(web)
	p.SuspendAfter = 1
	w.deploy(p)
	w.days(p, 1)
	p.Images = append(p.Images, plan.Selector{ID: "img-nowhere0"}) // fails each day
	w.deploy(p)
	w.days(p, 4)
	if len(w.told(ledger.KindSuspended)) != 0 || len(w.note(p, day(4)).Skipped) != 1 {
		t.Errorf("told %d times, skipped %v", len(w.told(ledger.KindSuspended)), w.note(p, day(4)).Skipped)
	}
}

// A slot that chose nothing has no failure.
func TestNothingChosenIsNoFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := everyDay()
	p.SuspendAfter = 1
	p.Images = []plan.Selector{{Name: "nothing-*"}}
	w.deploy(p)
	w.days(p, 3)
	if got := w.marked(p, ledger.Filled); len(got) != 3 || len(w.notices) != 0 {
		t.Errorf("filled %v, %d notices", got, len(w.notices))
	}
}

func TestNeverSuspended(t *testing.T) {
	t.Parallel()
	w, p := fickle(t, always)
	p.SuspendAfter = 0
	w.deploy(p)
	w.days(p, 8)
	if w.exportCalls() != 8 || len(w.told(ledger.KindSuspended)) != 0 {
		t.Errorf("%d calls, told %d times", w.exportCalls(), len(w.told(ledger.KindSuspended)))
	}
}

// A resumed plan has as many tries as a new one.
func TestResume(t *testing.T) {
	t.Parallel()
	bad := true
	w, p := fickle(t, func(int) bool { return bad })
	if w.resume(p) {
		t.Error("a plan that runs was resumed")
	}
	w.days(p, 5)
	w.now = w.now.Add(-time.Hour)
	if !w.resume(p) || w.resume(p) {
		t.Error("want to hear that it was suspended, once")
	}
	_ = w.sweep()
	w.now = day(5)
	w.days(p, 3)
	if got := w.exportCalls(); got != 6 {
		t.Errorf("%d calls; want three more after the resume", got)
	}
	w.days(p, 1)
	if got := w.marked(p, ledger.Suspended); !slices.Equal(got, []time.Time{day(3), day(4), day(8)}) {
		t.Errorf("suspended %v", got)
	}
	if len(w.told(ledger.KindSuspended)) != 2 || len(w.told(ledger.KindResumed)) != 1 {
		t.Errorf("told %d and %d times", len(w.told(ledger.KindSuspended)), len(w.told(ledger.KindResumed)))
	}
	bad = false
	w.now = w.now.Add(-time.Hour)
	w.resume(p)
	w.now = day(9)
	w.days(p, 2)
	if e := w.entry(image.ScheduledID(p.Name, day(10), web)); e.Verdict != ledger.Complete {
		t.Errorf("%s: %s", e.Verdict, e.Detail)
	}
	w.wantKept()
}

// Requests are somebody's will: the plan's failures do not keep them from it.
func TestRunByHandWhileSuspended(t *testing.T) {
	t.Parallel()
	w, p := fickle(t, always)
	w.days(p, 4)
	w.cloud = nil
	o := export.PlanOrder(p, w.now, bucket)
	o.Origin = ledger.Requested
	_, _ = w.invoke(func(ctx context.Context, d *export.Driver) error {
		_, err := d.Start(ctx, o)
		return err
	})
	w.calm()
	if len(w.tasks) != 1 {
		t.Errorf("%d tasks", len(w.tasks))
	}
}
