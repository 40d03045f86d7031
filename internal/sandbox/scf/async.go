package scf

import (
	"fmt"
	"time"
)

// How asynchronous events are kept and repeated (583/41138).
const (
	maxQueue   = 100_000
	maxRetries = 2
	retryAfter = time.Minute // of sandbox time
)

// InvokeAsync puts an event into the function's queue and returns its request
// id. Events start in the order of their arrival. A payload above 128 KB is an
// *Error with code 406.
func (r *Runtime) InvokeAsync(name string, payload []byte) (requestID string, err error) {
	return r.enqueue(name, newEvent("async", payload))
}

func newEvent(source string, payload []byte) event {
	return event{id: requestID(), source: source, payload: payload}
}

func (r *Runtime) enqueue(name string, e event) (string, error) {
	fn, err := r.function(name)
	if err != nil {
		return "", err
	}
	if len(e.payload) > maxAsyncEvent {
		return "", errTooLarge(CodeEventTooLarge, "event", len(e.payload), maxAsyncEvent)
	}
	return e.id, fn.push(e)
}

func (fn *function) push(e event) error {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	if len(fn.queue) >= maxQueue {
		return &Error{Code: CodeOverLimit, Type: "ResourceLimit", Message: fmt.Sprintf("function %q has %d events waiting", fn.name, maxQueue)}
	}
	fn.queue = append(fn.queue, e)
	fn.unfinished++
	select {
	case fn.wake <- struct{}{}:
	default: // dispatch will look anyway
	}
	return nil
}

func (fn *function) pop() (event, bool) {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	if len(fn.queue) == 0 {
		return event{}, false
	}
	e := fn.queue[0]
	fn.queue = fn.queue[1:]
	return e, true
}

// dispatch starts queued events one by one, each as soon as an instance may run.
func (r *Runtime) dispatch(fn *function) {
	for {
		e, ok := fn.pop()
		if !ok {
			select {
			case <-fn.wake:
				continue
			case <-r.ctx.Done():
				return
			}
		}
		p, err := r.reserve(fn, func(p *pool) error { return p.reserve(r.ctx) })
		if err != nil {
			return // closed
		}
		r.work.Go(func() { r.runAsync(fn, p, e) })
	}
}

// runAsync runs one try and, if it failed, waits for the next one's time.
func (r *Runtime) runAsync(fn *function, p *pool, e event) {
	defer fn.finish() // after the event was pushed again
	result, err := r.try(fn, p, e)
	result.Dropped = err != nil && e.retry == maxRetries
	fn.record(result.Invocation)
	if err == nil || result.Dropped || r.cfg.Clock.Sleep(r.ctx, retryAfter) != nil {
		return
	}
	e.retry++
	if fn.push(e) != nil {
		result.Dropped, result.Retry = true, e.retry
		fn.record(result.Invocation)
	}
}
