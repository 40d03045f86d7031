package sim_test

import (
	"flag"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/sim"
)

var (
	seeds = flag.Int("seeds", 1000, "seeds of TestSeeds; 50 with -short")
	from  = flag.Uint64("from", 1, "the first of them")
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // production code complains of every fault
	os.Exit(m.Run())
}

var usual = sim.Options{Days: 9, Harsh: 1}

// Every invariant holds in every seed, and everything rare happens in some.
func TestSeeds(t *testing.T) {
	n := *seeds
	if testing.Short() {
		n = min(n, 50)
	}
	sum := sim.RunMany(*from, n, 1, usual)
	for _, r := range sum.Violations {
		small, opt := sim.Shrink(r.Seed, usual, 300)
		t.Errorf("seed %d: %s\nwith %d faults in %d days:\n%s", r.Seed, r.Violation, len(small.Fired), opt.Days, strings.Join(small.Story, "\n"))
	}
	t.Logf("%d seeds, %.0f simulated hours, %d operations, %d faults, %d exports, %d unknown outcomes", sum.Seeds, sum.Time.Hours(), sum.Operations, sum.Faults, sum.Exports, sum.Unknown)
	if n < 1000 || t.Failed() {
		return
	}
	for _, p := range sim.Probes {
		if sum.Probes[p] == 0 {
			t.Errorf("never happened: %s", p)
		}
	}
	for p := range sum.Probes {
		if !slices.Contains(sim.Probes, p) {
			t.Errorf("happened and is not listed: %s", p)
		}
	}
}

// The same seed gives the same run, whatever else runs, and whether or not its
// story is told.
func TestSameSeedSameRun(t *testing.T) {
	t.Parallel()
	hashes, n := map[string]bool{}, 10
	if testing.Short() {
		n = 3
	}
	for seed := range uint64(n) {
		told := usual
		told.Story, told.Keep, told.Calls = true, true, true
		a, b := sim.Run(seed, usual), sim.Run(seed, told)
		if a.Hash != b.Hash || a.Operations != b.Operations {
			t.Errorf("seed %d: hash %s, then %s", seed, a.Hash, b.Hash)
		}
		hashes[a.Hash] = true
	}
	if len(hashes) != n {
		t.Errorf("%d seeds gave %d different runs", n, len(hashes))
	}
}

// Leaving out all faults is a run without any; leaving out none is the same run.
func TestOnly(t *testing.T) {
	t.Parallel()
	keep := usual
	keep.Keep = true
	all := sim.Run(3, keep)
	only := usual
	only.Only = map[uint64]bool{}
	if r := sim.Run(3, only); r.Faults != 0 || r.Violation != nil {
		t.Errorf("without faults: %d of them, %v", r.Faults, r.Violation)
	}
	for _, f := range all.Fired {
		only.Only[f.ID] = true
	}
	if r := sim.Run(3, only); r.Hash != all.Hash {
		t.Errorf("with all its faults the run is another one: %d faults, then %d", all.Faults, r.Faults)
	}
}

// Where nothing goes wrong, nothing is done twice, and an export costs what it
// must.
func TestFaultless(t *testing.T) {
	t.Parallel()
	var sum sim.Cost
	n := 0.0
	for seed := range uint64(5) {
		r := sim.Run(seed, sim.Options{Days: 9, Faultless: true})
		switch {
		case r.Violation != nil:
			t.Errorf("seed %d: %s", seed, r.Violation)
		case r.Faults != 0 || r.Unknown != 0:
			t.Errorf("seed %d: %d faults, %d unknown outcomes", seed, r.Faults, r.Unknown)
		}
		for _, c := range r.Costs {
			sum.Protocol += c.Protocol
			sum.Notices += c.Notices
			sum.Proof += c.Proof
			n++
		}
	}
	// The design's figure: no more than 20 for a single disk, with one notice. The proof
	// has a figure of its own: one listing of uploads, four reads, two writes of the
	// manifest, one listing of those who want to hear nothing.
	protocol, proof, notices := sum.Protocol/n, sum.Proof/n, sum.Notices/n
	if n < 50 || protocol+1 > 20 || proof > 1+4+2+1 || notices > 3 {
		t.Errorf("%.0f exports of a single disk cost %.2f + %.2f requests and %.2f notices on average, want at most 19 + 8 and 3", n, protocol, proof, notices)
	} else {
		t.Logf("%.0f exports of a single disk cost %.2f + %.2f requests and %.2f notices on average", n, protocol, proof, notices)
	}
}
