package cos

import "strings"

// pageQuery says which part of an index a listing shows.
type pageQuery struct {
	prefix, delimiter string
	after             string // the last key or common prefix of the page before; empty at the start
	limit             int    // at least 1
}

// page is one page of a listing, in binary order.
type page[T any] struct {
	items     []T
	prefixes  []string // common prefixes: what up to the next delimiter is alike
	last      string   // last key or prefix shown
	truncated bool     // more follows
}

// list reads one page: a search for each entry or common prefix, however many keys
// are under that prefix. What follows a NUL in an index key is not part of the name.
func (ix *index[T]) list(q pageQuery) (p page[T]) {
	pos := q.prefix
	if q.after >= pos {
		pos = q.after + "\x00" // the least string that is greater
	}
	for {
		key, val, ok := ix.next(pos)
		if !ok || !strings.HasPrefix(key, q.prefix) {
			return p
		}
		common, rolled := q.commonPrefix(key)
		if rolled && common == q.after { // shown on the page before
			pos = beyond(common)
			continue
		}
		if len(p.items)+len(p.prefixes) == q.limit {
			p.truncated = true
			return p
		}
		if rolled {
			p.prefixes = append(p.prefixes, common)
			p.last, pos = common, beyond(common)
		} else {
			p.items = append(p.items, val)
			p.last, pos = key, key+"\x00"
		}
	}
}

func (q pageQuery) commonPrefix(key string) (string, bool) {
	if q.delimiter == "" {
		return "", false
	}
	name, _, _ := strings.Cut(key, "\x00")
	head, _, found := strings.Cut(name[len(q.prefix):], q.delimiter)
	return q.prefix + head + q.delimiter, found
}

// beyond returns a string greater than every key with the prefix: no UTF-8 text
// contains the byte 0xff.
func beyond(prefix string) string { return prefix + "\xff" }
