package sim

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// mark is an object among the slots of a plan.
type mark struct {
	at   time.Duration
	fate ledger.Fate
	note ledger.Slot
}

// marked keeps a mark that was written.
func (w *world) marked(key string, body []byte) {
	rest := strings.TrimPrefix(key, statePrefix+"v1/slots/")
	m := ledger.Slot{}
	if err := json.Unmarshal(body, &m); err != nil {
		w.violate(keysAreKnown, "", "%s cannot be read: %v", key, err)
		return
	}
	w.skippedIsHeld(m)
	plan, name, _ := strings.Cut(rest, "/")
	_, fate, _ := strings.Cut(name, ".")
	fate, _, _ = strings.Cut(fate, ".")
	w.marks[plan] = append(w.marks[plan], mark{m.Slot.Sub(epoch), ledger.Fate(fate), m})
	w.tell(nil, "slot %s of plan %s is %s", clockText(m.Slot.Sub(epoch)), plan, orFilled(fate))
}

// skippedIsHeld: an image is left out of a slot as unchanged only if the files of its
// earlier export are there.
func (w *world) skippedIsHeld(m ledger.Slot) {
	for _, p := range m.Skipped {
		h := w.of(p.Export)
		if p.Reason != "unchanged" || len(h.starts) == 0 {
			continue
		}
		for _, key := range h.starts[0].task.files {
			if w.images.get(key) == nil && w.now-w.removed[key] > time.Minute*4 {
				w.violate(skippedIsHeld, h.id, "%s is skipped, and %s is not there", p.Image, key)
			}
		}
	}
}

// checkTick: what a timer asked for is done when its invocation returns, unless
// something went wrong with that.
func (w *world) checkTick(v *invocation, plan string, slot time.Duration) {
	if v.hurt > 0 || v.stale || v.on.old || !v.over {
		return
	}
	for _, m := range w.marks[plan] {
		if m.at == slot && (m.fate == ledger.Filled || m.fate == ledger.Suspended) {
			return
		}
	}
	if w.pendingMarks == 0 {
		w.violate(ticksFillSlots, "", "%s ended, and slot %s of plan %s is not filled", v.name, clockText(slot), plan)
	}
}

// checkEnd is when the calm is over: all must have converged.
func (w *world) checkEnd() {
	if w.versioned {
		return // nothing went on there
	}
	for _, h := range w.order {
		w.checkEnded(h)
	}
	w.ledger.under(statePrefix+"v1/open/", "", func(key string, o *object) bool {
		if o.deleted == 0 {
			w.violate(workListEmpties, parseKey(key).export, "%s is still there", key)
		}
		return w.violation == nil
	})
	for _, name := range w.plans.Names() {
		w.checkSlots(name)
	}
	for _, c := range w.clients {
		if c.accepted && w.histories[image.RequestedID(c.key)] == nil {
			w.violate(requestsAreAnswered, "", "the request with %q was accepted, and there is no export of it", c.key)
		}
	}
}

// mostAnnounced is how many tries of a notice are announced before it is given up.
// An instance can die between announcing and sending, each time.
const mostAnnounced = 12

// checkEnded: what was begun is closed, and everybody heard of it who would hear.
func (w *world) checkEnded(h *history) {
	r := h.newest()
	switch {
	case r == nil:
		w.violate(exportsEnd, h.id, "it has a marker and no log")
		return
	case r.State != ledger.Closed:
		w.violate(exportsEnd, h.id, "it is %s since %s", r.State, clockText(r.stands))
		return
	}
	for channel, d := range r.Deliveries {
		heard := h.heard[channel]
		switch {
		case !h.tried[channel] && d.Attempt < mostAnnounced:
			w.violate(everybodyIsTold, h.id, "%s was never tried", channel)
		case d.State == ledger.Sent && heard == nil:
			w.violate(everybodyIsTold, h.id, "%s heard nothing, and the log says it did", channel)
		case d.State != ledger.Sent && d.State != ledger.Undelivered:
			w.violate(everybodyIsTold, h.id, "%s is left at %s", channel, d.State)
		}
	}
	w.ended(r)
}

// ended counts how exports end.
func (w *world) ended(r *record) {
	w.met("an export that ends " + string(r.Verdict))
	for _, d := range r.Deliveries {
		if d.State == ledger.Undelivered {
			w.met("a notice that was given up")
		}
	}
	if r.Request.News != nil {
		w.met("news: " + r.Request.News.Kind)
	}
}

// checkSlots: each due slot of a plan since its first mark is filled, and then all
// its exports are in the ledger; or it is recorded as missed and told of, or as
// passed over while the plan was suspended.
func (w *world) checkSlots(name string) {
	first := w.end
	fates := map[time.Duration][]mark{}
	for _, m := range w.marks[name] {
		first = min(first, m.at)
		fates[m.at] = append(fates[m.at], m)
	}
	told := map[time.Duration]bool{}
	for _, h := range w.order {
		if q, ok := h.request(); ok && q.Plan == name && q.News != nil && q.News.Kind == ledger.KindMissed {
			for _, slot := range q.News.Slots {
				told[slot.Sub(epoch)] = true
			}
		}
	}
	for at := range w.due[name] {
		if at < first {
			continue
		}
		marks := fates[at]
		if len(marks) == 0 {
			w.violate(slotsAreAccounted, "", "nothing is known of slot %s of plan %s", clockText(at), name)
		}
		for _, m := range marks {
			w.checkMark(name, m, told[at])
		}
	}
}

func (w *world) checkMark(name string, m mark, told bool) {
	switch m.fate {
	case ledger.Missed:
		w.met("a slot that was missed for good")
		if !told {
			w.violate(slotsAreAccounted, "", "slot %s of plan %s was missed, and nobody was told", clockText(m.at), name)
		}
	case ledger.Suspended:
		w.met("a slot that passed while its plan was suspended")
	case ledger.Begun:
		w.met("a plan that is reckoned from a slot on")
	case ledger.Filled:
		if told {
			w.met("a slot that was made up")
		}
		if len(m.note.Skipped) > 0 {
			w.met("an image that was skipped")
		}
		for _, p := range m.note.Exports {
			if w.histories[p.Export].newest() == nil {
				w.violate(slotsAreAccounted, p.Export, "slot %s of plan %s names it, and there is no log", clockText(m.at), name)
			}
		}
	}
}

func orFilled(fate string) string {
	if fate == "" {
		return "filled"
	}
	return fate
}

// perExport is how many requests exports cost on average, beside what a sweep costs
// that finds nothing to do.
func (w *world) perExport() float64 {
	return float64(w.operations-w.idle) / float64(max(1, len(w.order)))
}
