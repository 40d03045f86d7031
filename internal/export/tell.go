package export

import (
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

func (s Situation) fail(reason, detail, hint string) Step {
	return s.conclude(ledger.Failed, reason, detail, hint)
}

// conclude reaches a verdict and claims the telling of it in one entry. It is a claim
// even if nobody is to be told: a verdict that a racing writer overwrites must not
// be gone on from.
func (s Situation) conclude(verdict ledger.State, reason, detail, hint string) Step {
	next := s.Entry.Next(verdict, s.Now)
	next.Verdict, next.Ended = verdict, s.Now.UTC()
	next.Reason, next.Detail, next.Hint = reason, detail, hint
	next.Expected, next.Landed = s.expected(), s.Seen.Files
	next.Deliveries = map[string]ledger.Delivery{}
	claim := func(name string) {
		next.Deliveries[name] = ledger.Delivery{ID: next.NoticeID(), State: ledger.Sending, Attempt: 1}
	}
	for _, c := range s.Channels {
		if hears(next.Request, c, next.Kind()) {
			claim(c.Name)
		}
	}
	if verdict == ledger.Complete || verdict == ledger.Partial {
		claim(ledger.ManifestChannel)
	}
	return Step{Append: &next, Effect: true}
}

// hears reports whether a channel hears of a kind of notice about a request: the
// plan has the first word, as it was when it asked, and then the channel itself.
func hears(r ledger.Request, c plan.Channel, kind string) bool {
	if kinds, ok := r.Hears[c.Name]; ok {
		return plan.Hears(kinds, kind)
	}
	return c.Wants(r.Plan, kind)
}
