package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// maxBinary is the most that a function's binary may weigh, in bytes: 10 MiB. The
// guard is against SDK clients that reach an interface, which cost 3 MB each.
const maxBinary = 10 << 20

// results is everything that one run has found.
type results struct {
	rounds   int
	noNode   string // why Node did not take part; empty if it did
	variants []variant
	samples  map[string][]sample
	sizes    map[string]int64 // bytes, by function

	export, notify        endurance
	together, oneByOne    time.Duration // a hundred claims
	sweepFull, sweepEmpty int64         // requests
	told, refused, closed int           // notices taken and refused, and exports that completed
}

// notices counts what the receiver got.
func (r *results) notices(c *cloud) {
	for _, m := range c.inbox.Messages() {
		switch {
		case m.Problem != "" || !m.Signed || m.Channel != inbox.Webhook:
			r.refused++
		case m.Type == "imageferry.export.completed":
			r.told++
		}
	}
	r.closed = r.rounds*(1+warmCalls) + longRun/newEach
}

// goal is something to reach.
type goal struct {
	what, got, limit string
	met              bool
	count            bool // exact, so a miss is a defect
}

// print shows all, and reports whether every count is right.
func (r *results) print(w io.Writer) (ok bool) {
	r.table(w)
	fmt.Fprintln(w)
	if r.noNode != "" {
		fmt.Fprintf(w, "Node.js did not take part: %s\n\n", r.noNode)
	}
	goals, met := r.goals(), 0
	ok = true
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, g := range goals {
		mark := "MISSED"
		if g.met {
			mark, met = "met", met+1
		}
		ok = ok && (g.met || !g.count)
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", mark, g.what, g.got, g.limit)
	}
	t.Flush()
	fmt.Fprintf(w, "bench: %d of %d goals met\n", met, len(goals))
	return ok
}

func (r *results) table(w io.Writer) {
	fmt.Fprintf(w, "Medians of %d processes each, %d invocations a process, round trip %s.\n\n", r.rounds, 1+warmCalls, roundTrip)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "first reply ms\tCPU ms\tpeak MiB\tlater ms\trequests\tlater\tconnections\tlater\t")
	for _, v := range r.variants {
		s := r.samples[v.name]
		last := s[len(s)-1]
		fmt.Fprintf(t, "%.1f\t%.1f\t%.1f\t%.2f\t%d\t%d\t%d\t%d\t  %s\n", millis(r.first(v.name)), millis(r.cpu(v.name)),
			float64(of(s, func(s sample) int64 { return s.peak }))/(1<<20), millis(r.warm(v.name)),
			last.cold.requests, last.later.requests/warmCalls, last.cold.connections, last.later.connections/warmCalls, v.name)
	}
	t.Flush()
}

func (r *results) first(name string) time.Duration {
	return of(r.samples[name], func(s sample) time.Duration { return s.first })
}

func (r *results) cpu(name string) time.Duration {
	return of(r.samples[name], func(s sample) time.Duration { return s.cpu })
}

func (r *results) warm(name string) time.Duration {
	return of(r.samples[name], func(s sample) time.Duration { return s.warm })
}

// goals holds the figures against what was set out to reach.
func (r *results) goals() []goal {
	list := []goal{
		atMost("export by id, CPU to first reply, of the floor", r.cpu(byID), r.cpu(floor), 4.5),
		atMost("export by id, CPU to first reply, of naive", r.cpu(byID), r.cpu(naive), 0.55),
		atMost("export by id, first reply, of naive", r.first(byID), r.first(naive), 0.6),
		atMost("export by id, later invocations, of naive", r.warm(byID), r.warm(naive), 0.6),
	}
	if r.noNode == "" {
		list = append(list, atLeast("export by id, first reply, ahead of Node.js", r.first(node), r.first(byID), 8))
	}
	list = append(list, atLeast("100 claims, ahead of one after another", r.oneByOne, r.together, 8))
	list = append(list, memory("export", r.export.peak), memory("notify", r.notify.peak))
	return append(list, r.counts()...)
}

// counts are the goals that no busy machine can excuse.
func (r *results) counts() []goal {
	var list []goal
	for _, v := range r.variants {
		list = append(list, r.exact(v))
	}
	return append(list,
		number("requests of an export, from start to notice", r.samples[byID][0].cold.requests+r.samples[notify][0].cold.requests, 28),
		number("bytes of export", r.sizes["export"], maxBinary),
		number("bytes of notify", r.sizes["notify"], maxBinary),
		number(fmt.Sprintf("descriptors of export after %d invocations", longRun), int64(r.export.late), int64(r.export.early)),
		number(fmt.Sprintf("descriptors of notify after %d invocations", longRun), int64(r.notify.late), int64(r.notify.early)),
		same(fmt.Sprintf("requests of a sweep beside %d closed exports", r.closed), r.sweepFull, r.sweepEmpty),
		same("completed exports that were told once", int64(r.told), int64(r.closed)),
		same("webhooks that were refused", int64(r.refused), 0),
	)
}

// exact holds every process of a variant against the line-up.
func (r *results) exact(v variant) goal {
	want := fmt.Sprintf("%s, %d × %s", v.cold, warmCalls, v.later)
	g := goal{what: "requests/connections of " + v.name, got: want, limit: "exactly that", met: true, count: true}
	later := traffic{v.later.requests * warmCalls, v.later.connections * warmCalls}
	for _, s := range r.samples[v.name] {
		if s.cold != v.cold || s.later != later {
			g.got, g.limit, g.met = fmt.Sprintf("%s, then %s in all", s.cold, s.later), "exactly "+want, false
		}
	}
	return g
}

func atMost(what string, a, b time.Duration, limit float64) goal {
	ratio := float64(a) / float64(b)
	return goal{what: what, got: fmt.Sprintf("%.2f ×", ratio), limit: fmt.Sprintf("at most %.2f ×", limit), met: ratio <= limit}
}

func atLeast(what string, a, b time.Duration, limit float64) goal {
	ratio := float64(a) / float64(b)
	return goal{what: what, got: fmt.Sprintf("%.1f ×", ratio), limit: fmt.Sprintf("at least %.1f ×", limit), met: ratio >= limit}
}

func memory(function string, peak int64) goal {
	const limit = 16 << 20
	return goal{
		what: fmt.Sprintf("peak memory of %s after %d invocations", function, longRun), got: fmt.Sprintf("%.1f MiB", float64(peak)/(1<<20)),
		limit: "at most 16 MiB", met: peak <= limit,
	}
}

func number(what string, n, limit int64) goal {
	return goal{what: what, got: fmt.Sprint(n), limit: fmt.Sprintf("at most %d", limit), met: n <= limit, count: true}
}

func same(what string, n, want int64) goal {
	return goal{what: what, got: fmt.Sprint(n), limit: fmt.Sprintf("exactly %d", want), met: n == want, count: true}
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
