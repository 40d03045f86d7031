package sim

import (
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// mostOvertaken is how many newer exports may get room while an older one waits for
// it: not none, because two ticks may run at once, and a listing may be stale.
const mostOvertaken = 10

// checkWaiting counts who is overtaken by an export that CVM just took.
func (w *world) checkWaiting(h *history, claim *record) {
	if claim == nil {
		return
	}
	for _, other := range w.order {
		r := other.newest()
		if r == nil || other.damaged || r.State != ledger.Retry || !r.Full || !r.Request.Slot.Before(claim.Request.Slot) || r.Request.MaxInFlight > 0 {
			continue
		}
		w.met("an export that waited for room was overtaken")
		if w.overtaken[other.id]++; w.overtaken[other.id] > mostOvertaken {
			w.violate(nobodyStarves, other.id, "it waits for room, and %d newer exports were started, the last %s", w.overtaken[other.id], h.id)
		}
	}
}

// checkLimit counts the exports of a plan that are under way, as an invocation can
// know them. It cannot know those that another one started at the same time, nor
// what a stale listing, an unanswered read or a newer schema kept from it.
func (w *world) checkLimit(h *history, claim *record) {
	if claim == nil || w.damaged || claim.Request.MaxInFlight == 0 || claim.by.stale || claim.by.hurt > 0 || claim.by.on.old {
		return
	}
	plan, by := claim.Request.Plan, claim.by
	running := map[image.ExportID]bool{}
	for _, t := range w.tasks {
		other := w.of(t.export)
		r := other.newest()
		if w.now >= t.ends || r == nil || r.Request.Plan != plan || r.State != ledger.Accepted && r.State != ledger.Intent {
			continue
		}
		if s := other.starts; len(s) > 0 && (s[0].by == by || s[0].by.overAt != 0 && s[0].by.overAt < by.began) {
			running[t.export] = true
		}
	}
	running[h.id] = true
	if len(running) > 1 {
		w.met("a plan with a limit has several exports in flight")
	}
	if n := len(running); n > claim.Request.MaxInFlight {
		w.violate(limitIsKept, h.id, "%d exports of plan %s are under way, and its limit is %d", n, plan, claim.Request.MaxInFlight)
	}
}

// overtakes: a tick that goes through the work list starts nothing while an older
// export waits for room that it was refused, and that it did not try itself.
func (w *world) overtakes(v *invocation, q ledger.Request) {
	if !v.lists || v.stale || v.hurt > 0 || v.on.old {
		return
	}
	for _, h := range w.order {
		r := h.newest()
		if r != nil && !h.damaged && r.State == ledger.Retry && r.Full && r.by != v && r.stands < v.began && r.Request.Slot.Before(q.Slot) && r.Request.MaxInFlight == 0 {
			w.violate(oldestFirst, q.ID, "%s starts it, and %s, which is older, waits for room", v.name, h.id)
		}
	}
}
