package sim

import (
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/plan"
)

// channel is one way in which people are told, as the account has it.
type channel struct {
	plan.Channel
	address int // counts up when a person gives it another one
	ears    []*ear
}

// ear is who listens at one address of a channel.
type ear struct {
	name  string
	gone  bool          // it wants to hear nothing more, ever
	noted bool          // COS has taken it on that it is gone
	muted time.Duration // when the ledger had it; 0: never
}

// drawChannels draws the channels of a seed, who stands in for whom, and what each hears.
func (w *world) drawChannels() {
	names := []string{"webhook", "second", "third"}[:1+w.number(named("platform", "channels"), 3)]
	hears := [][]string{nil, nil, {"error", "warning"}, {"completed", "failed", "partial", "missed"}, {"info", "error"}, {"skipped", "digest", "error"}}
	for n, name := range names {
		id := named("channel", name)
		c := &channel{Channel: plan.Channel{Name: name, Service: plan.Webhook}}
		c.Hears = hears[w.number(id.and(1), len(hears))]
		if other := w.number(id.and(2), len(names)+1); other < len(names) && other != n {
			c.Fallback = names[other]
		}
		if w.float(id.and(3)) < 0.3 {
			c.Plans = []string{"n*", "machines"}
		}
		w.channels = append(w.channels, c)
		w.move(c)
		if w.hit(addressMoves, id) {
			w.at(time.Duration(w.float(id.and(4))*float64(w.calm)), func() { w.move(c) })
		}
	}
}

// move gives a channel another address. Instances that began before keep the old one:
// the address is a setting of the function.
func (w *world) move(c *channel) {
	c.address++
	c.Address = "at" + string(rune('0'+c.address%10))
	c.ears = append(c.ears, &ear{name: c.Name + "." + c.Address})
	if c.address > 1 {
		w.met("a channel got another address")
		w.tell(nil, "somebody gives channel %s another address, %s", c.Name, c.Address)
	}
}

// ear returns who listens by a name that production gave it.
func (w *world) ear(receiver string) *ear {
	for _, c := range w.channels {
		for _, e := range c.ears {
			if e.name == receiver {
				return e
			}
		}
	}
	return nil
}

// channel returns the channel of a name, or nil.
func (w *world) channel(name string) *channel {
	for _, c := range w.channels {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// heeded reports whether anybody is to hear of a kind of notice about a plan.
func (w *world) heeded(plan, kind string) bool {
	return slices.ContainsFunc(w.channels, func(c *channel) bool { return c.wants(w.plans[plan], kind) })
}

// wants reports whether a channel is to hear of a kind of notice about a plan. It is
// the rule of plans.yaml read anew.
func (c *channel) wants(p plan.Plan, kind string) bool {
	list, own := p.Notify[c.Name]
	if !own {
		if list = c.Hears; len(c.Plans) > 0 && p.Name != "nightly" && p.Name != "narrow" && p.Name != "machines" {
			return false
		}
	}
	quiet := kind == "skipped" || kind == "digest"
	if len(list) == 0 {
		return !quiet
	}
	severity := map[string]string{"failed": "error", "partial": "error", "missed": "error", "suspended": "error", "stalled": "warning"}[kind]
	if severity == "" {
		severity = "info"
	}
	for _, word := range list {
		if word == kind || word == "completed" && kind == "recovered" || word == severity && !quiet {
			return true
		}
	}
	return false
}
