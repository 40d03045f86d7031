package sandbox

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/imageferry/imageferry/internal/sandbox/cos"
)

// workList is what the functions set out to do, as the keys of their ledger
// tell: v1/open/SLOT-EXPORT is an export to be done, and v1/slots/PLAN/SLOT says
// that no more will come of that slot. How many images a plan chooses is not the
// sandbox's to know.
type workList struct {
	mu      sync.Mutex
	exports map[string]bool
	plans   map[string]bool
}

// note takes in an event of the state bucket.
func (l *workList) note(e cos.Event) {
	_, key, found := strings.Cut(e.Key, "v1/")
	if e.Bucket != StateBucket || !found || !strings.HasPrefix(e.Name, "cos:ObjectCreated:") {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.exports == nil {
		l.exports, l.plans = map[string]bool{}, map[string]bool{}
	}
	parts := strings.Split(key, "/")
	switch {
	case len(parts) == 2 && parts[0] == "open":
		_, export, _ := strings.Cut(parts[1], "-")
		l.exports[export] = true
	case len(parts) == 3 && parts[0] == "slots" && !strings.Contains(parts[2], "."): // one with a dot was not filled
		l.plans[parts[1]] = true
	}
}

// state returns the exports so far, and whether so many plans have listed all
// of theirs.
func (l *workList) state(plans int) (exports []string, complete bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Collect(maps.Keys(l.exports)), len(l.plans) >= plans
}
