package inbox

import (
	"sync"
	"time"
)

// rate lets a robot make so many calls in any span; who makes more is refused
// until there is room again, or for a fixed pause.
type rate struct {
	calls       int
	span, pause time.Duration
}

// limits remembers the calls of each robot. The zero value is ready to use.
type limits struct {
	mu     sync.Mutex
	robots map[string]*calls
}

type calls struct {
	admitted []time.Time
	silent   time.Time // until then nothing is admitted
}

// admit returns 0 if a robot may make a call now, or else how long it has to wait.
func (l *limits) admit(robot string, now time.Time, rates []rate) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.robots == nil {
		l.robots = map[string]*calls{}
	}
	c := l.robots[robot]
	if c == nil {
		c = &calls{}
		l.robots[robot] = c
	}
	return c.admit(now, rates)
}

func (c *calls) admit(now time.Time, rates []rate) (wait time.Duration) {
	if now.Before(c.silent) {
		return c.silent.Sub(now)
	}
	for _, r := range rates {
		// The call that is r.calls back must have left the span.
		if i := len(c.admitted) - r.calls; i >= 0 && now.Sub(c.admitted[i]) < r.span {
			c.silent = now.Add(r.pause)
			return max(r.pause, c.admitted[i].Add(r.span).Sub(now))
		}
	}
	const most = 100 // no rate counts more calls than this
	if len(c.admitted) == most {
		c.admitted = c.admitted[1:]
	}
	c.admitted = append(c.admitted, now)
	return 0
}
