package sim

import (
	"slices"
	"testing"
)

// Of a hundred faults in nine days, a run needs two and the third day.
func TestShrink(t *testing.T) {
	t.Parallel()
	runs := 0
	s := shrinker{opt: Options{Days: 9}, left: 600, run: func(opt Options) Result {
		runs++
		var r Result
		for id := range uint64(100) {
			if opt.Only == nil || opt.Only[id] {
				r.Fired = append(r.Fired, Fault{ID: id})
			}
		}
		needs := func(id uint64) bool { return opt.Only == nil || opt.Only[id] }
		if opt.Days >= 3 && needs(17) && needs(83) {
			r.Violation = &Violation{Invariant: "it holds"}
		} else if needs(5) {
			r.Violation = &Violation{Invariant: "another"} // which is not the one in question
		}
		return r
	}}
	s.best = s.run(s.opt)
	s.days()
	s.faults()
	var left []uint64
	for _, f := range s.best.Fired {
		left = append(left, f.ID)
	}
	if s.opt.Days != 3 || !slices.Equal(left, []uint64{17, 83}) {
		t.Errorf("%d days and faults %v after %d runs; want 3 days, faults 17 and 83", s.opt.Days, left, runs)
	}
	if runs > 100 {
		t.Errorf("it took %d runs", runs)
	}
}
