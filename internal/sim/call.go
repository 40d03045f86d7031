package sim

import (
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/outcome"
)

// op is a kind of remote call.
type op uint8

const (
	opCreate op = iota
	opGet
	opList
	opDelete
	opVersioning
	opStat
	opNames
	opUploads
	opRead
	opPut
	opImages
	opFind
	opInstances
	opExport
	opCreateImage
	opDeleteImage
	opSend
	ops // how many there are
)

// way says how an op is told, and which faults befall it.
type way struct {
	name                string
	before, after, late fault
	claim               bool // an instance is killed or frozen beside it with special aim
}

var ways = [ops]way{
	opCreate:      {"PUT", stateBefore, stateAfter, stateLate, true},
	opGet:         {"GET", stateBefore, stateAfter, noFault, true},
	opList:        {"LIST", stateBefore, stateAfter, noFault, false},
	opDelete:      {"DELETE", stateBefore, stateAfter, noFault, true},
	opVersioning:  {"GET ?versioning", stateBefore, stateAfter, noFault, false},
	opStat:        {"HEAD file", filesBefore, noFault, noFault, false},
	opNames:       {"LIST files", filesBefore, noFault, noFault, false},
	opUploads:     {"LIST uploads", filesBefore, noFault, noFault, false},
	opRead:        {"GET part of", filesBefore, noFault, noFault, false},
	opPut:         {"PUT file", filesBefore, keepLost, noFault, true},
	opImages:      {"DescribeImages", cvmBefore, noFault, noFault, false},
	opFind:        {"DescribeImages by filter", cvmBefore, noFault, noFault, false},
	opInstances:   {"DescribeInstances", cvmBefore, noFault, noFault, false},
	opExport:      {"ExportImages", cvmBefore, cvmAfter, cvmLate, true},
	opCreateImage: {"CreateImage", cvmBefore, cvmAfter, cvmLate, true},
	opDeleteImage: {"DeleteImages", cvmBefore, cvmAfter, cvmLate, true},
	opSend:        {"notice", noFault, hookLost, hookSlow, true},
}

func (o op) String() string { return ways[o].name }

// inFlight is the most time between the sending of a request and its effect, for
// calls that claims guard: claims are made to outlast one.
const inFlight = export.LongestRequest

// errNoAnswer is what clients make of an answer that did not come, or that says
// nothing of the effect.
var errNoAnswer = &outcome.Error{Kind: outcome.Unknown, Op: "sim", Code: "ClientError", Message: "no answer could be read"}

// call makes a remote call from the running coroutine. The effect takes place at
// the service, in an event of its own and possibly after the caller died; what it
// returns is the answer. Whatever it captures may be read only if call returns nil.
func (w *world) call(o op, subject string, effect func(c *sent) error) error {
	r := w.running
	if r == nil || r.dead {
		panic(killed{}) // a deferred call of a coroutine that was killed
	}
	v := r.of
	c := &sent{id: v.identify(o, subject), op: o, subject: subject, by: v, at: w.now}
	w.operations++
	v.calls++
	w.checkRights(c)
	w.charge(c)
	w.stress(r, c)

	reach := time.Millisecond * time.Duration(1+w.number(c.id.and('a'), 30))
	back := time.Millisecond * time.Duration(1+w.number(c.id.and('b'), 30))
	answered := true
	var before *outcome.Error
	switch way := ways[o]; {
	case w.hit(way.before, c.id):
		before = errNoAnswer
		v.hurt++
	case w.hit(way.after, c.id):
		answered = false
		v.hurt++
	case w.hit(way.late, c.id):
		reach += time.Duration(w.float(c.id.and('c')) * float64(w.latest(o)))
	case w.hit(slowRequest, c.id):
		reach += time.Duration(w.float(c.id.and('d')) * float64(10*time.Second))
	}
	var answer error = errNoAnswer
	gone := min(w.now+export.LongestRequest, v.ends) // the client gives up
	w.at(w.now+reach, func() {
		var err error = before
		if before == nil {
			err = effect(c)
		}
		w.observe(c, err)
		if !answered && w.float(c.id.and('e')) < 0.5 { // a broken connection is noticed at once
			w.at(min(w.now+back, gone), func() { w.wake(r) })
		} else if back = max(back, c.delay); answered && w.now+back <= gone {
			w.at(w.now+back, func() { answer = err; w.wake(r) })
		} else {
			v.hurt++
			w.at(gone, func() { w.wake(r) })
		}
	})
	r.park()
	return answer
}

// sent is a remote call under way.
type sent struct {
	id      identity
	op      op
	subject string
	by      *invocation
	at      time.Duration
	delay   time.Duration // of the answer, as the service wants it
}

// latest is how long after its sending a call may take effect at the latest.
// Creates land even later than claims reckon with: nobody acts on them.
func (w *world) latest(o op) time.Duration {
	if o == opCreate {
		return 2 * inFlight
	}
	return inFlight - 100*time.Millisecond
}
