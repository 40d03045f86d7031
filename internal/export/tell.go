package export

import (
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

func (s Situation) fail(reason, detail, hint string) Step {
	return s.conclude(ledger.Failed, reason, detail, hint)
}

// conclude reaches a verdict and claims the telling of it in one entry.
func (s Situation) conclude(verdict ledger.State, reason, detail, hint string) Step {
	next := s.Entry.Next(verdict, s.Now)
	next.Verdict, next.Ended = verdict, s.Now.UTC()
	next.Reason, next.Detail, next.Hint = reason, detail, hint
	next.Expected, next.Landed = s.expected(), s.Seen.Files
	next.Deliveries = map[string]ledger.Delivery{}
	for _, name := range s.Channels {
		if next.Request.Heard(name, next.Kind()) {
			next.Deliveries[name] = ledger.Delivery{ID: next.NoticeID(), State: ledger.Sending, Attempt: 1}
		}
	}
	return Step{Append: &next, Effect: len(next.Deliveries) > 0}
}

// tell: the verdict stands; somebody may not have heard of it yet.
func tell(s Situation) Step {
	next := s.Entry.Next(s.Entry.State, s.Now)
	next.Deliveries = map[string]ledger.Delivery{}
	due, open := false, false
	for name, d := range s.Entry.Deliveries {
		switch {
		case d.State == ledger.Sending && s.Now.Before(s.Entry.Until):
			return Step{} // somebody is at it
		case d.State == ledger.Sending && d.Attempt >= maxSends:
			d.State, d.Detail = ledger.Undelivered, "nobody knows whether the last try was received"
		case d.State == ledger.Sending, d.State == ledger.SendLater && !s.Now.Before(d.NotBefore):
			d.State, d.NotBefore, due = ledger.Sending, time.Time{}, true
			d.Attempt++
		case d.State == ledger.SendLater:
			open = true
		}
		next.Deliveries[name] = d
	}
	switch {
	case due:
		return Step{Append: &next, Effect: true}
	case open:
		return Step{}
	}
	if s.prunes() {
		s.Entry.Deliveries = next.Deliveries
		return prune(s)
	}
	next.State = ledger.Closed
	return Step{Append: &next}
}
