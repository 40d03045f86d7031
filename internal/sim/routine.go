package sim

import (
	"iter"
	"runtime/debug"
)

// routine is a coroutine: the body of an invocation, or of one f(i) of a pool in
// it. It runs only while the scheduler steps it.
type routine struct {
	w     *world
	of    *invocation
	step  func() (struct{}, bool)
	end   func()
	yield func(struct{}) bool
	ended func() // called when the body has returned by itself
	dead  bool
}

// killed unwinds a coroutine whose instance was killed. Deferred calls of production
// code run, and can do nothing: every remote call panics again.
type killed struct{}

// spawn makes a coroutine. It does not run before it is woken.
func (w *world) spawn(of *invocation, body, ended func()) *routine {
	r := &routine{w: w, of: of, ended: ended}
	r.step, r.end = iter.Pull(func(yield func(struct{}) bool) {
		r.yield = yield
		defer r.recovered()
		body()
	})
	of.routines = append(of.routines, r)
	return r
}

func (r *routine) recovered() {
	switch p := recover().(type) {
	case nil, killed:
	default:
		r.w.violate(neverPanics, "", "%v\n%s", p, debug.Stack())
	}
}

// wake lets r go on, once its instance is not frozen.
func (w *world) wake(r *routine) {
	if r.dead {
		return
	}
	if thaws := r.of.on.thaws; thaws > w.now {
		w.at(thaws, func() { w.wake(r) })
		return
	}
	w.running = r
	_, more := r.step()
	w.running = nil
	if !more && !r.dead {
		r.dead = true
		r.ended()
	}
}

// park stops the running coroutine until somebody wakes it.
func (r *routine) park() {
	if !r.yield(struct{}{}) {
		panic(killed{})
	}
}

// kill ends r for good, wherever it stands.
func (r *routine) kill() {
	if !r.dead {
		r.dead = true
		r.end()
	}
}

// pool is [export.Pool] by coroutines: at most the instance's width of them, each
// of which takes the next i when it is done with one.
func (i *instance) pool(n int, f func(int)) {
	if n <= 1 || i.width <= 1 {
		for k := range n {
			f(k)
		}
		return
	}
	w, parent := i.w, i.w.running
	taken, left := 0, min(n, i.width)
	work := func() {
		for taken < n {
			taken++
			f(taken - 1)
		}
	}
	for range left {
		r := w.spawn(parent.of, work, func() {
			if left--; left == 0 {
				w.wake(parent)
			}
		})
		w.at(w.now, func() { w.wake(r) })
	}
	parent.park()
}
