package tencent

import (
	"errors"
	"slices"

	"github.com/imageferry/imageferry/internal/outcome"
)

// pageSize is the most images or instances that CVM lists at once (213/15715,
// 213/15728).
const pageSize = 100

// byID asks for things by id, in pages. Whether CVM leaves out ids that do not
// exist or refuses the whole request (with the code absent) is unverified, so a
// page that is refused is halved until the id that does not exist stands alone.
func byID[ID ~string, T any](ids []ID, absent string, ask func(ids []string) ([]T, error)) ([]T, error) {
	var found []T
	for page := range slices.Chunk(ids, pageSize) {
		part, err := halving(page, absent, ask)
		if err != nil {
			return nil, err
		}
		found = append(found, part...)
	}
	return found, nil
}

func halving[ID ~string, T any](ids []ID, absent string, ask func(ids []string) ([]T, error)) ([]T, error) {
	page := make([]string, len(ids))
	for i, id := range ids {
		page[i] = string(id)
	}
	list, err := ask(page)
	if codeOf(err) != absent {
		return list, err
	}
	if len(ids) == 1 {
		return nil, nil
	}
	first, err := halving(ids[:len(ids)/2], absent, ask)
	if err != nil {
		return nil, err
	}
	second, err := halving(ids[len(ids)/2:], absent, ask)
	return append(first, second...), err
}

// pages asks for a whole list. What is made or removed meanwhile may shift it:
// a thing that shows up on two pages is taken once, and one may be missed. A
// page that brings nothing new, though more is said to follow, is an error,
// since asking on would never end.
func pages[T any](op string, id func(T) string, ask func(offset int) (page []T, total int, err error)) ([]T, error) {
	var found []T
	seen := map[string]bool{}
	for offset := 0; ; {
		page, total, err := ask(offset)
		if err != nil {
			return nil, err
		}
		known := len(found)
		for _, t := range page {
			if !seen[id(t)] {
				seen[id(t)], found = true, append(found, t)
			}
		}
		if offset += len(page); len(page) == 0 || total >= 0 && offset >= total {
			return found, nil
		}
		if len(found) == known {
			return nil, &outcome.Error{Kind: outcome.Later, Op: op, Code: "EndlessList", Message: "a page repeats what earlier pages held"}
		}
	}
}

// total reads a TotalCount; -1 if the answer has none.
func total[N int64 | uint64](n *N) int {
	if n == nil {
		return -1
	}
	return int(*n)
}

// codeOf returns the service's code of a classified error; "" if there is none.
func codeOf(err error) string {
	if e, ok := errors.AsType[*outcome.Error](err); ok {
		return e.Code
	}
	return ""
}

// present leaves out null elements, which JSON allows.
func present[T any](list []*T) []*T {
	return slices.DeleteFunc(list, func(p *T) bool { return p == nil })
}

func pointers(list []string) []*string {
	out := make([]*string, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}
