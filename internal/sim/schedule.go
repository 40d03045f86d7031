package sim

import "time"

// epoch is when every run begins: midnight of a Tuesday in UTC+8, in which plans
// are scheduled.
var epoch = time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)

// schedule is what is to happen, in the order of virtual time. What is due at the
// same instant happens in the order in which it was planned.
type schedule struct {
	now    time.Duration // since epoch
	events []event       // a binary heap
	count  uint64
}

type event struct {
	at  time.Duration
	seq uint64
	run func()
}

func (e event) before(o event) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// at plans f. What should have happened already happens next.
func (s *schedule) at(t time.Duration, f func()) {
	s.count++
	s.events = append(s.events, event{max(t, s.now), s.count, f})
	for i := len(s.events) - 1; i > 0; {
		parent := (i - 1) / 2
		if !s.events[i].before(s.events[parent]) {
			break
		}
		s.events[i], s.events[parent] = s.events[parent], s.events[i]
		i = parent
	}
}

// next takes the first event out, and moves the clock to it.
func (s *schedule) next() (f func(), ok bool) {
	if len(s.events) == 0 {
		return nil, false
	}
	first, last := s.events[0], len(s.events)-1
	s.events[0] = s.events[last]
	s.events[last] = event{} // lets go of what it captured
	s.events = s.events[:last]
	s.sink()
	s.now = first.at
	return first.run, true
}

func (s *schedule) sink() {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(s.events); child++ {
			if s.events[child].before(s.events[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		s.events[i], s.events[least] = s.events[least], s.events[i]
		i = least
	}
}
