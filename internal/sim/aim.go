package sim

import (
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

// aim runs sweeps where a protocol of claims breaks if it does: while a claim still
// settles, as it ends, and as the deadline of an export passes. Clocks differ, so
// each goes off somewhere around that instant.
func (w *world) aim(r *record) {
	if r.Seq <= r.log.aimed {
		return // two entries that raced
	}
	r.log.aimed = r.Seq
	id := named("aim", string(r.log.id), r.Seq)
	around := func(n uint64, before, after time.Duration) time.Duration {
		return time.Duration(w.float(id.and(n))*float64(before+after)) - before
	}
	if !r.Until.IsZero() {
		if w.hit(sweepAtClaim, id) {
			w.extraSweep(r, "while a claim settled", w.now+around(1, 0, 7*time.Second))
		}
		if w.hit(sweepAtExpiry, id) {
			ends := r.Until.Sub(epoch) - r.by.on.skew
			w.extraSweep(r, "as a claim ended", ends+around(2, 60*time.Second, 20*time.Second))
		}
	}
	if r.State == ledger.Accepted && w.hit(sweepAtDeadline, id) {
		w.extraSweep(r, "at a deadline", r.Request.Deadline.Sub(epoch)+around(3, time.Minute, time.Minute))
	}
}

func (w *world) extraSweep(r *record, why string, at time.Duration) {
	name := fmt.Sprintf("sweep for %s #%d, %s", r.log.id, r.Seq, why)
	w.at(at, func() {
		if w.now < w.calm {
			w.met("a sweep " + why)
			w.deliver(&w.export, name, timerEvent("sweep", epoch.Add(w.now), `{"sweep":true}`), nil)
		}
	})
}
