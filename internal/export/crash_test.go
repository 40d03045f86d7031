package export_test

import (
	"fmt"
	"strings"
	"testing"
)

// disturbance says what befalls which of those requests of a course that are
// counted, from its start.
type disturbance struct {
	counts func(call string) bool
	faults map[int]fault
}

// disturb plays a course, and returns what is wrong with how it ends, and how many
// of the faults befell a request.
func (c course) disturb(t *testing.T, d disturbance, silent bool) (w *world, wrong []string, hits int) {
	w = newWorld(t)
	w.silent, w.warm = silent, c.warm
	if c.prepare != nil {
		c.prepare(w)
	}
	n := -1
	w.fault = func(_ int, call string) fault {
		if !d.counts(call) {
			return fine
		}
		n++
		if d.faults[n] != fine {
			hits++
		}
		return d.faults[n]
	}
	if c.play == nil {
		c.play = (*world).play
	}
	c.play(w)
	wrong = w.violations()
	if s := c.want(w); s != "" {
		wrong = append(wrong, s)
	}
	return w, wrong, hits
}

// try plays a course disturbed, and again with its log if anything is wrong. It
// reports whether every fault befell a request.
func (c course) try(t *testing.T, counts func(string) bool, faults map[int]fault) bool {
	t.Helper()
	d := disturbance{counts, faults}
	_, wrong, hits := c.disturb(t, d, true)
	if len(wrong) > 0 {
		w, wrong, _ := c.disturb(t, d, false)
		t.Fatalf("faults %v:\n%s\n\nrequests:\n%s\n\nlog:\n%s", faults, strings.Join(wrong, "\n"), numbered(w.calls), w.log.String())
	}
	return hits == len(faults)
}

func every(string) bool { return true }

// telling counts the requests at which it matters to die: those that change
// something, and the first of an invocation. Whoever dies after any other leaves
// things as if it had died after the one of these before it.
func telling(call string) bool {
	for _, reads := range []string{"GET v1", "LIST", "HEAD", "DescribeImages find", "DescribeInstances"} {
		if strings.HasPrefix(call, reads) {
			return false
		}
	}
	return true
}

func numbered(calls []string) string {
	var b strings.Builder
	for i, c := range calls {
		fmt.Fprintf(&b, "%4d %s\n", i, c)
	}
	return b.String()
}

var faults = []fault{refused, lostAnswer, diesBefore, diesAfter}

// TestCrashAtEveryRequest fails or kills every request of every course in turn,
// each invocation on a fresh instance, and all on one that lives until it is killed.
func TestCrashAtEveryRequest(t *testing.T) {
	t.Parallel()
	faults := faults
	if testing.Short() {
		faults = []fault{lostAnswer, diesAfter}
	}
	for _, c := range courses {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.try(t, every, nil)
			for _, f := range faults {
				for n := 0; c.try(t, every, map[int]fault{n: f}); n++ {
				}
			}
			c.warm = true
			for n := 0; c.try(t, every, map[int]fault{n: lostAnswer}); n++ {
			}
		})
	}
}

// TestCrashAtEveryPair kills twice, after every pair of requests. What dies before
// a request has died after the one before it.
func TestCrashAtEveryPair(t *testing.T) {
	t.Parallel()
	pairs(t, [][2]fault{{diesAfter, diesAfter}}, 1000)
}

// TestFailAtEveryPair loses answers, refuses, and kills, at requests near each
// other: the second fault meets what the first one set off.
func TestFailAtEveryPair(t *testing.T) {
	t.Parallel()
	pairs(t, [][2]fault{{diesBefore, diesAfter}, {lostAnswer, diesBefore}, {lostAnswer, lostAnswer}, {refused, refused}}, 2)
}

// pairs disturbs every course twice, at most so many requests apart.
func pairs(t *testing.T, kinds [][2]fault, apart int) {
	if testing.Short() {
		t.Skip("thousands of schedules")
	}
	for _, c := range courses {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, f := range kinds {
				for i := 0; c.try(t, telling, map[int]fault{i: f[0]}); i++ {
					for j := i + 1; j <= i+apart && c.try(t, telling, map[int]fault{i: f[0], j: f[1]}); j++ {
					}
				}
			}
		})
	}
}
