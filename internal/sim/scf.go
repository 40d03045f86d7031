package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/image"
)

// SCF as documents describe it (583/9707, 583/9708, 583/11637, 583/41138): an
// instance serves one event at a time, is used again but not for certain, and is
// killed at its deadline; events of timers and of COS are delivered again after an
// error, twice and a minute apart.

// lambda is one of the two functions that are deployed.
type lambda struct {
	name      string
	limit     time.Duration // of an invocation
	most      int           // instances at once
	instances []*instance
	offFrom   time.Duration // switched off
	offTo     time.Duration
	handle    func(*instance) handler
	born      int
}

type handler interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// invocation is one event that an instance works on.
type invocation struct {
	name      string // the same in every run of the seed
	id        identity
	number    int // of all invocations
	on        *instance
	began     time.Duration
	ends      time.Duration // when its instance is killed at the latest
	routines  []*routine
	asked     map[identity]uint64 // calls of one kind and subject so far
	nonces    int
	room      map[string]int // by channel, how many messages it has room for
	left      []*ear         // who told it to be gone
	calls     int
	bill      map[image.ExportID]*expense
	hurt      int // unknown answers that it got
	over      bool
	overAt    time.Duration
	stale     bool            // a listing that it got was
	froze     bool            // it was frozen
	blind     bool            // nobody told it when it ends
	unsure    map[string]bool // entries whose create was not answered, and that it did not read since
	unwritten map[string]int  // entries, and how many creates of each were not answered
	deceived  bool            // a file was replaced while it looked into it
	lists     bool            // it goes through the work list
	claims    []*record
	full      *record // its oldest export that was refused for want of room
	finished  func(v *invocation, out []byte, err error)
}

// identify names a call of the invocation: by what it is, and the how-manieth such
// call it is.
func (v *invocation) identify(o op, subject string) identity {
	h := uint64(14695981039346656037)
	for i := range len(subject) {
		h = (h ^ uint64(subject[i])) * 1099511628211
	}
	id := v.id.and(h).and(uint64(o))
	n := v.asked[id]
	v.asked[id] = n + 1
	return id.and(n)
}

// errKilled is how an invocation ends for the platform whose instance was killed.
var errKilled = fmt.Errorf("the instance was killed")

// invoke gives a payload to a warm instance, or to a new one. It reports whether
// there was room.
func (w *world) invoke(f *lambda, name string, payload []byte, finished func(*invocation, []byte, error)) bool {
	return w.occupy(f, name, finished, func(ctx context.Context, i *instance) ([]byte, error) { return i.handler.Invoke(ctx, payload) })
}

// occupy lets an instance do some work.
func (w *world) occupy(f *lambda, name string, finished func(*invocation, []byte, error), work func(context.Context, *instance) ([]byte, error)) bool {
	id := named(name)
	i := w.instance(f, id)
	if i == nil {
		return false
	}
	v := &invocation{
		name: name, id: id, number: w.invocations, on: i, began: w.now, ends: w.now + f.limit,
		asked: map[identity]uint64{}, room: map[string]int{}, unsure: map[string]bool{}, unwritten: map[string]int{}, finished: finished,
	}
	if v.blind = w.hit(endUnknown, id); v.blind {
		w.met("an invocation that does not know its end")
	}
	i.serves = v
	w.invocations++
	w.live = append(w.live, v)
	w.jump(i, id)
	w.tell(v, "it begins on %s", i.name)
	var out []byte
	var err error
	root := w.spawn(v, func() { out, err = work(deadline{v}, i) }, func() { v.end(out, err) })
	w.at(w.now, func() { w.wake(root) })
	w.at(v.ends, func() {
		if !v.over {
			w.met("killed at its deadline")
			w.tell(v, "its instance is killed at its deadline")
			v.kill()
		}
	})
	return true
}

// end is when the handler returns.
func (v *invocation) end(out []byte, err error) {
	w := v.on.w
	v.over, v.overAt = true, w.now
	w.forget(v)
	v.on.serves, v.on.idle = nil, w.now
	w.settleBill(v)
	w.claimsAreUsed(v)
	w.channelsAreFree(v)
	w.answersAreUsed(v)
	w.goneIsNoted(v)
	w.nobodyFailsInVain(v, err)
	if err != nil {
		w.tell(v, "it ends with an error: %v", err)
	}
	v.finished(v, out, err)
}

// kill ends an invocation with its instance, wherever its coroutines stand. Its
// requests that are under way take effect all the same.
func (v *invocation) kill() {
	if v.over {
		return
	}
	w := v.on.w
	v.over, v.overAt = true, w.now
	v.hurt++
	w.forget(v)
	v.on.dead, v.on.serves = true, nil
	for i := len(v.routines) - 1; i >= 0; i-- { // those of a pool before whom they were spawned by
		v.routines[i].kill()
	}
	v.finished(v, nil, errKilled)
}

func (w *world) forget(v *invocation) {
	for i, l := range w.live {
		if l == v {
			w.live = append(w.live[:i], w.live[i+1:]...)
			return
		}
	}
}
