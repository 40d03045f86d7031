package export

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
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

func (w window) open(now time.Time) bool { return now.Before(w.last) }

// tick is one invocation: until when it may act, and what it knows of CVM's limit
// of running tasks.
type tick struct {
	window
	noCVM     bool            // it may not call CVM: it finishes exports, and starts none
	full      atomic.Bool     // CVM said that no more exports fit
	blocked   bool            // an older export waits for room, and its time has not come
	whole     bool            // it goes through the whole work list
	batch     int             // how many exports are taken in hand next
	begun     int             // how many were
	listed    map[string]bool // the names on the work list, once it was gone through to its end
	crowded   bool            // somebody on the work list still waits at the end
	congested bool            // somebody waits for room; set before any export is started
	running   int             // exports under way, of those that this invocation has looked at
	inPlan    map[string]int  // of those, how many of each plan, images that are being made included
}

// begin starts the tick of an invocation. One that has no time to act does nothing,
// and says so: in silence it would do nothing each time.
func (d *Driver) begin(ctx context.Context) (*tick, error) {
	t := d.tick(ctx)
	if !t.open(d.Now()) {
		return nil, fmt.Errorf("the invocation ends within %s, and nothing is begun then: raise the function's timeout", reserve)
	}
	return t, nil
}

func (d *Driver) tick(ctx context.Context) *tick {
	return &tick{window: windowOf(ctx, d.Now()), inPlan: map[string]int{}, batch: firstBatch}
}

// count adds what jobs show to what the tick knows.
func (t *tick) count(jobs []*job) {
	for _, j := range jobs {
		switch e := j.entry; e.State {
		case ledger.Accepted, ledger.Intent:
			t.running++
			t.inPlan[e.Request.Plan]++
		case ledger.Imaging, ledger.Imaged:
			t.inPlan[e.Request.Plan]++
		case ledger.Retry:
			t.congested = t.congested || e.Full
		}
	}
}

// take counts an export that is taken in hand.
func (t *tick) take(e ledger.Entry) {
	if e.State != ledger.Imaged { // else it is counted already
		t.inPlan[e.Request.Plan]++
	}
	if !e.Request.MakesImage() {
		t.running++
	}
}
