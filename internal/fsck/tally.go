package fsck

import (
	"hash/maphash"
	"maps"
	"slices"
	"sync"
)

// tally compares two sets of names, apart for each group, without holding them:
// equal sets have equal counts and equal sums of hashes, in whatever order they are
// gone through.
type tally struct {
	seed maphash.Seed

	mu     sync.Mutex
	groups map[string]*[2]fingerprint
}

type fingerprint struct {
	count int64
	sum   uint64
}

// side says in which of the two sets a name is.
type side int

const (
	inLogs  side = iota // there is a log that says so
	inLists             // history, or a slot note, names it
)

func newTally() *tally {
	return &tally{seed: maphash.MakeSeed(), groups: map[string]*[2]fingerprint{}}
}

func (t *tally) add(group string, in side, name string) {
	hash := maphash.String(t.seed, name)
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.groups[group]
	if g == nil {
		g = new([2]fingerprint)
		t.groups[group] = g
	}
	g[in].count++
	g[in].sum += hash
}

// differing returns the groups whose sets are not equal, sorted. Those that only
// logs name are left out: each log looks for its own place in the lists.
func (t *tally) differing() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(t.groups)) {
		if g := t.groups[name]; g[inLogs] != g[inLists] && g[inLists].count > 0 {
			names = append(names, name)
		}
	}
	return names
}
