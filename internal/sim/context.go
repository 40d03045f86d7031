package sim

import (
	"context"
	"time"
)

// deadline is the context of an invocation. It ends by the instance's clock, not
// by any of this machine.
type deadline struct{ v *invocation }

func (d deadline) Deadline() (time.Time, bool) {
	if d.v.blind {
		return time.Time{}, false
	}
	return d.v.on.clock(d.v.ends), true
}

// Done returns nil: whoever waits in virtual time looks at Err when it wakes.
func (d deadline) Done() <-chan struct{} { return nil }

func (d deadline) Err() error {
	if d.v.on.w.now >= d.v.ends {
		return context.DeadlineExceeded
	}
	return nil
}

func (d deadline) Value(any) any { return nil }

// sleep is Driver.Sleep: it parks the coroutine that calls it.
func (i *instance) sleep(ctx context.Context, d time.Duration) error {
	w := i.w
	r := w.running
	w.at(min(w.now+d, r.of.ends), func() { w.wake(r) })
	r.park()
	return ctx.Err()
}
