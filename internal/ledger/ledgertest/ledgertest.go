// Package ledgertest holds every [ledger.Store] to its contract. The same suite
// runs for the memory store, for COS as the sandbox simulates it, and on request
// for a real bucket, so that a test that passes on one says something of the
// others.
package ledgertest

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// TestStore runs the contract's MUSTs, each as a subtest. Open is called once for
// each and returns a store whose keys under prefix are free; the store may hold
// other objects.
func TestStore(t *testing.T, open func(t *testing.T) (s ledger.Store, prefix string)) {
	for _, test := range []struct {
		name string
		run  func(suite)
	}{
		{"create if absent", suite.create},
		{"bodies", suite.bodies},
		{"absent", suite.absent},
		{"delete", suite.remove},
		{"list", suite.list},
		{"list more than a page", suite.pages},
		{"odd keys", suite.oddKeys},
		{"race", suite.race},
		{"versioning", suite.versioning},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, prefix := open(t)
			test.run(suite{t, s, prefix})
		})
	}
}

type suite struct {
	*testing.T
	store  ledger.Store
	prefix string
}

func (s suite) put(key, body string) {
	s.Helper()
	if err := s.store.Create(s.Context(), s.prefix+key, []byte(body)); err != nil {
		s.Fatalf("create %q: %v", key, err)
	}
}

func (s suite) want(key, body string) {
	s.Helper()
	got, err := s.store.Get(s.Context(), s.prefix+key)
	if err != nil || string(got) != body {
		s.Errorf("get %q: %.40q, %v; want %.40q", key, got, err, body)
	}
}

func (s suite) wantKind(err error, kind outcome.Kind) {
	s.Helper()
	if !outcome.Is(err, kind) {
		s.Errorf("got %v; want an error of kind %s", err, kind)
	}
}

func (s suite) create() {
	s.put("k", "first")
	for _, body := range []string{"second", "first", ""} {
		s.wantKind(s.store.Create(s.Context(), s.prefix+"k", []byte(body)), outcome.Exists)
	}
	s.want("k", "first")
}

func (s suite) bodies() {
	for i, body := range []string{"", "{}", strings.Repeat("镜", 100_000), "\x00\xff\r\n"} {
		key := fmt.Sprint(i)
		s.put(key, body)
		s.want(key, body)
	}
	shared := []byte("before")
	if err := s.store.Create(s.Context(), s.prefix+"shared", shared); err != nil {
		s.Fatal(err)
	}
	copy(shared, "change")
	s.want("shared", "before")
	got, _ := s.store.Get(s.Context(), s.prefix+"shared")
	copy(got, "change")
	s.want("shared", "before")
}

func (s suite) absent() {
	s.put("dir/k", "x")
	for _, key := range []string{"nothing", "dir", "dir/", "dir/k/"} {
		_, err := s.store.Get(s.Context(), s.prefix+key)
		s.wantKind(err, outcome.NotFound)
	}
}

func (s suite) remove() {
	s.put("k", "first")
	s.put("other", "x")
	for range 2 { // the second time there is nothing left
		if err := s.store.Delete(s.Context(), s.prefix+"k"); err != nil {
			s.Errorf("delete: %v", err)
		}
	}
	_, err := s.store.Get(s.Context(), s.prefix+"k")
	s.wantKind(err, outcome.NotFound)
	s.want("other", "x")
	s.put("k", "anew")
	s.want("k", "anew")
}

func (s suite) list() {
	keys := []string{"a/", "a/1", "a/10", "a/2", "a/B", "a/b", "a/b/c", "a/é", "a/镜", "a0", "b"}
	for _, key := range slices.Backward(keys) {
		s.put(key, key)
	}
	for _, test := range []struct {
		prefix, after string
		limit         int
		want          []string
		more          bool
	}{
		{"", "", 1000, keys, false},
		{"a/", "", 1000, keys[:9], false},
		{"a/", "", 9, keys[:9], false},
		{"a/", "", 8, keys[:8], true},
		{"a/", "", 1, keys[:1], true},
		{"a/", "a/1", 2, keys[2:4], true},
		{"a/", "a/11", 2, keys[3:5], true}, // after need not exist
		{"a/", "a/镜", 5, nil, false},
		{"a/", "zzz", 5, nil, false},
		{"a/b", "", 5, []string{"a/b", "a/b/c"}, false},
		{"c", "", 5, nil, false},
	} {
		after := test.after
		if after != "" {
			after = s.prefix + after
		}
		got, more, err := s.store.List(s.Context(), s.prefix+test.prefix, after, test.limit)
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], s.prefix)
		}
		if err != nil || !slices.Equal(got, test.want) || more != test.more {
			s.Errorf("list %q after %q, at most %d: %q, more %t, %v; want %q, more %t",
				test.prefix, test.after, test.limit, got, more, err, test.want, test.more)
		}
	}
}

func (s suite) pages() {
	const n = 1003
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := worker; i < n; i += 8 {
				if err := s.store.Create(s.Context(), fmt.Sprintf("%s%06d", s.prefix, i), nil); err != nil {
					s.Error(err)
				}
			}
		})
	}
	group.Wait()
	first, more, err := s.store.List(s.Context(), s.prefix, "", 5000)
	if err != nil || len(first) != 1000 || !more {
		s.Fatalf("%d keys, more %t, %v; want 1000 at most, and more", len(first), more, err)
	}
	rest, more, err := s.store.List(s.Context(), s.prefix, first[999], 5000)
	if err != nil || len(rest) != n-1000 || more || path.Base(rest[0]) != "001000" {
		s.Fatalf("then %q, more %t, %v", rest, more, err)
	}
}

func (s suite) oddKeys() {
	keys := []string{"a b", "a+b", "a%20b", "a%2Fb", "镜像.json", "q=1&x", "~(1)!*'", "dir//x", "é"}
	slices.Sort(keys)
	for _, key := range keys {
		s.put(key, "body of "+key)
	}
	for _, key := range keys {
		s.want(key, "body of "+key)
	}
	got, _, err := s.store.List(s.Context(), s.prefix, "", 1000)
	for i := range got {
		got[i] = strings.TrimPrefix(got[i], s.prefix)
	}
	if err != nil || !slices.Equal(got, keys) {
		s.Errorf("listed %q, %v; want %q", got, err, keys)
	}
	for i, key := range keys { // what was listed can be listed after
		rest, _, err := s.store.List(s.Context(), s.prefix, s.prefix+key, 1000)
		if err != nil || len(rest) != len(keys)-1-i {
			s.Errorf("after %q: %q, %v", key, rest, err)
		}
	}
}

func (s suite) race() {
	const writers, rounds = 16, 8
	for round := range rounds {
		key := fmt.Sprintf("%sfresh-%d", s.prefix, round)
		errs := make([]error, writers)
		var group sync.WaitGroup
		for w := range writers {
			group.Go(func() { errs[w] = s.store.Create(s.Context(), key, fmt.Append(nil, w)) })
		}
		group.Wait()
		winner := slices.Index(errs, nil)
		if winner < 0 {
			s.Fatalf("nobody won %q: %v", key, errs)
		}
		for w, err := range errs {
			if w != winner {
				s.wantKind(err, outcome.Exists) // a second winner fails here: nil is of no kind
			}
		}
		s.want(strings.TrimPrefix(key, s.prefix), fmt.Sprint(winner))
	}
}

func (s suite) versioning() {
	if ever, err := s.store.EverVersioned(s.Context()); err != nil || ever {
		s.Errorf("ever versioned: %t, %v; a ledger cannot live here", ever, err)
	}
}
