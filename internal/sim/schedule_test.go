package sim

import (
	"slices"
	"testing"
	"time"
)

// Events happen in order of time, and at one instant in the order in which they
// were planned. What is planned for the past happens next.
func TestSchedule(t *testing.T) {
	t.Parallel()
	var s schedule
	var got []int
	for i, at := range []time.Duration{5, 1, 3, 1, 5, 0} {
		s.at(at, func() {
			got = append(got, i)
			if i == 2 {
				s.at(2, func() { got = append(got, 10) })
			}
		})
	}
	for f, ok := s.next(); ok; f, ok = s.next() {
		f()
	}
	if want := []int{5, 1, 3, 2, 10, 0, 4}; !slices.Equal(got, want) || s.now != 5 {
		t.Errorf("got %v at %d, want %v at 5", got, s.now, want)
	}
}
