package soak

import (
	"cmp"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/fault"
)

var (
	seed  = flag.Uint64("seed", 1, "of faults and deaths")
	slots = flag.Int("slots", 0, "how many slots are fired; 0: 200, with -short 10")
)

// soak is one run.
type soak struct {
	*cloud
	seed  uint64
	slots []time.Time

	faults      []fault.Status // what the weather did
	killed      int            // instances, beside those that the weather killed
	again       int            // slots that were fired once more
	premature   premature
	trail       *trail
	storm, calm time.Duration // how long each lasted
	over        bool
}

func TestSoak(t *testing.T) {
	n := *slots
	if n == 0 && testing.Short() {
		n = 10
	}
	s := &soak{seed: *seed, slots: due(cmp.Or(n, 200))}
	t.Logf("seed %d, %d slots", s.seed, len(s.slots))
	s.cloud = start(t, sandbox.Config{
		// A disk takes half a second, and so few fit at once that some are refused.
		// Claims outlast the functions' timeout by 51 s, and nothing shortens that.
		Rate: diskSize / 60, MaxTasks: 24, Timeout: 15 * time.Second,
		Settings: map[string]string{"FERRY_QUIET": "30s", "FERRY_SETTLE": "500ms"},
	})
	s.premature.watch(s.Sandbox)
	s.trail = follow(s.Sandbox)
	defer s.explain(t)
	s.blow(t)
	s.settle(t)
	s.over = true
	s.trail.end()
	found := s.collect(t)
	s.summarise(t, found)
	s.judge(t, found)
}

// due returns n minutes, the last one some minutes ago.
func due(n int) (list []time.Time) {
	first := time.Now().Add(-time.Duration(n+5) * time.Minute).UTC().Truncate(time.Minute)
	for i := range n {
		list = append(list, first.Add(time.Duration(i)*time.Minute))
	}
	return list
}

// blow fires all slots while everything goes wrong. It goes on to the next as soon
// as the functions keep up, and soon even if they do not. The weather lasts until
// most exports are over; the others wait for the end of claims of the dead. At last
// all instances die, or one that saw an export under way would rest half an hour
// before it looks for a file whose event was lost.
func (s *soak) blow(t *testing.T) {
	const (
		unfilled = 3   // slots
		backlog  = 120 // exports
		soon     = 700 * time.Millisecond
	)
	defer func(began time.Time) { s.storm = time.Since(began) }(time.Now())
	random := rand.New(rand.NewPCG(s.seed, 0))
	s.brew(t)
	s.sweeps(t, true)
	for i, slot := range s.slots {
		s.fire(t, slot)
		busy := func() bool { return len(s.missing()) > len(s.slots)-i-1+unfilled || s.open() > backlog }
		for end := time.Now().Add(soon); busy() && time.Now().Before(end); {
			time.Sleep(20 * time.Millisecond)
		}
		if random.IntN(40) == 0 {
			s.killed += s.SCF.KillInstances(functions[random.IntN(len(functions))])
		}
	}
	until(t, "most exports to be over", func() bool { return 2*s.closed() > len(s.slots)*len(fleet) })
	s.faults = s.Faults.Rules()
	s.Faults.Clear()
	for _, name := range functions {
		s.killed += s.SCF.KillInstances(name)
	}
}

var functions = []string{"export", "notify"}

// settle waits, in calm weather, until the sweep has finished everything. An event
// of a plan without a schedule that never came, or failed three times, is nothing
// that anybody can miss: whoever counts on the slot fires it again, and so does this.
func (s *soak) settle(t *testing.T) {
	defer func(began time.Time) { s.calm = time.Since(began) }(time.Now())
	until(t, "the work list to become empty", func() bool {
		missing := s.missing()
		if s.SCF.Idle() {
			for _, slot := range missing {
				s.fire(t, slot)
				s.again++
			}
		}
		return len(missing) == 0 && s.open() == 0
	})
	s.sweeps(t, false)
	until(t, "the functions to end", s.SCF.Idle)
}

func (s *soak) fire(t *testing.T, slot time.Time) {
	t.Helper()
	if _, err := s.SCF.FireAt("export", "fleet", slot); err != nil {
		t.Fatal(err)
	}
}

// sweeps switches the sweep's timer.
func (s *soak) sweeps(t *testing.T, on bool) {
	t.Helper()
	if err := s.SCF.EnableTimer("export", sandbox.SweepTimer, on); err != nil {
		t.Fatal(err)
	}
}

// open is how long the work list is, and closed how many exports have left it. While
// the functions run, the ledger is looked into without requests: these would meet
// the weather, and be counted.
func (s *soak) open() int   { return len(s.COS.List(sandbox.StateBucket, root+"open/")) }
func (s *soak) closed() int { return len(s.COS.List(sandbox.StateBucket, root+"history/")) }

// missing returns the slots that are not noted as filled.
func (s *soak) missing() []time.Time {
	filled := map[string]bool{}
	for _, o := range s.COS.List(sandbox.StateBucket, root+"slots/fleet/") {
		filled[strings.TrimPrefix(o.Key, root+"slots/fleet/")] = true
	}
	return slices.DeleteFunc(slices.Clone(s.slots), func(at time.Time) bool { return filled[at.Format(image.SlotFormat)] })
}
