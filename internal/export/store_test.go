package export_test

import (
	"context"
	"slices"
	"strings"

	"github.com/imageferry/imageferry/internal/ledger"
)

// indexed is a memory store that lists a directory without looking at all others:
// with thousands of logs nothing else would take so long.
type indexed struct {
	*ledger.Memory
	dirs  map[string][]string // keys by the part up to the last slash, sorted
	above map[string]bool     // what dirs are in
}

func newIndexed() *indexed {
	return &indexed{ledger.NewMemory(), map[string][]string{}, map[string]bool{}}
}

func dirOf(key string) string { return key[:strings.LastIndex(key, "/")+1] }

func (x *indexed) Create(ctx context.Context, key string, body []byte) error {
	err := x.Memory.Create(ctx, key, body)
	if err == nil {
		dir := dirOf(key)
		for up := dir; up != "" && !x.above[up]; up = dirOf(up[:len(up)-1]) {
			x.above[up] = up != dir
		}
		at, _ := slices.BinarySearch(x.dirs[dir], key)
		x.dirs[dir] = slices.Insert(x.dirs[dir], at, key)
	}
	return err
}

func (x *indexed) Delete(ctx context.Context, key string) error {
	dir := dirOf(key)
	if at, ok := slices.BinarySearch(x.dirs[dir], key); ok {
		x.dirs[dir] = slices.Delete(x.dirs[dir], at, at+1)
	}
	return x.Memory.Delete(ctx, key)
}

func (x *indexed) List(ctx context.Context, prefix, after string, limit int) ([]string, bool, error) {
	keys, ok := x.dirs[prefix]
	if !ok && (x.above[prefix] || !strings.HasSuffix(prefix, "/")) {
		return x.Memory.List(ctx, prefix, after, limit)
	}
	at, found := slices.BinarySearch(keys, after)
	if found {
		at++
	}
	keys = keys[at:]
	return slices.Clone(keys[:min(limit, len(keys))]), len(keys) > limit, nil
}
