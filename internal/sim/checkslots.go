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
	at     time.Duration
	fate   ledger.Fate
	export image.ExportID // that failed
	stands time.Duration  // since when
	note   ledger.Slot
}

// marked keeps a mark that was written.
func (w *world) marked(key string, body []byte) {
	rest := strings.TrimPrefix(key, statePrefix+"v1/slots/")
	m := ledger.Slot{}
	if err := json.Unmarshal(body, &m); err != nil {
		w.violate(keysAreKnown, "", "%s cannot be read: %v", key, err)
		return
	}
	w.noteComesLast(key, m)
	w.suspensionIsTold(key, m)
	w.skippedIsHeld(m)
	plan, name, _ := strings.Cut(rest, "/")
	_, fate, _ := strings.Cut(name, ".")
	fate, failed, _ := strings.Cut(fate, ".")
	w.marks[plan] = append(w.marks[plan], mark{m.Slot.Sub(epoch), ledger.Fate(fate), image.ExportID(failed), w.now, m})
	w.tell(nil, "slot %s of plan %s is %s", clockText(m.Slot.Sub(epoch)), plan, orFilled(fate))
}

// noteComesLast: whoever reads that a slot is filled never looks for its exports again.
func (w *world) noteComesLast(key string, m ledger.Slot) {
	for _, p := range m.Exports {
		if h := w.histories[p.Export]; h == nil || h.marker == "" {
			w.violate(noteComesLast, slotName(m.Plan, m.Slot.Sub(epoch)), "%s names export %q, of which there is no marker", key, p.Export)
		}
	}
}

// suspensionIsTold: a mark ends the matter, so the news come before it.
func (w *world) suspensionIsTold(key string, m ledger.Slot) {
	if !strings.HasSuffix(key, "."+string(ledger.Suspended)) || !w.heeded(m.Plan, ledger.KindSuspended) {
		return
	}
	for _, h := range w.order {
		id := string(h.id)
		if h.marker != "" && strings.HasPrefix(id, "news-"+m.Plan+"-") && strings.HasSuffix(id, "-"+ledger.KindSuspended) {
			return
		}
	}
	w.violate(suspensionIsTold, "", "%s is written, and there are no news of it", key)
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
	if v.hurt > 0 || v.stale || v.blind || v.on.old || !v.over {
		return
	}
	for _, m := range w.marks[plan] {
		if m.at == slot && (m.fate == ledger.Filled || m.fate == ledger.Suspended) {
			return
		}
	}
	if w.pendingMarks == 0 {
		w.violate(ticksFillSlots, slotName(plan, slot), "%s ended, and slot %s of plan %s is not filled", v.name, clockText(slot), plan)
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
			w.violate(slotsAreAccounted, slotName(name, at), "nothing is known of slot %s of plan %s", clockText(at), name)
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
		w.missedIsMadeUp(name, m)
		if !told && w.heeded(name, ledger.KindMissed) {
			w.violate(slotsAreAccounted, slotName(name, m.at), "slot %s of plan %s was missed, and nobody was told", clockText(m.at), name)
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
				w.violate(slotsAreAccounted, slotName(name, m.at), "slot %s of plan %s names export %q, and there is no log of it", clockText(m.at), name, p.Export)
			}
		}
	}
}

// slotName is what the ids of all exports of a slot begin with.
func slotName(plan string, at time.Duration) image.ExportID {
	return image.ExportID(strings.TrimSuffix(image.SlotPrefix(plan, epoch.Add(at)), "-"))
}

func orFilled(fate string) string {
	if fate == "" {
		return "filled"
	}
	return fate
}
