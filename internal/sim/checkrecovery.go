package sim

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// checkMarker is when COS takes a request on: whether it says that people wait for good
// news is what the marks of its plan say.
func (w *world) checkMarker(c *sent, id image.ExportID, body []byte) {
	var m struct{ Request ledger.Request }
	if err := json.Unmarshal(body, &m); err != nil {
		w.violate(keysAreKnown, id, "its marker cannot be read: %v", err)
		return
	}
	q := m.Request
	w.checkNews(c, q)
	if o := w.images.get(q.File); q.Origin == ledger.Observed && o != nil && o.by != nil {
		w.violate(oursAreKnown, id, "%s is taken for somebody else's, and is of %s", q.File, o.by.export)
	}
	h := w.of(id)
	h.recovers = append(h.recovers, q.Recovers)
	before, now := w.failedBefore(q, c.by.began), w.failedBefore(q, w.now)
	switch {
	case q.Recovers && !before && !now:
		w.violate(recoveryIsTrue, id, "its success is to be told as a recovery, and nothing failed before")
	case !q.Recovers && before && now && !c.by.stale:
		w.violate(recoveryIsTrue, id, "its success is to be told as any other, and it failed in the slot before")
	}
}

// failedBefore reports whether the export of the same image in the last slot that was
// filled before was known to have failed, at an instant.
func (w *world) failedBefore(q ledger.Request, asOf time.Duration) bool {
	if q.Origin != ledger.Scheduled {
		return false
	}
	last := time.Duration(-1)
	for _, m := range w.marks[q.Plan] {
		if m.fate == ledger.Filled && m.stands <= asOf && m.at < q.Slot.Sub(epoch) {
			last = max(last, m.at)
		}
	}
	what := strings.TrimPrefix(string(q.ID), image.SlotPrefix(q.Plan, q.Slot))
	for _, m := range w.marks[q.Plan] {
		if m.at == last && m.stands <= asOf && m.export == image.ExportID(image.SlotPrefix(q.Plan, epoch.Add(last))+what) {
			return true
		}
	}
	return false
}
