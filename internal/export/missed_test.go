package export_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// away has the first slot filled and carried, and then nobody there for n slots and
// an hour.
func away(t *testing.T, p plan.Plan, n int) *world {
	t.Helper()
	w := newWorld(t)
	firstDay(w, p)
	w.now = day(n).Add(time.Hour)
	return w
}

// everyDay exports its image in each slot, held or not.
func everyDay() plan.Plan {
	p := nightly(web)
	p.Unchanged = plan.Export
	return p
}

func TestMissedSlots(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		policy plan.CatchUp
		within time.Duration
		madeUp []time.Time
		given  []time.Time // up
	}{
		{plan.CatchUpNewest, 24 * time.Hour, []time.Time{day(3)}, []time.Time{day(1), day(2)}},
		{plan.CatchUpNewest, 30 * time.Minute, nil, []time.Time{day(1), day(2), day(3)}},
		{plan.CatchUpNewest, 400 * time.Hour, []time.Time{day(3)}, []time.Time{day(1), day(2)}},
		{plan.CatchUpAll, 400 * time.Hour, []time.Time{day(1), day(2), day(3)}, nil},
		{plan.CatchUpAll, 26 * time.Hour, []time.Time{day(2), day(3)}, []time.Time{day(1)}},
		{plan.CatchUpNone, 400 * time.Hour, nil, []time.Time{day(1), day(2), day(3)}},
	} {
		p := everyDay()
		p.CatchUp, p.CatchUpWithin = test.policy, test.within
		w := away(t, p, 3)
		w.calm()
		got := w.started()[1:]
		if filled := w.marked(p, ledger.Filled)[1:]; !slices.Equal(filled, test.madeUp) || !slices.Equal(got, test.madeUp) {
			t.Errorf("%s within %s: filled %v, started %v; want %v", test.policy, test.within, filled, got, test.madeUp)
		}
		if given := w.marked(p, ledger.Missed); !slices.Equal(given, test.given) {
			t.Errorf("%s within %s: recorded as missed %v; want %v", test.policy, test.within, given, test.given)
		}
		told := w.told(ledger.KindMissed)
		if len(told) != 1 || !slices.Equal(told[0].Request.News.Slots, []time.Time{day(1), day(2), day(3)}) || told[0].Hint+told[0].Detail == "" {
			t.Errorf("%s within %s: told %+v; want the three slots, once", test.policy, test.within, told)
		}
		w.wantKept()
	}
}

// A slot that is made up late has as long as one that is filled in time.
func TestMadeUpHasItsWholeTime(t *testing.T) {
	t.Parallel()
	p := everyDay()
	p.Deadline = 3 * time.Hour
	w := away(t, p, 1)
	w.now = day(1).Add(4 * time.Hour)
	found := w.now
	w.calm()
	e := w.entry(image.ScheduledID(p.Name, day(1), web))
	if e.Verdict != ledger.Complete || e.Request.Deadline.Before(found.Add(p.Deadline)) {
		t.Errorf("%s (%s), deadline %s; want three hours from %s", e.Verdict, e.Detail, e.Request.Deadline, found)
	}
}

// Within its grace a slot is only late.
func TestLateIsNotMissed(t *testing.T) {
	t.Parallel()
	p := everyDay()
	w := away(t, p, 0)
	w.now = day(1).Add(9 * time.Minute)
	_ = w.sweep()
	if _, err := w.timer(p, day(1)); err != nil {
		t.Fatal(err)
	}
	w.calm()
	if len(w.told(ledger.KindMissed)) != 0 || len(w.tasks) != 2 {
		t.Errorf("told %d times, %d tasks", len(w.told(ledger.KindMissed)), len(w.tasks))
	}
}

// The timer comes after all, when the slot was given up or made up: once is enough.
func TestTimerAfterTheSlotWasMadeUp(t *testing.T) {
	t.Parallel()
	p := everyDay()
	w := away(t, p, 1)
	w.calm()
	if _, err := w.timer(p, day(1)); err != nil {
		t.Fatal(err)
	}
	w.calm()
	if len(w.tasks) != 2 {
		t.Errorf("%d tasks of two slots", len(w.tasks))
	}
	w.wantKept()
}

// A new plan, and one whose schedule is new, owes nothing from before. From then
// on it does.
func TestBegun(t *testing.T) {
	t.Parallel()
	p := everyDay()
	w := newWorld(t)
	w.deploy(p)
	w.now = day(0).Add(time.Hour) // deployed after the slot
	_ = w.sweep()
	_ = w.sweep()
	if got := w.marks(p); len(got) != 1 || !strings.HasSuffix(got[0], ".begun") || len(w.notices)+len(w.tasks) != 0 {
		t.Fatalf("marks %q, %d notices, %d tasks", got, len(w.notices), len(w.tasks))
	}
	p.Schedule = "0 30 */6 * * * *"
	w.deploy(p)
	w.now = day(1).Add(time.Hour)
	_ = w.sweep()
	if begun := w.marked(p, ledger.Begun); len(begun) != 2 || len(w.notices) != 0 {
		t.Fatalf("after another schedule: begun %v, %d notices", begun, len(w.notices))
	}
	w.now = w.now.Add(time.Hour)
	w.calm()
	if told := w.told(ledger.KindMissed); len(told) != 1 || len(w.tasks) != 1 {
		t.Errorf("a slot of the new schedule: told %d times, %d tasks", len(told), len(w.tasks))
	}
}

func TestMissedWhileSuspended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	prepareSuspension(w)
	playNextDay(w)
	p := w.plans["nightly"]
	w.now = day(3).Add(time.Hour) // nobody was there on two more days
	told := len(w.notices)
	w.calm()
	if got := w.marked(p, ledger.Suspended); !slices.Equal(got, []time.Time{day(1), day(2), day(3)}) {
		t.Errorf("suspended %v", got)
	}
	if len(w.notices) != told || len(w.marked(p, ledger.Missed)) != 0 {
		t.Errorf("told of slots of a suspended plan: %d notices", len(w.notices)-told)
	}
	w.wantKept()
}

// Kill the sweep that makes up slots at every request: told under one id, each slot
// made up once or recorded as missed, and nothing lost.
func TestMissedThroughCrashes(t *testing.T) {
	t.Parallel()
	for _, policy := range []plan.CatchUp{plan.CatchUpNewest, plan.CatchUpAll, plan.CatchUpNone} {
		c := course{
			prepare: func(w *world) {
				p := everyDay()
				p.CatchUp, p.CatchUpWithin = policy, 400*time.Hour
				firstDay(w, p)
				w.now = day(3).Add(time.Hour)
			},
			play: (*world).calm,
			want: func(w *world) string {
				p := w.plans["nightly"]
				starts := map[plan.CatchUp][]time.Time{plan.CatchUpNewest: {day(3)}, plan.CatchUpAll: {day(1), day(2), day(3)}}[policy]
				ids := map[image.ExportID]bool{}
				for _, n := range w.told(ledger.KindMissed) {
					ids[n.Request.ID] = true
				}
				all := slices.SortedFunc(slices.Values(append(w.marked(p, ledger.Filled)[1:], w.marked(p, ledger.Missed)...)), time.Time.Compare)
				if len(ids) != 1 || !slices.Equal(starts, w.started()[1:]) || !slices.Equal(all, []time.Time{day(1), day(2), day(3)}) {
					return fmt.Sprintf("%s: told under %v, started %v, on record %v", policy, ids, w.started(), all)
				}
				return ""
			},
		}
		for n := 0; c.try(t, telling, map[int]fault{n: diesAfter}); n++ {
		}
	}
}
