package export

import (
	"sync"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

// An export that CVM is writing needs nothing for hours, and an event says when it
// has ended. The sweep is there for events that are lost, so it need not read such
// an export each time: an instance remembers the newest entry of it, and looks for
// the files now and then. What it remembers may be out of date. That is found out
// by whoever appends to it, as after a stale listing.
const (
	leastRest = 30 * time.Minute
	mostRest  = time.Hour
	// mostResting bounds what an instance remembers, to some megabytes.
	mostResting = 2000
)

// resting is what an instance remembers of the work list.
type resting struct {
	mu      sync.Mutex
	jobs    map[string]rested // by name on the list
	crowded bool              // somebody waited for room; then nobody rests, or it would be found late
}

type rested struct {
	entry ledger.Entry // ACCEPTED
	until time.Time
}

// find returns what is remembered of a name, and whether it may rest on.
func (r *resting) find(name string, now time.Time) (e ledger.Entry, known, rests bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was, known := r.jobs[name]
	return was.entry, known, known && !r.crowded && now.Before(was.until)
}

// keep remembers where a job stands, or forgets it. The longer an export takes, the
// less often it is looked at.
func (r *resting) keep(name string, j *job, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := j.entry
	late := !now.Before(e.Request.Deadline)
	prunes := e.Request.Keep > 0 // which the function that hears of its files cannot do
	if j.err != nil || e.State != ledger.Accepted || late || prunes || len(r.jobs) >= mostResting {
		delete(r.jobs, name)
		return
	}
	until := now.Add(min(max(now.Sub(e.Started), leastRest), mostRest))
	if e.Request.Deadline.Before(until) {
		until = e.Request.Deadline
	}
	if r.jobs == nil {
		r.jobs = map[string]rested{}
	}
	r.jobs[name] = rested{entry: e, until: until}
}

// end drops what is not on the work list any more, and notes whether anybody waits.
func (r *resting) end(listed map[string]bool, crowded bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.crowded = crowded
	for name := range r.jobs {
		if !listed[name] {
			delete(r.jobs, name)
		}
	}
}
