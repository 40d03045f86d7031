package main

import (
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values []int64
		want   int64
	}{
		{[]int64{5}, 5},
		{[]int64{9, 1}, 5},
		{[]int64{9, 1, 2}, 2},
		{[]int64{1000, 3, 1, 5}, 4},
	} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median of %v is %d, want %d", tt.values, got, tt.want)
		}
	}
}

// aRun is a run in which everything is as it should be.
func aRun() *results {
	ms := func(n int64) time.Duration { return time.Duration(n) * time.Millisecond }
	r := &results{rounds: 1, samples: map[string][]sample{}, sizes: map[string]int64{"export": maxBinary, "notify": maxBinary}}
	for name, first := range map[string]int64{floor: 10, naive: 100, byID: 40, byPlan: 40, notify: 40, node: 400} {
		v := variant{name: name, cold: traffic{5, 3}, later: traffic{5, 1}}
		r.variants = append(r.variants, v)
		r.samples[name] = []sample{{first: ms(first), cpu: ms(first), warm: ms(first), cold: v.cold, later: traffic{5 * warmCalls, warmCalls}}}
	}
	r.together, r.oneByOne = ms(1), ms(9)
	return r
}

func TestReport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		spoil  func(*results)
		last   string
		counts bool
	}{
		{"all is well", func(*results) {}, "bench: 22 of 22 goals met\n", true},
		{"slow", func(r *results) { r.samples[byID][0].first *= 2 }, "bench: 20 of 22 goals met\n", true},
		{"no Node", func(r *results) { r.noNode = "install it" }, "bench: 21 of 21 goals met\n", true},
		{"a request more", func(r *results) { r.samples[byID][0].cold.requests++ }, "bench: 21 of 22 goals met\n", false},
		{"a connection not kept", func(r *results) { r.samples[byID][0].later.connections++ }, "bench: 21 of 22 goals met\n", false},
		{"a leak", func(r *results) { r.export.late = 1 }, "bench: 21 of 22 goals met\n", false},
		{"too large", func(r *results) { r.sizes["notify"]++ }, "bench: 21 of 22 goals met\n", false},
		{"a notice lost", func(r *results) { r.closed = 1 }, "bench: 21 of 22 goals met\n", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := aRun()
			tt.spoil(r)
			var out strings.Builder
			if ok := r.print(&out); ok != tt.counts || !strings.HasSuffix(out.String(), tt.last) {
				t.Errorf("counts right: %v, report:\n%s", ok, out.String())
			}
		})
	}
}
