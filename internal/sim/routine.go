package sim

import (
	"iter"
	"runtime/debug"
)

// routine is the body of an invocation, or of one f(i) of a pool in it. It runs only
// while the scheduler lets it, and stops at every remote call and every wait.
type routine struct {
	of    *invocation
	on    *thread
	ended func() // called when the body has returned by itself
	dead  bool
}

// thread is a coroutine that runs bodies, one after the other: its stack has grown
// by then, and growing one costs more than most bodies.
type thread struct {
	body  func()
	step  func() (idle, alive bool)
	end   func()
	yield func(idle bool) bool
}

// killed unwinds a coroutine whose instance was killed. Deferred calls of production
// code run, and can do nothing: every remote call panics again.
type killed struct{}

// spawn makes a routine. It does not run before it is woken.
func (w *world) spawn(of *invocation, body, ended func()) *routine {
	r := &routine{of: of, on: w.thread(), ended: ended}
	r.on.body = body
	of.routines = append(of.routines, r)
	return r
}

func (w *world) thread() *thread {
	if last := len(w.idle) - 1; last >= 0 {
		t := w.idle[last]
		w.idle = w.idle[:last]
		return t
	}
	t := &thread{}
	t.step, t.end = iter.Pull(func(yield func(bool) bool) {
		t.yield = yield
		defer w.recovered()
		for t.body(); yield(true); t.body() {
		}
	})
	return t
}

func (w *world) recovered() {
	switch p := recover().(type) {
	case nil, killed:
	default:
		w.violate(neverPanics, "", "%v\n%s", p, debug.Stack())
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
	idle, alive := r.on.step()
	w.running = nil
	switch {
	case !alive: // it panicked
		r.dead = true
	case idle:
		r.dead = true
		w.idle = append(w.idle, r.on)
		r.ended()
	}
}

// park stops the running routine until somebody wakes it.
func (r *routine) park() {
	if !r.on.yield(false) {
		panic(killed{})
	}
}

// kill ends r for good, wherever it stands.
func (r *routine) kill() {
	if !r.dead {
		r.dead = true
		r.on.end()
	}
}

// pool is [export.Pool] by routines: at most the instance's width of them, each of
// which takes the next i when it is done with one.
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
