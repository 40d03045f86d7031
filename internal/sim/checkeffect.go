package sim

import (
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// reserve is the end of an invocation in which no effect is started.
const reserve = 5 * time.Second

// claim finds the entry under which an instance is about to issue an effect, and
// checks that it may: the entry is its own, stands, was read back after the
// settling time, was not acted on before, and there is time left.
func (w *world) claim(i *instance, id image.ExportID, state func(*record) bool, effect string) *record {
	v := i.serves
	h := w.of(id)
	var r *record
	for _, own := range slices.Backward(h.records) {
		if own.by == v && state(own) {
			r = own
			break
		}
	}
	switch {
	case r == nil:
		w.violate(intentionFirst, id, "%s issues %s without an entry that announces it", v.name, effect)
		return nil
	case r.seen < r.taken+w.settle:
		w.violate(intentionFirst, id, "%s issues %s under entry %d, which it did not read back after %s", v.name, effect, r.Seq, w.settle)
	case r.effects[effect] > 0:
		w.violate(oncePerIntention, id, "%s issues %s again under entry %d", v.name, effect, r.Seq)
	case v.blind:
		w.violate(holderGivesUp, id, "%s issues %s, and does not know its end", v.name, effect)
	case w.now > v.ends-reserve:
		w.violate(holderGivesUp, id, "%s issues %s %s before its end", v.name, effect, v.ends-w.now)
	}
	r.effects[effect]++
	return r
}

// acts is the moment in which the service acts under a claim.
func (w *world) acts(r *record, effect string) {
	if r == nil {
		return
	}
	switch newest := r.log.newest(); {
	case newest.State == ledger.Closed:
		w.violate(nothingAfterClosed, r.log.id, "%s happens", effect)
	case newest != r:
		w.violate(newestActs, r.log.id, "%s happens under entry %d, and entry %d by %s stands", effect, r.Seq, newest.Seq, newest.by.name)
	}
}

// answered is when the answer to an effect reaches whoever issued it.
func (w *world) answered(r *record, err error) {
	if r == nil {
		return
	}
	if outcome.Is(err, outcome.Unknown) {
		w.unknown++
		w.met("an unknown outcome of an effect")
	}
	switch outcome.Of(err) {
	case outcome.Unknown:
		r.answered = err == nil
	case outcome.Later, outcome.Full: // other refusals are verdicts, or names that an earlier call of ours took
		r.answered = true
	}
	// The rate limit of CreateImage says nothing of export tasks.
	if outcome.Is(err, outcome.Full) && r.State == ledger.Intent && (r.by.full == nil || r.Request.Slot.Before(r.by.full.Request.Slot)) {
		r.by.full = r
	}
}

// checkExport is when ExportImages is about to be called.
func (w *world) checkExport(i *instance, q ledger.Request) *record {
	r := w.claim(i, q.ID, func(r *record) bool { return r.State == ledger.Intent }, "ExportImages")
	if full := i.serves.full; full != nil && r != nil && full.Request.Slot.Before(q.Slot) && full.log != r.log {
		w.violate(oldestFirst, q.ID, "it is started after %s, of an older slot, was refused for want of room", full.log.id)
	}
	w.overtakes(i.serves, q)
	w.checkPicture(q.ID, q.Instance, q.Image.ID)
	for key, o := range w.images.objects {
		if o.by == nil && o.deleted == 0 && o.since < w.now-2*mostStale && len(key) > len(q.Stem()) && key[:len(q.Stem())] == q.Stem() {
			w.violate(foreignFilesStay, q.ID, "it is started, and %s stands, which somebody else wrote", key)
		}
	}
	return r
}

// checkStart is when CVM takes a task: that is at most once, but for starts whose
// outcome whoever issued them could not know.
func (w *world) checkStart(s *sent, t *task, claim *record) {
	w.acts(claim, "ExportImages")
	h := w.of(t.export)
	for _, before := range h.starts {
		if before.by.hurt == 0 {
			w.violate(startsAreBounded, h.id, "CVM takes it again, and whoever started it before (%s) had every answer", before.by.name)
		}
		if shown := w.shown(before.task); shown != 0 && shown < s.by.began-mostStale {
			w.violate(evidenceIsHeeded, h.id, "CVM takes it again, and task %d has shown in the bucket since %s", before.task.number, shown)
		}
		w.met("an export that was started twice")
		if before.task.ends > w.now {
			w.met("two attempts that run at once")
		}
	}
	h.starts = append(h.starts, &start{task: t, by: s.by, when: w.now})
	w.starts++
	w.checkLimit(h, claim)
	w.checkWaiting(h, claim)
}

// shown returns since when a task can be seen in the bucket, or 0.
func (w *world) shown(t *task) (since time.Duration) {
	_, since = w.opened(t.prefix + "_")
	for _, key := range t.files {
		if o := w.images.get(key); o != nil && (since == 0 || o.since < since) {
			since = o.since
		}
	}
	return since
}

// claimsAreUsed: a claim that its holder knows to be its own, and does nothing with,
// keeps everybody waiting for nothing.
func (w *world) claimsAreUsed(v *invocation) {
	for _, r := range v.claims {
		if r == r.log.newest() && r.Seq == r.log.last && r.known && r.hurt == v.hurt && !r.log.damaged && len(r.effects) == 0 && w.now < v.ends-reserve {
			w.violate(claimsAreUsed, r.log.id, "%s ends, and did nothing under entry %d, which it read back", v.name, r.Seq)
		}
	}
}

// nobodyFailsInVain: an error of a function makes SCF deliver the event again, and
// people look into logs.
func (w *world) nobodyFailsInVain(v *invocation, err error) {
	if err != nil && v.hurt == 0 && !v.stale && !v.froze && !v.deceived && !v.blind && !w.damaged && !v.on.old && w.now < v.ends-reserve {
		w.violate(nobodyFailsInVain, "", "%s fails: %v", v.name, err)
	}
}

// checkRights: the role of the function that hears of files has no right in CVM.
func (w *world) checkRights(c *sent) {
	switch c.op {
	case opImages, opFind, opInstances, opExport, opCreateImage, opDeleteImage:
		if c.by.on.of == &w.notify {
			w.violate(notifyAsksNoCVM, "", "%s calls %s", c.by.name, c.op)
		}
	}
}
