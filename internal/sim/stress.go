package sim

import "time"

// stress is what befalls the instance at a request: it may be killed before the
// request is sent or while it is under way, or freeze before it is sent and thaw
// within the time of its invocation.
func (w *world) stress(r *routine, c *sent) {
	v := c.by
	kill, freeze := w.hit(killAnywhere, c.id), w.hit(frozenAnywhere, c.id)
	if ways[c.op].claim {
		kill = w.hit(killAtClaim, c.id) || kill
		freeze = w.hit(frozenAtClaim, c.id) || freeze
	}
	if freeze {
		w.freeze(v, c)
		w.at(w.now, func() { w.wake(r) })
		r.park()
		c.at = w.now
	}
	switch {
	case !kill:
	case w.float(c.id.and('k')) < 0.5:
		w.tell(v, "its instance is killed before it sends %s %s", c.op, c.subject)
		w.met("killed before a request")
		w.at(w.now, v.kill)
		r.park()
	default:
		w.met("killed with a request under way")
		w.at(w.now+time.Duration(w.float(c.id.and('l'))*float64(60*time.Millisecond)), func() {
			if !v.over {
				w.tell(v, "its instance is killed while %s %s is under way", c.op, c.subject)
				v.kill()
			}
		})
	}
}

// freeze stops an instance for a while; half of the time until just before the end
// of its invocation, where what it still sends lands after it.
func (w *world) freeze(v *invocation, c *sent) {
	left := v.ends - w.now
	pause := time.Duration(w.float(c.id.and('f')) * float64(left))
	if w.float(c.id.and('g')) < 0.5 {
		pause = left - time.Duration(w.float(c.id.and('h'))*float64(7*time.Second))
	}
	if pause <= 0 {
		return
	}
	v.froze = true
	v.on.thaws = max(v.on.thaws, w.now+pause)
	w.met("frozen within an invocation")
	if pause > left-5*time.Second {
		w.met("thawed in the last seconds of an invocation")
	}
	w.tell(v, "its instance freezes for %s before %s %s", pause.Round(time.Millisecond), c.op, c.subject)
}
