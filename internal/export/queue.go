package export

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

const (
	// firstBatch is how many exports are claimed at once before CVM has said
	// anything: those behind the first refusal were claimed in vain.
	firstBatch = 32
	// singles is how many are claimed one by one where others are known to wait.
	singles = 4
)

// start takes exports in hand that are ready, oldest first. CVM says how many
// tasks fit only by refusing one, and the first refusal ends the tick. What was
// claimed beside it costs two entries each. So batches begin small and double
// while CVM takes all; where others are known to wait, with a few single ones.
func (d *Driver) start(ctx context.Context, t *tick, jobs []*job) {
	for !t.noCVM {
		if t.congested && t.begun < singles {
			t.batch = 1
		}
		batch := t.turn(jobs, min(t.batch, d.affordable(t)))
		if len(batch) == 0 {
			return
		}
		d.rounds(ctx, t, batch)
		t.begun += len(batch)
		t.batch *= 2
	}
}

// affordable is how many calls of ExportImages surely fit in what is left of the
// invocation once their claims have settled: half of the rate that CVM allows.
func (d *Driver) affordable(t *tick) int {
	return int(10 * (t.last.Sub(d.Now()) - d.Settle) / time.Second)
}

// turn returns the next jobs that may be taken in hand, at most n. Nobody
// overtakes an older export that waits for room: a newer one would take the room
// that the older one was refused. A plan at its own limit holds up nobody else.
func (t *tick) turn(jobs []*job, n int) (batch []*job) {
	for _, j := range jobs {
		switch e := j.entry; {
		case len(batch) >= n:
			return batch
		case !j.ready:
			t.blocked = t.blocked || e.State == ledger.Retry && e.Full && j.err == nil
		case (t.blocked || t.full.Load()) && !e.Request.MakesImage(), t.atLimit(e):
		default:
			j.ready, j.turn, j.done = false, true, false
			if e.Attempt > 0 {
				j.seen = Seen{} // the evidence of earlier attempts must be of now
			}
			t.take(e)
			batch = append(batch, j)
		}
	}
	return batch
}

// atLimit reports whether the plan of an export that is not under way has enough
// exports under way.
func (t *tick) atLimit(e ledger.Entry) bool {
	most := e.Request.MaxInFlight
	return most > 0 && e.State != ledger.Imaged && t.inPlan[e.Request.Plan] >= most
}
