package scf

import "time"

// deliver brings a trigger's event to the function's queue: once, or as Deliver
// decides. A full queue loses the event, as on the platform.
func (r *Runtime) deliver(fn *function, key string, e event) {
	delays := []time.Duration{0}
	if r.cfg.Deliver != nil {
		delays = r.cfg.Deliver(key)
	}
	for n, delay := range delays {
		if n > 0 {
			e.id = requestID() // a doubled event is another request
		}
		late := e
		if delay <= 0 {
			fn.push(late)
			continue
		}
		fn.begin()
		r.start(func() { // refused only once closed, when events are lost anyway
			defer fn.finish()
			if r.cfg.Clock.Sleep(r.ctx, delay) == nil {
				fn.push(late)
			}
		})
	}
}
