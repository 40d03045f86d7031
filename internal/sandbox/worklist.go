package sandbox

import (
	"maps"
	"strings"
	"sync"

	"github.com/imageferry/imageferry/internal/sandbox/cos"
)

// workList is what the functions set out to do, as the keys of their ledger
// tell: v1/open/SLOT-EXPORT is an export to be done, removed when everybody was
// told of it, and v1/slots/PLAN/SLOT says that no more will come of that slot. How many images a plan chooses is not the
// sandbox's to know.
type workList struct {
	mu      sync.Mutex
	exports map[string]bool // whether it is closed
	plans   map[string]bool
}

// note takes in an event of the state bucket.
func (l *workList) note(e cos.Event) {
	_, key, found := strings.Cut(e.Key, "v1/")
	if e.Bucket != StateBucket || !found {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.exports == nil {
		l.exports, l.plans = map[string]bool{}, map[string]bool{}
	}
	parts, created := strings.Split(key, "/"), strings.HasPrefix(e.Name, "cos:ObjectCreated:")
	switch {
	case len(parts) == 2 && parts[0] == "open":
		_, export, _ := strings.Cut(parts[1], "-")
		l.exports[export] = !created
	case created && len(parts) == 3 && parts[0] == "slots" && !strings.Contains(parts[2], "."): // one with a dot was not filled
		l.plans[parts[1]] = true
	}
}

// state returns whether each export so far is closed, and whether so many plans
// have listed all of theirs.
func (l *workList) state(plans int) (closed map[string]bool, complete bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.exports), len(l.plans) >= plans
}
