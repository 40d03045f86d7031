package export

import (
	"errors"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// The outbox of an export is the deliveries of its verdict, one machine a channel:
//
//	sending ─┬ taken ────────────────→ sent
//	   ▲     ├ not now, or unknown ──→ later, and sending again
//	   └─────┤ refused, or too often → undelivered, and its fall-back begins
//
// Every try is claimed before it is made, and carries the same id.

// maxSends is how often one channel is tried, in the course of a day: two entries
// each keep a log short, so that reading it stays cheap.
const maxSends = 5

// tell: the verdict stands; somebody may not have heard of it yet.
func tell(s Situation) Step {
	if s.Now.Before(s.Entry.Until) {
		return Step{} // somebody is at it
	}
	next := s.Entry.Next(s.Entry.State, s.Now)
	next.Deliveries = map[string]ledger.Delivery{}
	for name, d := range s.Entry.Deliveries {
		if d.State == ledger.Sending && d.Attempt >= maxSends {
			d.State, d.Detail = ledger.Undelivered, "nobody knows whether the last try was received"
		}
		next.Deliveries[name] = d
	}
	s.fallBack(next.Deliveries)
	due, open := false, false
	for name, d := range next.Deliveries {
		switch {
		case d.State == ledger.Sending, d.State == ledger.SendLater && !s.Now.Before(d.NotBefore):
			d.State, d.NotBefore, due = ledger.Sending, time.Time{}, true
			d.Attempt++
			next.Deliveries[name] = d
		case d.State == ledger.SendLater:
			open = true
		}
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

// fallBack hands what a channel could not deliver to its fall-back, unless that one
// hears of it anyway.
func (s Situation) fallBack(list map[string]ledger.Delivery) {
	there := map[string]bool{}
	for _, c := range s.Channels {
		there[c.Name] = true
	}
	for _, c := range s.Channels {
		d := list[c.Name]
		if _, hears := list[c.Fallback]; d.State == ledger.Undelivered && there[c.Fallback] && !hears {
			list[c.Fallback] = ledger.Delivery{ID: d.ID, State: ledger.SendLater, For: c.Name}
		}
	}
}

// delivered folds the answers of all channels that were tried into the next step.
func delivered(s Situation, answers map[string]error) Step {
	next := s.Entry.Next(s.Entry.State, s.Now)
	next.Deliveries = map[string]ledger.Delivery{}
	for name, d := range s.Entry.Deliveries {
		if err, tried := answers[name]; tried {
			d = answered(name, d, err, s.Now)
		} else if d.State == ledger.Sending { // no time was left for it
			d = untried(d, s.Now)
		}
		next.Deliveries[name] = d
	}
	s.fallBack(next.Deliveries)
	open := false
	for _, d := range next.Deliveries {
		open = open || d.State == ledger.SendLater
	}
	if !open && !s.prunes() {
		next.State = ledger.Closed
	}
	return Step{Append: &next}
}

// busy says that a channel is tried only from a time on. Nothing was sent.
type busy struct {
	until time.Time
	why   string
}

func (b *busy) Error() string {
	return "not before " + b.until.UTC().Format(time.RFC3339) + ": " + b.why
}

func answered(channel string, d ledger.Delivery, err error, now time.Time) ledger.Delivery {
	if b, ok := errors.AsType[*busy](err); ok {
		d.Detail = b.why
		return untried(d, b.until)
	}
	d.Detail = ""
	if err == nil {
		d.State = ledger.Sent
		return d
	}
	d.Detail = err.Error()
	switch kind := outcome.Of(err); {
	case kind != outcome.Later && kind != outcome.Unknown:
		d.State = ledger.Undelivered
	case d.Attempt >= maxSends:
		d.State, d.Detail = ledger.Undelivered, fmt.Sprintf("tried %d times, the last time: %s", d.Attempt, d.Detail)
	default: // sent again under the same id, so a receiver can tell
		d.State = ledger.SendLater
		factor := 10
		if channel == ledger.ManifestChannel { // nobody is bothered, and writing it once more is harmless
			factor = 2
		}
		wait := backoff(time.Minute, factor, d.Attempt, 24*time.Hour)
		if e, ok := errors.AsType[*outcome.Error](err); ok {
			wait = max(wait, min(e.After, 24*time.Hour))
		}
		d.NotBefore = now.Add(wait).UTC()
	}
	return d
}

// untried takes back a try that was announced and not made.
func untried(d ledger.Delivery, next time.Time) ledger.Delivery {
	d.State, d.NotBefore = ledger.SendLater, next.UTC()
	d.Attempt--
	return d
}
