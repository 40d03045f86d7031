package sim

import (
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

// entryNeverChanges: an object of the ledger is written once. Only within the
// window in which creates race may a second one replace the first, and whoever
// waits for the settling time sees the one that stays.
func (w *world) entryNeverChanges(key string, old *object) {
	if old != nil && w.now-old.since > raceWindow {
		w.violate(entriesNeverChange, parseKey(key).export, "%s was overwritten after it had stood for %s", key, w.now-old.since)
	}
}

// checkWrite: a bucket that was ever versioned keeps no promise, so nobody who could
// know begins anything in it. The notify function asks only before it begins a log;
// what it adds to one that stands, the store itself takes for no claim.
func (w *world) checkWrite(c *sent) {
	p := parseKey(c.subject)
	goesOn := c.by.on.of == &w.notify && p.dir != "open" && p.seq != 1
	if w.versioned && (w.versionedFirst || c.by.on.born > w.versionedAt) && !goesOn {
		w.violate(versionedIsRefused, "", "%s was written by an instance that began after the bucket was versioned", c.subject)
	}
}

// checkDelete: a log is never deleted, and the marker of an export goes last.
func (w *world) checkDelete(c *sent, key string) {
	p := parseKey(key)
	if p.dir != "open" {
		w.violate(onlyMarkersGo, p.export, "%s is deleted", key)
		return
	}
	h := w.of(p.export)
	if !h.ended || !h.closed {
		w.violate(onlyMarkersGo, p.export, "the marker goes before the export is closed and in history")
	}
	h.gone = true
}

// logHasNoGap: entry n is written by somebody who saw entry n-1.
func (w *world) logHasNoGap(p place, r *record) {
	switch {
	case r.Seq != p.seq || string(r.Request.ID) != string(p.export):
		w.violate(keysAreKnown, p.export, "entry %d lies under the key of %s #%d", r.Seq, p.export, p.seq)
	case p.seq > r.log.last+1:
		w.violate(logsHaveNoGap, p.export, "entry %d is written, and entry %d is not", p.seq, r.log.last+1)
	case r.log.marker == "":
		w.violate(markerBeforeLog, p.export, "entry %d is written, and no marker was", p.seq)
	case p.seq > 40:
		w.violate(logsAreShort, p.export, "entry %d is written", p.seq)
	}
}

// checkEntry holds an entry against the one before it and against the truth.
func (w *world) checkEntry(h *history, prev, r *record) {
	if prev == nil {
		prev = &record{log: h}
		w.checkRequest(h, r)
	} else if prev.State == ledger.None {
		return // it is answered, and on its way
	}
	switch {
	case prev.State == ledger.Closed:
		w.violate(nothingAfterClosed, h.id, "entry %d follows CLOSED", r.Seq)
	case prev.Verdict != "" && (r.Verdict != prev.Verdict || !r.Ended.Equal(prev.Ended)):
		w.violate(verdictsStand, h.id, "verdict %s becomes %s in entry %d", prev.Verdict, r.Verdict, r.Seq)
	case r.by.on.old && r.Seq > 1 && !prev.by.on.old:
		w.violate(newerIsLeftAlone, h.id, "the previous version wrote entry %d after one of the newer version", r.Seq)
	}
	w.takeover(h, prev, r)
	w.patience(h, prev, r)
	w.attempts(h, prev, r)
	w.tries(h, prev, r)
	if prev.Verdict == "" && r.Verdict != "" {
		w.checkVerdict(h, r)
	}
	if r.State == ledger.Accepted && prev.State != ledger.Accepted && len(h.starts) == 0 && r.Request.Origin != ledger.Observed {
		w.violate(acceptedIsTrue, h.id, "entry %d says ACCEPTED, and CVM took no task", r.Seq)
	}
}

// takeover: whoever follows on a claim of another's does so only when that one's
// instance is surely dead, and what it sent has arrived.
func (w *world) takeover(h *history, prev, r *record) {
	if prev.by == nil || prev.Until.IsZero() || prev.by == r.by {
		return
	}
	w.met("a claim was taken over")
	safe := prev.by.ends + time.Second + inFlight
	if r.taken < safe {
		w.violate(noTakeover, h.id, "entry %d of %s follows the claim of %s, which may act for another %s", r.Seq, r.by.name, prev.by.name, safe-r.taken)
	}
}

// patience: a start that was never answered may be queued, and show nothing for long.
func (w *world) patience(h *history, prev, r *record) {
	if prev.State == ledger.Intent && r.State == ledger.Intent && r.At.Before(prev.Until.Add(quiet)) {
		w.violate(unansweredHaveTime, h.id, "entry %d repeats the start %s after the claim of entry %d ended", r.Seq, r.At.Sub(prev.Until), prev.Seq)
	}
}

// attempts: an INTENT counts one more attempt; a refusal takes it back.
func (w *world) attempts(h *history, prev, r *record) {
	want := prev.Attempt
	switch {
	case r.State == ledger.Intent:
		want++
	case r.State == ledger.Retry && prev.State == ledger.Intent:
		want--
	}
	if r.Attempt != want {
		w.violate(attemptsCount, h.id, "entry %d (%s) counts %d attempts, want %d", r.Seq, r.State, r.Attempt, want)
	}
}

// checkRequest: a scheduled export stands for a due instant of its plan, and there
// is no other of the same slot and image.
func (w *world) checkRequest(h *history, r *record) {
	q := r.Request
	if q.Origin != ledger.Scheduled {
		return
	}
	if !w.due[q.Plan][q.Slot.Sub(epoch)] {
		w.violate(slotsAreDue, h.id, "plan %s was not due at %s", q.Plan, q.Slot.Sub(epoch))
	}
	what := q.Plan + " " + q.Slot.String() + " " + string(q.Instance)
	if q.Instance == "" {
		what += string(q.Image.ID)
	}
	if other := w.slots[what]; other != "" && other != h.id {
		w.violate(onePerSlot, h.id, "%s is of the same slot and image", other)
	}
	w.slots[what] = h.id
}
