// Package ledgertest holds every [ledger.Store] to its contract. The same suite
// runs for the memory store, for COS as the sandbox simulates it, and on request
// for a real bucket, so that a test that passes on one says something of the
// others.
//
// It asks for no more than the contract: a listing may be stale, so it is repeated
// for a while, and creates may race. What better stores promise, [TestAtomic] asks.
package ledgertest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

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
		{"many at once", suite.concurrent},
		{"given up", suite.givenUp},
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
		s.Errorf("create %q: %v", key, err)
	}
}

func (s suite) want(key, body string) {
	s.Helper()
	got, err := s.store.Get(s.Context(), s.prefix+key)
	if err != nil || string(got) != body {
		s.Errorf("get %q: %.40q, %v; want %.40q", key, got, err, body)
	}
}

// patience is how long a listing may stay stale here.
const patience = 30 * time.Second

// wantList asserts what a listing under the prefix gives, sooner or later.
func (s suite) wantList(dir, after string, limit int, want []string, more bool) {
	s.Helper()
	if after != "" {
		after = s.prefix + after
	}
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		got, gotMore, err := s.store.List(s.Context(), s.prefix+dir, after, limit)
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], s.prefix)
		}
		if err == nil && slices.Equal(got, want) && gotMore == more {
			return
		}
		if time.Now().After(end) {
			s.Errorf("list %q after %q, at most %d: %d keys %.200q, more %t, %v; want %d keys %.200q, more %t",
				dir, after, limit, len(got), got, gotMore, err, len(want), want, more)
			return
		}
	}
}

func (s suite) wantKind(err error, kind outcome.Kind) {
	s.Helper()
	if !outcome.Is(err, kind) {
		s.Errorf("got %v; want an error of kind %s", err, kind)
	}
}

// TestAtomic asks for more than the contract: of many creates at once exactly one
// wins, and the others are told so.
func TestAtomic(t *testing.T, open func(t *testing.T) (s ledger.Store, prefix string)) {
	store, prefix := open(t)
	for round := range 8 {
		if winners := (suite{t, store, prefix}).contest(fmt.Sprintf("fresh-%d", round)); len(winners) != 1 {
			t.Errorf("%d winners; want 1", len(winners))
		}
	}
}

// Clean deletes everything under a prefix, for tests on buckets that stay. A stale
// listing is looked at until it is empty.
func Clean(ctx context.Context, s ledger.Store, prefix string) error {
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		keys, more, err := s.List(ctx, prefix, "", 1000)
		if err != nil || len(keys) == 0 {
			return err
		}
		var group errgroup.Group
		group.SetLimit(16)
		for _, key := range keys {
			group.Go(func() error { return s.Delete(ctx, key) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		if !more && time.Now().After(end) {
			return fmt.Errorf("%d keys under %q are still listed; delete them by hand", len(keys), prefix)
		}
	}
}
