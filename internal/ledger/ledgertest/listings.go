package ledgertest

import (
	"fmt"
	"slices"
	"sync"
)

func (s suite) list() {
	keys := []string{"a/", "a/1", "a/1-", "a/1.failed.x", "a/1.missed", "a/10", "a/2", "a/B", "a/b", "a/b/c", "a/é", "a/镜", "a0", "b"}
	for _, key := range slices.Backward(keys) {
		s.put(key, key)
	}
	for _, test := range []struct {
		dir, after string
		limit      int
		want       []string
		more       bool
	}{
		{"", "", 1000, keys, false},
		{"a/", "", 1000, keys[:12], false},
		{"a/", "", 12, keys[:12], false},
		{"a/", "", 11, keys[:11], true},
		{"a/", "", 1, keys[:1], true},
		{"a/", "a/1", 2, keys[2:4], true},
		{"a/", "a/11", 2, keys[6:8], true},            // after need not exist,
		{"a/", "a", 2, keys[:2], true},                // nor lie under the prefix
		{"a/1", "", 9, keys[1:6], false},              // a prefix is no folder
		{"a/1.", "a/1.failed.x", 9, keys[4:5], false}, // marks of one slot
		{"a/", "a/1.failed.zzz", 2, keys[4:6], true},
		{"a/", "a/镜", 5, nil, false},
		{"a/", "zzz", 5, nil, false},
		{"a/b", "", 5, []string{"a/b", "a/b/c"}, false},
		{"c", "", 5, nil, false},
	} {
		s.wantList(test.dir, test.after, test.limit, test.want, test.more)
	}
	if err := s.store.Delete(s.Context(), s.prefix+"a/10"); err != nil {
		s.Error(err)
	}
	s.wantList("a/1", "", 9, keys[1:5], false)
}

func (s suite) pages() {
	const n = 1003
	all := make([]string, n)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := worker; i < n; i += 8 {
				all[i] = fmt.Sprintf("%06d", i)
				if err := s.store.Create(s.Context(), s.prefix+all[i], nil); err != nil {
					s.Error(err)
				}
			}
		})
	}
	group.Wait()
	s.wantList("", "", 5000, all[:1000], true)
	s.wantList("", all[999], 5000, all[1000:], false)
}

func (s suite) oddKeys() {
	keys := []string{"a b", "a+b", "a%20b", "a%2Fb", "镜像.json", "q=1&x", "~(1)!*'", "dir//x", "é"}
	slices.Sort(keys)
	for _, key := range keys {
		s.put(key, "body of "+key)
	}
	for i, key := range keys {
		s.want(key, "body of "+key)
		s.wantList("", key, 1000, slices.Concat([]string(nil), keys[i+1:]), false) // what was listed can be listed after
	}
	s.wantList("", "", 1000, keys, false)
}
