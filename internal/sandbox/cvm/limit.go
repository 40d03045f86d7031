package cvm

import "golang.org/x/time/rate"

// limits is how often each action may be called in a second of real time: the
// callers' own back-off runs on that, too.
type limits struct{ byAction map[string]*rate.Limiter }

func newLimits(instead map[string]int) *limits {
	l := &limits{map[string]*rate.Limiter{}}
	for name, a := range actions {
		n := a.perSecond
		if other, ok := instead[name]; ok {
			n = other
		}
		l.byAction[name] = rate.NewLimiter(rate.Limit(n), n)
	}
	return l
}

func (l *limits) allow(action string) bool { return l.byAction[action].Allow() }
