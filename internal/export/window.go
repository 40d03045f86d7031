package export

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// LongestRequest is the most time that one request may take. Clients must
	// keep to it, because claims are made to outlast a request in flight.
	LongestRequest = 20 * time.Second
	// skew is how far the clocks of two instances may differ.
	skew = 30 * time.Second
	// reserve is the end of an invocation in which no effect is started, so that
	// its answer can still be recorded.
	reserve = 5 * time.Second
)

// window is when an invocation may act, and when others may be sure that it
// does not act any more. The holder gives up first.
type window struct {
	last  time.Time // no effect is started at or after
	until time.Time // nobody takes over before
}

// windowOf derives the window from the invocation's hard deadline. A missing
// deadline means now: whoever cannot say when it ends may start nothing.
func windowOf(ctx context.Context, now time.Time) window {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = now
	}
	return window{
		last:  deadline.Add(-reserve),
		until: deadline.Add(time.Second + LongestRequest + skew).UTC(),
	}
}

// tick is one invocation: until when it may act, and whether it starts exports.
type tick struct {
	window
	full atomic.Bool // no more starts: CVM said that no more tasks fit, or they are not this invocation's business
}

func (d *Driver) tick(ctx context.Context) *tick { return &tick{window: windowOf(ctx, d.Now())} }

func (w window) open(now time.Time) bool { return now.Before(w.last) }
