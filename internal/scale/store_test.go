// Package scale measures what grows with history, on a ledger of a million exports
// that nobody has to keep: each key and each body is made when it is asked for. It has
// tests and benchmarks only. The tests assert counts and what is held in memory, never
// times.
package scale

import (
	"context"
	"encoding/json"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// section is objects next to each other in the order of their keys. Keys are made from
// numbers, and bodies from keys.
type section struct {
	dir   string
	count int
	key   func(i int) string
	body  func(key string) any // nil if there is no such object
}

// find returns the number of the first key that is not before one.
func (s section) find(key string) int {
	return sort.Search(s.count, func(i int) bool { return s.key(i) >= key })
}

// store is sections in order, and above them what was written and removed since. It
// counts what it is asked.
type store struct {
	sections []section
	written  *ledger.Memory

	mu      sync.Mutex
	removed map[string]bool
	asked   map[string]int
	after   func(requests int) // called after each request, if set
}

func newStore(sections ...section) *store {
	return &store{sections: sections, written: ledger.NewMemory(), removed: map[string]bool{}, asked: map[string]int{}}
}

// reset forgets what was asked.
func (s *store) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = map[string]int{}
}

// requests returns how many came since the last reset, of some kinds or of all.
func (s *store) requests(kinds ...string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, count := range s.asked {
		if len(kinds) == 0 || slices.Contains(kinds, kind) {
			n += count
		}
	}
	return n
}

func (s *store) count(kind string) {
	s.mu.Lock()
	s.asked[kind]++
	hook := s.after
	s.mu.Unlock()
	if hook != nil {
		hook(s.requests())
	}
}

// made returns the body of a key of the sections, unless it was removed.
func (s *store) made(key string) ([]byte, bool) {
	s.mu.Lock()
	removed := s.removed[key]
	s.mu.Unlock()
	for _, part := range s.sections {
		if removed || !strings.HasPrefix(key, part.dir) {
			continue
		}
		if v := part.body(key); v != nil {
			body, err := json.Marshal(v)
			return body, err == nil
		}
	}
	return nil, false
}

// Create implements ledger.Store.
func (s *store) Create(ctx context.Context, key string, body []byte) error {
	s.count("PUT")
	if _, ok := s.made(key); ok {
		return &outcome.Error{Kind: outcome.Exists, Op: "PUT", Code: "Exists"}
	}
	return s.written.Create(ctx, key, body)
}

// Get implements ledger.Store.
func (s *store) Get(ctx context.Context, key string) ([]byte, error) {
	s.count("GET")
	if body, ok := s.made(key); ok {
		return body, nil
	}
	return s.written.Get(ctx, key)
}

// Delete implements ledger.Store.
func (s *store) Delete(ctx context.Context, key string) error {
	s.count("DELETE")
	s.mu.Lock()
	s.removed[key] = true
	s.mu.Unlock()
	return s.written.Delete(ctx, key)
}

// List implements ledger.Store.
func (s *store) List(ctx context.Context, prefix, after string, limit int) ([]string, bool, error) {
	s.count("LIST")
	limit = min(limit, 1000)
	keys, more, err := s.written.List(ctx, prefix, after, limit)
	for _, part := range s.sections {
		keys = append(keys, s.listed(part, prefix, after, limit+1)...)
	}
	slices.Sort(keys)
	return keys[:min(limit, len(keys))], more || len(keys) > limit, err
}

// listed returns keys of a section, at most n.
func (s *store) listed(part section, prefix, after string, n int) (keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := part.find(max(prefix, after)); i < part.count && len(keys) < n; i++ {
		key := part.key(i)
		if !strings.HasPrefix(key, prefix) {
			break
		}
		if key > after && !s.removed[key] {
			keys = append(keys, key)
		}
	}
	return keys
}

// EverVersioned implements ledger.Store.
func (s *store) EverVersioned(context.Context) (bool, error) {
	s.count("GET ?versioning")
	return false, nil
}
