package export_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// course is one way that things can go, to be disturbed at every request of it.
type course struct {
	name    string
	prepare func(w *world)        // undisturbed
	play    func(w *world)        // nil: [world.play]
	want    func(w *world) string // what else is wrong in the end, however disturbed
	warm    bool                  // one instance serves it
}

// play is a day in the life of one export: the timer, one event, and sweeps.
func (w *world) play() {
	_, _ = w.timer(order(web).Plan, slot)
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	_ = w.land(systemDisk)
	w.calm()
}

// calm sweeps until nothing is left to do, and at least as often as two crashes
// take. Whatever went wrong, two days are enough.
func (w *world) calm() {
	for i := 0; i < 4 || len(w.open()) > 0 && i < 96; i++ {
		_ = w.sweep()
		w.now = w.now.Add(30 * time.Minute)
	}
}

// short is a plan that gives its exports two hours.
func short(ids ...image.ID) plan.Plan {
	p := nightly(ids...)
	p.Deadline = 2 * time.Hour
	return p
}

// courses are the happy path and each error path.
var courses = []course{
	{name: "happy", want: ends(ledger.Complete, 1)},
	{name: "refused", prepare: answer(errRefused, 1000), want: ends(ledger.Failed, 0)},
	{name: "full", prepare: answer(errFull, 2), want: ends(ledger.Complete, 1)},
	{name: "busy", prepare: answer(errBusy, 2), want: ends(ledger.Complete, 1)},
	{name: "unanswered and taken", prepare: answer(errTaken, 1), want: ends(ledger.Complete, 1)},
	{name: "unanswered and not taken", prepare: answer(errUnknown, 1), want: ends(ledger.Complete, 1)},
	{name: "unanswered for good", prepare: answer(errUnknown, 1000), want: ends(ledger.Failed, 0)},
	{name: "dead task", prepare: func(w *world) { w.takes = 0 }, play: shortDay, want: ends(ledger.Failed, -1)},
	{name: "partial", prepare: func(w *world) {
		w.addImage(web, 2)
		w.takes = 0
		w.put(systemDisk, 7)
		delete(w.objects, systemDisk)
	}, play: func(w *world) {
		_, _ = w.timer(short(web), slot)
		w.now = w.now.Add(25 * time.Minute)
		w.put(systemDisk, 7)
		_ = w.land(systemDisk)
		w.calm()
	}, want: ends(ledger.Partial, -1)},
	{name: "stalled", prepare: func(w *world) { w.takes = 4 * time.Hour }, play: shortDay, want: func(w *world) string {
		return first(ends(ledger.Complete, 1)(w), hears(w, ledger.KindStalled))
	}},
	{name: "name taken", prepare: func(w *world) { w.put(systemDisk, 9) }, want: ends(ledger.Failed, 0)},
	{name: "notice unanswered", prepare: receive(errUnknown), want: ends(ledger.Complete, 1)},
	{name: "notice refused", prepare: receive(errRefused), want: ends(ledger.Complete, 1)},
	{name: "notice later", prepare: func(w *world) {
		asked := 0
		w.receiver = func(int) error {
			if asked++; asked == 1 {
				return errBusy
			}
			return nil
		}
	}, want: ends(ledger.Complete, 1)},
	{name: "image gone", prepare: func(w *world) { delete(w.images, web) }, want: ends(ledger.Failed, 0)},
	{name: "instance", prepare: prepareMachine, play: playMachine, want: wantMachine},
	{name: "missed", prepare: prepareMissed, play: (*world).calm, want: wantMadeUp},
	{name: "missed, not made up", prepare: func(w *world) {
		prepareMissed(w)
		p := w.plans["nightly"]
		p.CatchUp = plan.CatchUpNone
		w.deploy(p)
	}, play: (*world).calm, want: func(w *world) string {
		return first(marked(w, day(1), ledger.Missed), hears(w, ledger.KindMissed), tasks(w, 1))
	}},
	{name: "suspended", prepare: prepareSuspension, play: playNextDay, want: func(w *world) string {
		return first(marked(w, day(1), ledger.Suspended), hears(w, ledger.KindSuspended), tasks(w, 0))
	}},
	{name: "skipped", prepare: prepareHeld, play: playNextDay, want: func(w *world) string {
		return first(marked(w, day(1), ledger.Filled), hears(w, ledger.KindSkipped), tasks(w, 1))
	}},
	{name: "observed", prepare: func(w *world) { w.put("web_xvda.raw", 9) }, play: func(w *world) {
		for range 3 { // the platform repeats an event that fails
			if w.land("web_xvda.raw") == nil {
				break
			}
			w.now = w.now.Add(7 * time.Minute)
		}
		w.calm()
	}, want: func(w *world) string {
		if list := w.newest(); len(list) != 1 || list[0].Verdict != ledger.Complete {
			return fmt.Sprintf("%d logs", len(list))
		}
		return ""
	}},
}

// answer has CVM answer its first calls with an error.
func answer(err error, n int) func(*world) {
	return func(w *world) {
		w.cloud = func(i int) error {
			if i < n {
				return err
			}
			return nil
		}
	}
}

// receive has the receiver answer the first notice with an error.
func receive(err error) func(*world) {
	return func(w *world) {
		w.receiver = func(n int) error {
			if n == 0 {
				return err
			}
			return nil
		}
	}
}

// ends wants the one export to have a verdict, and so many tasks if they are not
// negative: one whose start can be seen is never started again.
func ends(verdict ledger.State, n int) func(*world) string {
	return func(w *world) string {
		if e := w.entry(exportID(web)); e.Verdict != verdict {
			return fmt.Sprintf("the verdict is %s (%s: %s)", e.Verdict, e.Reason, e.Detail)
		}
		return tasks(w, n)
	}
}

func tasks(w *world, n int) string {
	if n >= 0 && len(w.tasks) != n {
		return fmt.Sprintf("%d tasks, want %d", len(w.tasks), n)
	}
	return ""
}

func hears(w *world, kind string) string {
	if len(w.told(kind)) == 0 {
		return "nobody heard: " + kind
	}
	return ""
}

func marked(w *world, at time.Time, f ledger.Fate) string {
	if !slices.ContainsFunc(w.marked(nightly(), f), at.Equal) {
		return fmt.Sprintf("slot %s is not marked %q: %q", at, f, w.marks(nightly()))
	}
	return ""
}

func first(wrong ...string) string {
	return strings.Join(slices.DeleteFunc(wrong, func(s string) bool { return s == "" }), "; ")
}

func shortDay(w *world) {
	_, _ = w.timer(short(web), slot)
	w.calm()
}

// firstDay is undisturbed, up to just before the second.
func firstDay(w *world, p plan.Plan) {
	w.deploy(p)
	_, _ = w.timer(p, slot)
	for range 3 {
		w.now = w.now.Add(40 * time.Minute)
		_ = w.sweep()
	}
	w.now = day(1)
}

func playNextDay(w *world) {
	_, _ = w.timer(w.plans["nightly"], day(1))
	w.calm()
}

// prepareMissed lets the second day's timer be lost.
func prepareMissed(w *world) {
	p := nightly(web)
	p.Unchanged = plan.Export
	firstDay(w, p)
	w.now = day(1).Add(time.Hour)
}

func wantMadeUp(w *world) string {
	return first(marked(w, day(1), ledger.Filled), hears(w, ledger.KindMissed), tasks(w, 2))
}

func prepareSuspension(w *world) {
	w.cloud = func(int) error { return errRefused }
	p := nightly(web)
	p.SuspendAfter = 1
	firstDay(w, p)
}

func prepareHeld(w *world) {
	p := nightly(web)
	p.Notify = map[string][]string{"webhook": {ledger.KindSkipped}}
	w.channels = append(w.channels, "mail")
	firstDay(w, p)
}

// prepareMachine has one image of the instance already, and a stranger's.
func prepareMachine(w *world) {
	w.making = 10 * time.Minute
	w.instances = []image.Instance{{ID: "ins-aaaaaaaa"}}
	w.addImage("img-stranger", 1)
	firstDay(w, machines(1, "ins-aaaaaaaa"))
}

func playMachine(w *world) {
	_, _ = w.timer(w.plans["nightly"], day(1))
	w.now = w.now.Add(20 * time.Minute)
	w.calm()
}

func wantMachine(w *world) string {
	wrong := tasks(w, 2)
	if len(w.made) != 2 {
		wrong = first(wrong, fmt.Sprintf("%d images were made of an instance in two slots", len(w.made)))
	}
	for _, id := range []image.ID{"img-stranger", w.made[len(w.made)-1]} {
		if _, there := w.images[id]; !there {
			wrong = first(wrong, string(id)+" was deleted")
		}
	}
	return wrong
}
