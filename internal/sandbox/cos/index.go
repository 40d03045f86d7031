package cos

import (
	"slices"
	"sort"
)

// blockSize bounds what one insertion moves; the block list of a million entries
// then has a few thousand elements.
const blockSize = 512

// index is a sorted map from keys to values: a B-tree of two levels. Its keys are
// in binary order, which is COS's listing order. It is not safe for concurrent use.
type index[T any] struct {
	blocks [][]item[T] // none empty, each sorted, in order
	count  int
}

type item[T any] struct {
	key string
	val T
}

// find returns where key is, or where it belongs.
func (ix *index[T]) find(key string) (block, at int, found bool) {
	block = sort.Search(len(ix.blocks), func(i int) bool {
		b := ix.blocks[i]
		return b[len(b)-1].key >= key
	})
	if block == len(ix.blocks) {
		return block, 0, false
	}
	b := ix.blocks[block]
	at = sort.Search(len(b), func(i int) bool { return b[i].key >= key })
	return block, at, b[at].key == key
}

func (ix *index[T]) get(key string) (val T, ok bool) {
	block, at, ok := ix.find(key)
	if ok {
		val = ix.blocks[block][at].val
	}
	return val, ok
}

// next returns the first entry whose key is not less than pos.
func (ix *index[T]) next(pos string) (key string, val T, ok bool) {
	block, at, _ := ix.find(pos)
	if block == len(ix.blocks) {
		return "", val, false
	}
	it := ix.blocks[block][at]
	return it.key, it.val, true
}

func (ix *index[T]) set(key string, val T) {
	block, at, found := ix.find(key)
	if found {
		ix.blocks[block][at].val = val
		return
	}
	ix.count++
	switch {
	case len(ix.blocks) == 0:
		ix.blocks = [][]item[T]{{{key, val}}}
		return
	case block == len(ix.blocks): // beyond the last key
		block--
		at = len(ix.blocks[block])
	}
	b := slices.Insert(ix.blocks[block], at, item[T]{key, val})
	ix.blocks[block] = b
	if len(b) > blockSize {
		half := append([]item[T](nil), b[len(b)/2:]...)
		clear(b[len(b)/2:])
		ix.blocks[block] = b[:len(b)/2]
		ix.blocks = slices.Insert(ix.blocks, block+1, half)
	}
}

func (ix *index[T]) delete(key string) {
	block, at, found := ix.find(key)
	if !found {
		return
	}
	ix.count--
	ix.blocks[block] = slices.Delete(ix.blocks[block], at, at+1)
	if len(ix.blocks[block]) == 0 {
		ix.blocks = slices.Delete(ix.blocks, block, block+1)
	}
}
