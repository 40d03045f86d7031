package ledgertest

import (
	"context"
	"fmt"
	"strings"

	"github.com/imageferry/imageferry/internal/outcome"
)

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

// givenUp: a request whose caller has given up either works or is in doubt. It is
// never taken for a refusal, an absent object or an empty listing.
func (s suite) givenUp() {
	s.put("k", "x")
	s.wantList("", "", 10, []string{"k"}, false)
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	doubt := func(err error) bool {
		if err != nil {
			s.wantKind(err, outcome.Unknown)
		}
		return err != nil
	}
	if body, err := s.store.Get(ctx, s.prefix+"k"); !doubt(err) && string(body) != "x" {
		s.Errorf("get: %q", body)
	}
	if keys, more, err := s.store.List(ctx, s.prefix, "", 10); !doubt(err) && (len(keys) != 1 || more) {
		s.Errorf("list: %q, more %t", keys, more)
	}
	if !doubt(s.store.Create(ctx, s.prefix+"new", []byte("y"))) {
		s.want("new", "y")
	}
	if !doubt(s.store.Delete(ctx, s.prefix+"k")) {
		_, err := s.store.Get(s.Context(), s.prefix+"k")
		s.wantKind(err, outcome.NotFound)
	}
	if _, err := s.store.EverVersioned(ctx); err != nil {
		s.wantKind(err, outcome.Unknown)
	}
}

func (s suite) versioning() {
	if ever, err := s.store.EverVersioned(s.Context()); err != nil || ever {
		s.Errorf("ever versioned: %t, %v; a ledger cannot live here", ever, err)
	}
}
