package sim

import (
	"errors"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

func noticeTo(channel string) string { return "the notice to " + channel }

// rightEarsHear: a verdict is claimed at once for all who are to hear of it.
func (w *world) rightEarsHear(h *history, r *record) {
	kind := map[ledger.State]string{ledger.Complete: "completed", ledger.Partial: "partial", ledger.Failed: "failed"}[r.Verdict]
	if r.Verdict == ledger.Complete && r.Request.Recovers {
		kind = "recovered"
	}
	if n := r.Request.News; n != nil {
		kind = n.Kind
	}
	quiet := r.Reason == "gone"
	for _, c := range w.channels {
		if d, claimed := r.Deliveries[c.Name]; claimed != (!quiet && c.wants(w.plans[r.Request.Plan], kind)) && d.For == "" {
			w.violate(rightEarsHear, h.id, "channel %s hears of %s: %t", c.Name, kind, claimed)
		}
	}
	_, claimed := r.Deliveries[ledger.ManifestChannel]
	if claimed != (r.Verdict == ledger.Complete || r.Verdict == ledger.Partial) {
		w.violate(manifestsAreKept, h.id, "it is %s, and its manifest is claimed: %t", r.Verdict, claimed)
	}
}

// checkSend is when a notice is about to be sent.
func (w *world) checkSend(i *instance, channel string, e *ear, n ledger.Entry) *record {
	id := n.Request.ID
	r := w.claim(i, id, func(r *record) bool { return r.Deliveries[channel].State == ledger.Sending }, noticeTo(channel))
	h := w.of(id)
	h.tried[channel] = true
	if n.Verdict == ledger.Complete {
		for _, f := range n.Landed {
			if o := w.version(f); o == nil || o.flawed() {
				w.violate(successIsTrue, id, "success is announced, and %s is no whole disk", f.Key)
			}
		}
	}
	if i.serves.room[channel]--; i.serves.room[channel] < 0 {
		w.violate(busyIsWaitedFor, id, "%s sends to %s, and did not ask for room", i.serves.name, channel)
	}
	switch {
	case i.refused[e]:
		w.violate(goneIsHeeded, id, "%s asks %s again, which told it to be gone", i.name, e.name)
	case e.muted != 0 && e.muted < i.born && !i.stale:
		w.violate(goneIsHeeded, id, "%s asks %s, which the ledger says to be gone since %s", i.name, e.name, clockText(e.muted))
	}
	return r
}

// heard is when the receiver takes a notice: once, but for sends whose outcome
// whoever sent them could not know, and always under the same id.
func (w *world) heard(s *sent, claim *record, channel string, e ledger.Entry) {
	w.acts(claim, noticeTo(channel))
	h := w.of(e.Request.ID)
	heard := h.heard[channel]
	if heard == nil {
		heard = &hearing{id: e.NoticeID()}
		h.heard[channel] = heard
	}
	if heard.id != e.NoticeID() || claim != nil && claim.Deliveries[channel].ID != heard.id {
		w.violate(noticesKeepTheirID, h.id, "%s hears %s, and heard %s before", channel, e.NoticeID(), heard.id)
	}
	for _, by := range heard.by {
		if by.hurt == 0 {
			w.violate(sendsAreBounded, h.id, "%s hears it again, and whoever told it before (%s) had every answer", channel, by.name)
		}
		w.met("a notice that was heard twice")
	}
	heard.by = append(heard.by, s.by)
	w.notices++
	w.tell(nil, "%s hears %s", channel, e.NoticeID())
}

// told is when the answer to a notice reaches whoever sent it.
func (w *world) told(i *instance, r *record, channel string, e *ear, err error) {
	answer, ok := errors.AsType[*outcome.Error](err)
	if !ok || r == nil {
		return
	}
	if answer.Kind == outcome.Gone {
		i.refused[e] = true
		i.serves.left = append(i.serves.left, e)
	}
	if answer.Kind != outcome.Unknown && answer.Kind != outcome.Later {
		r.log.refused[channel] = true
	}
	r.again[channel] = answer.After
}

// tries: a delivery counts one more try when it is claimed, and takes it back where
// none was made; and it is given up for a reason.
func (w *world) tries(h *history, prev, r *record) {
	for channel, was := range prev.Deliveries {
		d := r.Deliveries[channel]
		made := prev.effects[noticeTo(channel)] > 0
		want := was.Attempt
		switch {
		case d.State == ledger.Sending:
			want++
		case was.State == ledger.Sending && !made && d.State == ledger.SendLater && prev.by == r.by:
			want--
		}
		if d.Attempt != want {
			w.violate(onlyTriesCount, h.id, "entry %d counts %d tries of %s, want %d", r.Seq, d.Attempt, channel, want)
		}
		if d.State == ledger.Sent && was.State == ledger.Sending && !made {
			w.violate(onlyTriesCount, h.id, "entry %d says that %s was told, and nothing was sent", r.Seq, channel)
		}
		w.patienceWith(channel, h, prev, r)
		if d.State == ledger.Undelivered && was.State != d.State && d.Attempt < mostAnnounced && !h.refused[channel] && !w.left(channel) {
			w.violate(givenUpForReason, h.id, "%s is given up after %d tries: %s", channel, d.Attempt, d.Detail)
		}
	}
}

// patienceWith: a channel whose receiver says for how long it is busy is put off by as
// much, and is not tried before.
func (w *world) patienceWith(channel string, h *history, prev, r *record) {
	was, d := prev.Deliveries[channel], r.Deliveries[channel]
	if d.State == ledger.Sending && r.At.Before(was.NotBefore) {
		w.violate(busyIsWaitedFor, h.id, "%s is tried at %s, and was put off until %s", channel, r.At, was.NotBefore)
	}
	if prev.by != r.by || d.State != ledger.SendLater || was.State != ledger.Sending {
		return // its holder died, and nobody else knows what it was told
	}
	after := min(prev.again[channel], 24*time.Hour)
	if free := prev.by.on.clock(prev.seen + after); after > 0 && d.NotBefore.Before(free) {
		w.violate(busyIsWaitedFor, h.id, "%s is busy until %s, and is to be tried at %s", channel, free, d.NotBefore)
	}
}

// left reports whether somebody who listened on a channel wants to hear nothing more.
func (w *world) left(channel string) bool {
	c := w.channel(channel)
	return c != nil && slices.ContainsFunc(c.ears, func(e *ear) bool { return e.gone })
}

// checkMute: only who said so is noted as gone.
func (w *world) checkMute(receiver string) {
	if e := w.ear(receiver); e == nil || !e.gone {
		w.violate(goneIsHeeded, "", "%s is noted as gone, and is not", receiver)
	} else {
		e.noted = true
	}
}

// goneIsNoted: who says to be gone is noted as such, for instances to come.
func (w *world) goneIsNoted(v *invocation) {
	for _, e := range v.left {
		if !e.noted && v.hurt == 0 && w.now < v.ends-reserve {
			w.violate(goneIsHeeded, "", "%s was told by %s that it is gone, and did not note it", v.name, e.name)
		}
	}
}

// mutes is when the ledger knows that a receiver is gone.
func (w *world) mutes(receiver string) {
	if e := w.ear(receiver); e != nil && e.muted == 0 {
		e.muted = w.now
	}
}

// channelsAreFree: whatever becomes of one channel, the others that were claimed with it
// are tried as well.
func (w *world) channelsAreFree(v *invocation) {
	for _, r := range v.claims {
		if !r.known || r.hurt != v.hurt || len(r.effects) == 0 || w.now >= v.ends-reserve || v.on.old {
			continue
		}
		for channel, d := range r.Deliveries {
			if d.State == ledger.Sending && r.effects[noticeTo(channel)] == 0 && !w.left(channel) {
				w.violate(channelsAreFree, r.log.id, "%s claimed to tell %s under entry %d, and told others only", v.name, channel, r.Seq)
			}
		}
	}
}

// checkFallbacks: what one channel could not deliver, the next one was given.
func (w *world) checkFallbacks(r *record) {
	for channel, d := range r.Deliveries {
		c := w.channel(channel)
		if d.State != ledger.Undelivered || c == nil || c.Fallback == "" {
			continue
		}
		stand, ok := r.Deliveries[c.Fallback]
		if !ok {
			w.violate(fallbacksStepIn, r.log.id, "%s could not deliver it, and %s was not asked", channel, c.Fallback)
		}
		if stand.For == channel {
			w.met("a fall-back that stepped in")
		}
	}
}
