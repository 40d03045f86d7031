package channel

import (
	"hash/fnv"
	"strconv"
	"sync"
	"time"

	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// gaps keep a channel below what its service takes: WeCom and DingTalk 20 messages
// a minute (18 here: others may send through the same robot, and DingTalk is then
// silent for ten minutes), Feishu 100 a minute and 5 a second, Slack 1 a second and
// Telegram 20 a minute in a group (both unverified). The rest promise nothing.
var gaps = map[string]time.Duration{
	plan.WeCom:    time.Minute / 18,
	plan.DingTalk: time.Minute / 18,
	plan.Feishu:   time.Minute / 90,
	plan.Slack:    time.Second,
	plan.Telegram: time.Minute / 18,
	plan.Teams:    time.Second / 2,
	plan.Mail:     time.Second / 2,
	plan.Webhook:  time.Second / 50,
}

// pace says when a channel takes the next message. It is arithmetic alone: who
// must wait, waits for a later tick.
type pace struct {
	gap   time.Duration
	rush  bool        // the service asks not to be called on the hour and the half hour
	seed  secret.Text // of the spread: the address, so that deployments differ
	mu    sync.Mutex
	next  time.Time
	count uint64
}

// Feishu's page on custom bots (open.feishu.cn, ucTM5YjL3ETO24yNxkjN) advises
// against the hour and the half hour, which is just when timers fire. The first
// minute is left alone, and what was to go then begins within the three that follow.
const (
	rushEvery  = 30 * time.Minute
	rushLasts  = time.Minute
	rushSpread = 3 * time.Minute
)

func newPace(service string, address secret.Text) *pace {
	return &pace{gap: gaps[service], rush: service == plan.Feishu, seed: address}
}

// reserve returns the moment of the next message, and moves on by the gap.
func (p *pace) reserve(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := now
	if p.next.After(now) {
		at = p.next
	}
	p.count++
	if begun := at.Truncate(rushEvery); p.rush && at.Sub(begun) < rushLasts {
		at = begun.Add(rushLasts + p.spread())
	}
	p.next = at.Add(p.gap)
	return at
}

// spread is a part of rushSpread that differs from message to message and from
// robot to robot, and not from try to try of a test.
func (p *pace) spread() time.Duration {
	h := fnv.New64a()
	h.Write(strconv.AppendUint([]byte(p.seed.Reveal()), p.count, 10))
	return time.Duration(h.Sum64() % uint64(rushSpread))
}

// close lets nothing go before a moment.
func (p *pace) close(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.next) {
		p.next = until
	}
}
