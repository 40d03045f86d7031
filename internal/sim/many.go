package sim

import (
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Sum is what many runs came to.
type Sum struct {
	Seeds                           int
	Time                            time.Duration // virtual
	Operations, Invocations, Faults int
	Exports, Starts, Notices        int
	Unknown                         int
	LongestLog                      int
	Probes                          map[string]int // how often
	Violations                      []Result       // of seeds that broke an invariant, in order of their end
}

func (s *Sum) add(r Result) {
	s.Seeds++
	s.Time += r.Time
	s.Operations += r.Operations
	s.Invocations += r.Invocations
	s.Faults += r.Faults
	s.Exports += r.Exports
	s.Starts += r.Starts
	s.Notices += r.Notices
	s.Unknown += r.Unknown
	s.LongestLog = max(s.LongestLog, r.LongestLog)
	for name, n := range r.Probes {
		s.Probes[name] += n
	}
	if r.Violation != nil {
		s.Violations = append(s.Violations, r)
	}
}

// RunMany runs n seeds from a first one on, on all cores; a seed's world shares
// nothing with another's. It stops early once so many seeds broke an invariant; 0
// stands for never.
func RunMany(from uint64, n, enough int, opt Options) Sum {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // worlds are small and short-lived
	sum := Sum{Probes: map[string]int{}}
	next := from
	var mu sync.Mutex
	take := func() (seed uint64, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if next == from+uint64(n) || enough > 0 && len(sum.Violations) >= enough {
			return 0, false
		}
		next++
		return next - 1, true
	}
	var wg sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for seed, ok := take(); ok; seed, ok = take() {
				r := Run(seed, opt)
				mu.Lock()
				sum.add(r)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return sum
}
