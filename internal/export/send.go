package export

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// send makes every delivery that the entry claims, and returns the answers of those
// for which there was time. The manifest comes first: people are told of it. After
// a crash here the claim ends, and the notice is sent again under the same id.
func (d *Driver) send(ctx context.Context, t *tick, e ledger.Entry) map[string]error {
	answers := map[string]error{}
	names := slices.Sorted(maps.Keys(e.Deliveries))
	if i := slices.Index(names, ledger.ManifestChannel); i > 0 {
		names = slices.Insert(slices.Delete(names, i, i+1), 0, ledger.ManifestChannel)
	}
	for _, name := range names {
		if e.Deliveries[name].State != ledger.Sending || !t.open(d.Now()) {
			continue
		}
		err := d.deliver(ctx, t, name, e)
		answers[name] = err
		if err != nil {
			d.Log.LogAttrs(ctx, slog.LevelWarn, "not delivered", slog.String("export", string(e.Request.ID)),
				slog.String("channel", name), slog.String("error", err.Error()))
		}
	}
	return answers
}

// hold takes those sends out of a step for which their channel has no room now.
// What is left with nothing to say is not said: however long a channel is crowded,
// it makes no log longer.
func (d *Driver) hold(ctx context.Context, t *tick, was ledger.Entry, step Step) Step {
	if step.Append == nil || !step.Effect {
		return step
	}
	sends, begun := false, d.Now()
	for name, v := range step.Append.Deliveries {
		if v.State != ledger.Sending {
			continue
		}
		if name != ledger.ManifestChannel {
			if at, ok := d.room(ctx, t, name, begun); !ok {
				step.Append.Deliveries[name] = untried(v, at)
				continue
			}
		}
		sends = true
	}
	if verdict := step.Append.State; !sends && verdict == was.State && slices.Contains(verdicts, verdict) {
		return Step{}
	}
	return step
}

// patience is how long one step waits for room in all of its channels: a service that
// takes a few messages a second is not put off to the next tick.
const patience = 10 * time.Second

// room takes a place in a channel, or says from when on there may be one.
func (d *Driver) room(ctx context.Context, t *tick, channel string, begun time.Time) (time.Time, bool) {
	for {
		now := d.Now()
		at := d.Notify.Room(channel, now)
		switch {
		case !at.After(now):
			return at, true
		case at.Sub(begun) > patience, !t.open(at), d.Sleep(ctx, at.Sub(now)) != nil:
			return at, false
		}
	}
}

// verdicts are the states in which people are being told.
var verdicts = []ledger.State{ledger.Complete, ledger.Failed, ledger.Partial, ledger.News}

// deliver makes one delivery, if its receiver listens.
func (d *Driver) deliver(ctx context.Context, t *tick, channel string, e ledger.Entry) error {
	if channel == ledger.ManifestChannel {
		return d.Keep.Keep(ctx, e)
	}
	receiver := d.receiver(channel)
	gone, err := d.muted.has(ctx, d.Ledger, receiver)
	now := d.Now()
	switch {
	case err != nil:
		return &busy{until: now.Add(time.Minute), why: err.Error()}
	case !t.open(now): // to ask took its time
		return &busy{until: now, why: "the invocation had no time left"}
	case gone:
		return &outcome.Error{Kind: outcome.Config, Op: "notice", Code: "Muted", Message: "the receiver answered 410 and wants to hear nothing more",
			Hint: "give the channel another address, or let it hear again: imageferry notify unmute " + channel}
	}
	err = d.Notify.Send(ctx, channel, e)
	if outcome.Is(err, outcome.Gone) {
		d.muted.add(receiver)
		// Should this not be written, another instance asks once more.
		_ = d.Ledger.Mute(ctx, receiver, d.Now(), err.Error())
	}
	return err
}

// receiver returns the name under which the ledger remembers who listens on a channel.
func (d *Driver) receiver(channel string) string {
	for _, c := range d.Notify.Channels() {
		if c.Name == channel {
			return c.Receiver()
		}
	}
	return channel
}

// muted is what an instance knows of receivers that want to hear nothing more. It
// asks once.
type muted struct {
	mu    sync.Mutex
	names map[string]bool // nil: not asked yet
}

func (m *muted) has(ctx context.Context, l *ledger.Ledger, receiver string) (bool, error) {
	if gone, asked := m.find(receiver); asked {
		return gone, nil
	}
	names, err := l.Muted(ctx)
	if err != nil {
		return false, err
	}
	m.add(names...)
	gone, _ := m.find(receiver) // another's 410 may have come meanwhile
	return gone, nil
}

func (m *muted) find(receiver string) (gone, asked bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names[receiver], m.names != nil
}

func (m *muted) add(receivers ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.names == nil {
		m.names = map[string]bool{}
	}
	for _, r := range receivers {
		m.names[r] = true
	}
}
