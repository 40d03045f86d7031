// Simulate runs the simulator over many seeds, on all cores. Its exit status is 0
// only if every invariant held, and its last line is the figure.
//
//	simulate -seeds 1000 -from 1 -days 9
//
// A seed that broke an invariant is told of as it is found, shrunk to the few
// faults that it takes, with its story and how to repeat it.
package main

import (
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/imageferry/imageferry/internal/sim"
)

func main() {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // production code complains of every fault
	os.Exit(run(os.Args[1:], os.Stdout))
}

// enough is how many seeds that broke an invariant end a run early.
const enough = 1

// settings are the flags.
type settings struct {
	seeds, days    int
	from           uint64
	harsh          float64
	untilViolation bool
	story, calls   bool
}

func parse(args []string) (s settings, err error) {
	f := flag.NewFlagSet("simulate", flag.ContinueOnError)
	f.IntVar(&s.seeds, "seeds", 1000, "how many seeds")
	f.Uint64Var(&s.from, "from", 1, "the first seed")
	f.IntVar(&s.days, "days", 9, "days with faults, 1 to 29; two calm ones follow")
	f.Float64Var(&s.harsh, "harsh", 1, "by which the rates of all faults are multiplied")
	f.BoolVar(&s.untilViolation, "until-violation", false, "end with the first violation, and say no more than which")
	f.BoolVar(&s.story, "story", false, "tell the whole story of the first seed, and run no other")
	f.BoolVar(&s.calls, "calls", false, "with -story: tell every call")
	if err = f.Parse(args); err != nil {
		return s, err
	}
	if s.days < 1 || s.days > 29 || s.seeds < 1 || s.harsh < 0 {
		return s, fmt.Errorf("-days %d, -seeds %d, -harsh %g: want 1 to 29 days, at least one seed, and no negative rate", s.days, s.seeds, s.harsh)
	}
	return s, nil
}

func run(args []string, out io.Writer) int {
	s, err := parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	opt := sim.Options{Days: s.days, Harsh: s.harsh}
	if s.story {
		opt.Story, opt.Calls = true, s.calls
		return tell(out, sim.Run(s.from, opt))
	}
	began := time.Now()
	sum := sim.RunMany(s.from, s.seeds, enough, opt)
	for i, r := range sum.Violations {
		if s.untilViolation {
			fmt.Fprintf(out, "seed %d, the %s: %s\n", r.Seed, humanize.Ordinal(sum.Seeds), r.Violation.Invariant)
			return 1
		}
		fmt.Fprintf(out, "seed %d broke an invariant on day %d: %s\n", r.Seed, 1+r.Violation.At/(24*time.Hour), r.Violation)
		if i == 0 {
			explain(out, r.Seed, opt)
		}
	}
	missed := unmet(sum)
	if len(missed) > 0 {
		fmt.Fprintf(out, "never happened: %s\n", strings.Join(missed, "; "))
	}
	fmt.Fprintf(out, "%s exports, %s accepted by CVM, %s notices heard, %s unknown outcomes, longest log %d, in %s\n",
		comma(sum.Exports), comma(sum.Starts), comma(sum.Notices), comma(sum.Unknown), sum.LongestLog, time.Since(began).Round(time.Second))
	fmt.Fprintf(out, "%s seeds, %s simulated hours, %s invocations, %s operations, %s faults, %d violations, %d of %d probes hit\n",
		comma(sum.Seeds), comma(int(sum.Time.Hours())), comma(sum.Invocations), comma(sum.Operations), comma(sum.Faults),
		len(sum.Violations), len(sim.Probes)-len(missed), len(sim.Probes))
	if len(sum.Violations) > 0 {
		return 1
	}
	return 0
}

// shrinkRuns bounds how long shrinking takes.
const shrinkRuns = 600

// explain shrinks a run and tells its story.
func explain(out io.Writer, seed uint64, opt sim.Options) {
	r, small := sim.Shrink(seed, opt, shrinkRuns)
	fmt.Fprintf(out, "\nwith %d faults in %d days, seed %d still breaks it:\n\n", len(r.Fired), small.Days, seed)
	for _, line := range r.Story {
		fmt.Fprintln(out, "  "+line)
	}
	fmt.Fprintf(out, "\nrepeat the whole run: go run ./internal/sim/simulate -story -from %d -days %d -harsh %g\n\n", seed, opt.Days, opt.Harsh)
}

// tell tells the whole story of one run.
func tell(out io.Writer, r sim.Result) int {
	for _, line := range r.Story {
		fmt.Fprintln(out, line)
	}
	if r.Violation != nil {
		fmt.Fprintf(out, "seed %d: %s\n", r.Seed, r.Violation)
		return 1
	}
	fmt.Fprintf(out, "seed %d: all held; hash %s\n", r.Seed, r.Hash)
	return 0
}

func unmet(sum sim.Sum) []string {
	return slices.DeleteFunc(slices.Clone(sim.Probes), func(p string) bool { return sum.Probes[p] > 0 })
}

func comma(n int) string { return humanize.Comma(int64(n)) }
