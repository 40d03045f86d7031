package cos

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestIndexIsASortedMap(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 1))
	var ix index[int]
	model := map[string]int{}
	for i := range 30_000 {
		key := fmt.Sprintf("%x", rnd.IntN(5000))
		if rnd.IntN(3) == 0 {
			ix.delete(key)
			delete(model, key)
		} else {
			ix.set(key, i)
			model[key] = i
		}
	}
	want := slices.Sorted(maps.Keys(model))
	var got []string
	for pos := ""; ; {
		key, val, ok := ix.next(pos)
		if !ok {
			break
		}
		if val != model[key] {
			t.Fatalf("%q = %d, want %d", key, val, model[key])
		}
		got, pos = append(got, key), key+"\x00"
	}
	if !slices.Equal(got, want) || ix.count != len(want) {
		t.Errorf("%d keys in order, count %d; want %d", len(got), ix.count, len(want))
	}
	for _, key := range want {
		ix.delete(key)
	}
	if _, _, ok := ix.next(""); ok || ix.count != 0 || len(ix.blocks) != 0 {
		t.Errorf("not empty: count %d, %d blocks", ix.count, len(ix.blocks))
	}
}

// What pages show must not depend on their length.
func TestListPages(t *testing.T) {
	t.Parallel()
	var ix index[string]
	keys := []string{"a", "a/", "a/1", "a/2/x", "a/2/y", "a0", "b/1", "b/2", "b//", "c", "中/1", "中/2", "中0"}
	for _, k := range keys {
		ix.set(k, k)
	}
	for _, prefix := range []string{"", "a", "a/", "b/", "中", "z"} {
		for _, delimiter := range []string{"", "/", "/2"} {
			items, prefixes := naiveList(keys, prefix, delimiter)
			for limit := 1; limit <= len(keys)+1; limit++ {
				var gotItems, gotPrefixes []string
				for q := (pageQuery{prefix: prefix, delimiter: delimiter, limit: limit}); ; {
					p := ix.list(q)
					if n := len(p.items) + len(p.prefixes); n > limit || p.truncated && n != limit {
						t.Fatalf("%+v: %d entries, truncated %t", q, n, p.truncated)
					}
					gotItems, gotPrefixes = append(gotItems, p.items...), append(gotPrefixes, p.prefixes...)
					if !p.truncated {
						break
					}
					q.after = p.last
				}
				if !slices.Equal(gotItems, items) || !slices.Equal(gotPrefixes, prefixes) {
					t.Errorf("prefix %q, delimiter %q, limit %d: %q %q, want %q %q", prefix, delimiter, limit, gotItems, gotPrefixes, items, prefixes)
				}
			}
		}
	}
}

func naiveList(keys []string, prefix, delimiter string) (items, prefixes []string) {
	for _, k := range slices.Sorted(slices.Values(keys)) {
		rest, ok := strings.CutPrefix(k, prefix)
		head, _, rolled := strings.Cut(rest, delimiter)
		switch {
		case !ok:
		case delimiter == "" || !rolled:
			items = append(items, k)
		case !slices.Contains(prefixes, prefix+head+delimiter):
			prefixes = append(prefixes, prefix+head+delimiter)
		}
	}
	return items, prefixes
}

func BenchmarkIndexMillion(b *testing.B) {
	var ix index[int]
	for i := range 1_000_000 {
		ix.set(fmt.Sprintf("v1/exports/%08x", uint32(i)*2654435761), i)
	}
	b.ResetTimer()
	for i := range b.N {
		pos := fmt.Sprintf("v1/exports/%08x", uint32(i)*2246822519)
		ix.list(pageQuery{prefix: "v1/exports/", after: pos, limit: 1})
		ix.set(pos, i)
		ix.delete(pos)
	}
}
