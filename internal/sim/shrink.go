package sim

import "slices"

// Shrink makes a run that broke an invariant as small as it can: fewer days, then
// fewer faults, by delta debugging over their identities. It makes at most so many
// runs. What it returns breaks the same invariant; its Options repeat it.
func Shrink(seed uint64, opt Options, runs int) (Result, Options) {
	opt.Keep, opt.Story = true, false
	s := shrinker{run: func(opt Options) Result { return Run(seed, opt) }, opt: opt, left: runs}
	s.best = s.run(opt)
	if s.best.Violation == nil {
		return s.best, opt
	}
	s.days()
	s.faults()
	s.opt.Story = true
	return Run(seed, s.opt), s.opt
}

type shrinker struct {
	run  func(Options) Result
	opt  Options // of the smallest run so far
	best Result
	left int // runs that may be made
}

// try makes a run, and takes it as the smallest if it breaks the same invariant.
func (s *shrinker) try(opt Options) bool {
	if s.left--; s.left < 0 {
		return false
	}
	r := s.run(opt)
	if r.Violation == nil || r.Violation.Invariant != s.best.Violation.Invariant {
		return false
	}
	s.best, s.opt = r, opt
	return true
}

// days looks for the fewest that do.
func (s *shrinker) days() {
	opt := s.opt
	for opt.Days = 1; opt.Days < s.opt.Days; opt.Days++ {
		if s.try(opt) {
			return
		}
	}
}

// faults leaves out what is not needed: halves first, then ever smaller parts.
func (s *shrinker) faults() {
	for parts := 2; ; {
		fired := s.best.Fired
		if len(fired) == 0 || s.left <= 0 {
			return
		}
		size := (len(fired) + parts - 1) / parts
		smaller := false
		for i := 0; i < len(fired) && !smaller; i += size {
			rest := slices.Concat(fired[:i], fired[min(i+size, len(fired)):])
			smaller = s.try(s.only(rest))
		}
		switch {
		case smaller:
			parts = max(2, parts-1)
		case size == 1:
			return
		default:
			parts = min(2*parts, len(fired))
		}
	}
}

func (s *shrinker) only(faults []Fault) Options {
	opt := s.opt
	opt.Only = make(map[uint64]bool, len(faults))
	for _, f := range faults {
		opt.Only[f.ID] = true
	}
	return opt
}
