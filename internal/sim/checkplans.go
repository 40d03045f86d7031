package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// checkFate is when COS takes a mark of a slot on: what its writer could know of the
// plan's slots allows it.
func (w *world) checkFate(c *sent, key string, note ledger.Slot) {
	if c.by.stale || c.by.hurt > 0 || c.by.on.old {
		return
	}
	at, asOf := note.Slot.Sub(epoch), c.by.began
	_, fate, _ := strings.Cut(key[strings.LastIndexByte(key, '/')+1:], ".")
	switch ledger.Fate(fate) {
	case ledger.Filled:
		w.failingIsStopped(note.Plan, at, asOf)
		w.underWayIsSkipped(note, at, asOf)
	case ledger.Suspended:
		w.resumedGoesOn(note.Plan, at, asOf)
	}
}

// filledBefore returns the marks of filled slots before one, as they stood, newest first.
// Of two that raced, the later one stands.
func (w *world) filledBefore(name string, at, asOf time.Duration) (list []mark) {
	for _, m := range slices.Backward(w.marks[name]) {
		raced := slices.ContainsFunc(list, func(o mark) bool { return o.at == m.at })
		if m.fate == ledger.Filled && m.at < at && m.stands < asOf && !raced {
			list = append(list, m)
		}
	}
	slices.SortStableFunc(list, func(a, b mark) int { return int(b.at - a.at) })
	return list
}

// failingIsStopped: a plan is not run on after so many slots in a row that all failed.
func (w *world) failingIsStopped(name string, at, asOf time.Duration) {
	n := w.plans[name].SuspendAfter
	last := w.filledBefore(name, at, asOf)
	if len(last) < n {
		return
	}
	since := last[n-1].at
	resumed := slices.ContainsFunc(w.marks[name], func(m mark) bool { return m.fate == ledger.Resumed && m.at >= since })
	if !resumed && !slices.ContainsFunc(last[:n], func(m mark) bool { return !w.allFailed(name, m, asOf) }) {
		w.violate(failingIsStopped, slotName(name, at), "slot %s of plan %s is filled after %d slots in which all failed", clockText(at), name, n)
	}
}

// allFailed reports whether it stood in the marks of a slot that all its exports failed.
func (w *world) allFailed(name string, m mark, asOf time.Duration) bool {
	for _, p := range m.note.Exports {
		r := w.of(p.Export).newest()
		marked := slices.ContainsFunc(w.marks[name], func(o mark) bool { return o.export == p.Export && o.stands < asOf })
		if r == nil || r.Verdict != ledger.Failed || !marked {
			return false
		}
	}
	return len(m.note.Exports) > 0 && len(m.note.Skipped) == 0
}

// resumedGoesOn: a plan that a person resumed runs, until it fails again.
func (w *world) resumedGoesOn(name string, at, asOf time.Duration) {
	var last mark
	for _, m := range w.marks[name] {
		if (m.fate == ledger.Suspended || m.fate == ledger.Resumed) && m.at < at && m.at >= last.at && m.stands < asOf {
			last = m
		}
	}
	if last.fate != ledger.Resumed {
		return
	}
	since := slices.DeleteFunc(w.filledBefore(name, at, asOf), func(m mark) bool { return m.at < last.at })
	if len(since) < w.plans[name].SuspendAfter {
		w.violate(resumedGoesOn, slotName(name, at), "slot %s of plan %s is passed, and the plan was resumed at %s", clockText(at), name, clockText(last.at))
	}
}

// underWayIsSkipped: an image is not exported while the slot before still exports it.
func (w *world) underWayIsSkipped(note ledger.Slot, at, asOf time.Duration) {
	before := w.filledBefore(note.Plan, at, asOf)
	if w.plans[note.Plan].Unchanged != plan.Skip || len(before) == 0 {
		return
	}
	for _, was := range slices.Concat(before[0].note.Exports, before[0].note.Skipped) {
		r := w.of(was.Export).newest()
		if was.Instance != "" || r == nil || r.Verdict != "" || r.log.damaged || !note.Slot.Before(r.Request.Deadline) {
			continue
		}
		w.met("an image that was under way when it was due again")
		if slices.ContainsFunc(note.Exports, func(p ledger.Pick) bool { return p.Image == was.Image }) {
			w.violate(underWayIsSkipped, was.Export, "%s is exported again in slot %s of plan %s, and this is not over", was.Image, clockText(at), note.Plan)
		}
	}
}

// missedIsMadeUp: what a plan wants made up is not written off.
func (w *world) missedIsMadeUp(name string, m mark) {
	p := w.plans[name]
	age := m.note.At.Sub(m.note.Slot)
	if age > p.CatchUpWithin-15*time.Minute || p.CatchUp == plan.CatchUpNone {
		return
	}
	later := false
	for at := range w.due[name] {
		later = later || at > m.at && at < m.at+age+time.Minute
	}
	if p.CatchUp == plan.CatchUpAll || !later {
		w.violate(missedIsMadeUp, slotName(name, m.at), "slot %s of plan %s is written off after %s", clockText(m.at), name, age)
	}
}
