package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Options say how a run is.
type Options struct {
	Days      int     // with faults, 1 to 29; the calm comes after
	Harsh     float64 // by which all rates of faults are multiplied
	Faultless bool    // nothing goes wrong, and the platform is as the seed says
	Story     bool    // keep a story
	Calls     bool    // tell every call in it
	Keep      bool    // keep the faults
	Only      map[uint64]bool
}

// Result is what a run came to.
type Result struct {
	Seed      uint64
	Violation *Violation // the first; nil if all held

	Time                            time.Duration // virtual
	Operations, Invocations, Faults int
	Exports, Starts, Notices        int
	Unknown                         int            // outcomes of effects
	LongestLog                      int            // entries
	Probes                          map[string]int // how often each rare thing happened

	Costs []Cost // faultless runs: requests of each export of a single disk, in order

	Hash  string // of the trace and of what the services hold in the end
	Story []string
	Fired []Fault
}

// Run runs one seed to its end, or to its first violation.
func Run(seed uint64, opt Options) Result {
	w := newWorld(seed, opt)
	for w.violation == nil && w.now <= w.end {
		f, ok := w.next()
		if !ok {
			break
		}
		f()
	}
	if w.violation == nil {
		w.checkEnd()
	}
	for _, v := range slices.Clone(w.live) { // or their coroutines would wait for ever
		v.finished = func(*invocation, []byte, error) {}
		v.kill()
	}
	for _, t := range w.idle {
		t.end()
	}
	return w.result()
}

func (w *world) result() Result {
	return Result{
		Seed: w.seed, Violation: w.violation, Time: min(w.now, w.end), Operations: w.operations, Invocations: w.invocations, Faults: w.faults,
		Exports: len(w.order), Starts: w.starts, Notices: w.notices, Unknown: w.unknown, LongestLog: w.longestLog, Costs: w.costs(),
		Probes: w.probes, Hash: w.hash(), Story: w.tale(), Fired: w.fired,
	}
}

// hash is of everything that happened and of everything that the services hold.
func (w *world) hash() string {
	h := sha256.New()
	fmt.Fprintln(h, w.trace, w.operations, w.faults)
	for _, b := range []*bucket{&w.ledger, &w.images} {
		for _, key := range b.keys {
			o := b.objects[key]
			fmt.Fprintln(h, key, o.since, o.deleted, o.file.ETag)
			h.Write(o.body)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(w.probes)) {
		fmt.Fprintln(h, name, w.probes[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
