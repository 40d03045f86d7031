package channel

import (
	"slices"
	"sync"
	"time"

	"github.com/imageferry/imageferry/internal/plan"
)

// quota is at most so many messages in any span of time.
type quota struct {
	calls int
	span  time.Duration
}

// quotas keep a channel below what its service takes: WeCom and DingTalk 20 messages
// a minute (18 here: others may send through the same robot, and DingTalk is then
// silent for ten minutes), Feishu 100 a minute and 5 a second, Slack about 1 a
// second and Telegram 20 a minute in a group (both unverified). The rest promise
// nothing. Each instance counts its own.
var quotas = map[string][]quota{
	plan.WeCom:    {{18, time.Minute}},
	plan.DingTalk: {{18, time.Minute}},
	plan.Feishu:   {{90, time.Minute}, {4, time.Second}},
	plan.Slack:    {{5, 5 * time.Second}},
	plan.Telegram: {{18, time.Minute}},
	plan.Teams:    {{4, time.Second}},
	plan.Mail:     {{5, time.Second}},
	plan.Webhook:  {{1000, time.Second}},
}

// gaps are between two messages of one channel: places are taken when sends are
// claimed, and all claims of a batch are acted on together.
var gaps = map[string]time.Duration{
	plan.WeCom:    200 * time.Millisecond,
	plan.DingTalk: 200 * time.Millisecond,
	plan.Feishu:   250 * time.Millisecond,
	plan.Slack:    time.Second,
	plan.Telegram: 200 * time.Millisecond,
	plan.Teams:    250 * time.Millisecond,
	plan.Mail:     200 * time.Millisecond,
	plan.Webhook:  time.Millisecond,
}

// Feishu's page on custom bots (open.feishu.cn, ucTM5YjL3ETO24yNxkjN) advises
// against the hour and the half hour, which is just when timers fire. Their first
// minute is left alone.
const (
	rushEvery = 30 * time.Minute
	rushLasts = time.Minute
)

// pace says whether a channel takes a message now. It is arithmetic alone.
type pace struct {
	quotas []quota
	rush   bool // the service asks not to be called on the hour and the half hour

	mu     sync.Mutex
	sent   []time.Time // the last ones, as many as any quota asks about
	closed time.Time   // until when
}

func newPace(service string) *pace {
	return &pace{quotas: quotas[service], rush: service == plan.Feishu}
}

// reserve takes a place if there is one, and returns now; else it takes nothing, and
// returns when to ask again. To book ahead would take places from whoever asks
// again in time.
func (p *pace) reserve(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now
	if p.closed.After(at) {
		at = p.closed
	}
	keep := 0
	for _, r := range p.quotas {
		keep = max(keep, r.calls)
		if i := len(p.sent) - r.calls; i >= 0 && p.sent[i].Add(r.span).After(at) {
			at = p.sent[i].Add(r.span)
		}
	}
	if begun := at.Truncate(rushEvery); p.rush && at.Sub(begun) < rushLasts {
		at = begun.Add(rushLasts)
	}
	if at.After(now) {
		return at
	}
	p.sent = append(p.sent, now)
	p.sent = slices.Delete(p.sent, 0, max(0, len(p.sent)-keep))
	return now
}

// close lets nothing go before a moment.
func (p *pace) close(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.closed) {
		p.closed = until
	}
}
