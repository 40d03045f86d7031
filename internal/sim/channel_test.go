package sim

import (
	"testing"

	"github.com/imageferry/imageferry/internal/plan"
)

// The world's own reading of who hears what agrees with that of package plan; where it
// does not, one of them misreads plans.yaml.
func TestWants(t *testing.T) {
	t.Parallel()
	lists := [][]string{nil, {"completed"}, {"error"}, {"info", "failed"}, {"warning", "skipped"}, {"digest"}, {"recovered"}}
	kinds := []string{"completed", "recovered", "failed", "partial", "stalled", "missed", "skipped", "suspended", "resumed", "digest"}
	for _, list := range lists {
		for _, plans := range [][]string{nil, {"n*", "machines"}} {
			c := &channel{Channel: plan.Channel{Name: "c", Hears: list, Plans: plans}}
			for _, kind := range kinds {
				for _, name := range []string{"nightly", "narrow", "machines", "pattern", ""} {
					if got, want := c.wants(plan.Plan{Name: name}, kind), c.Wants(name, kind); got != want {
						t.Errorf("a channel that hears %q of %q wants %s of %q: %t, want %t", list, plans, kind, name, got, want)
					}
				}
				own := plan.Plan{Name: "pattern", Notify: map[string][]string{"c": list}}
				if got, want := c.wants(own, kind), plan.Hears(list, kind); got != want {
					t.Errorf("a plan that has %q for a channel tells it of %s: %t, want %t", list, kind, got, want)
				}
			}
		}
	}
}
