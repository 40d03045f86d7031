package tencent

import (
	"errors"
	"slices"

	"github.com/imageferry/imageferry/internal/outcome"
)

// pageSize is the most images or instances that CVM lists at once (213/15715,
// 213/15728).
const pageSize = 100

// thing is what a list holds; one without an id is a null in it.
type thing interface{ id() string }

// page is a part of a list.
type page[T thing] struct {
	things []T
	total  *int // of the whole list; nil if the answer does not tell
}

// byID asks for things by id, in pages. Whether CVM leaves out ids that do not
// exist or refuses the whole request (with the code absent) is unverified, so a
// page that is refused is halved until the id that does not exist stands alone.
func byID[ID ~string, T thing](ids []ID, absent string, ask func(ids []ID) (page[T], error)) ([]T, error) {
	var found []T
	for chunk := range slices.Chunk(ids, pageSize) {
		part, err := halving(chunk, absent, ask)
		if err != nil {
			return nil, err
		}
		found = append(found, part...)
	}
	return found, nil
}

func halving[ID ~string, T thing](ids []ID, absent string, ask func(ids []ID) (page[T], error)) ([]T, error) {
	p, err := ask(ids)
	if codeOf(err) != absent {
		return slices.DeleteFunc(p.things, func(t T) bool { return t.id() == "" }), err
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

// all asks for a whole list. What is made or removed meanwhile may shift it: a
// thing that shows up on two pages is taken once, and one may be missed. A page
// that brings nothing new, though more is said to follow, is an error, since
// asking on would never end.
func all[T thing](op string, ask func(offset int) (page[T], error)) ([]T, error) {
	var found []T
	seen := map[string]bool{"": true}
	for offset := 0; ; {
		p, err := ask(offset)
		if err != nil {
			return nil, err
		}
		known := len(found)
		for _, t := range p.things {
			if !seen[t.id()] {
				seen[t.id()], found = true, append(found, t)
			}
		}
		if offset += len(p.things); len(p.things) == 0 || p.total != nil && offset >= *p.total {
			return found, nil
		}
		if len(found) == known {
			return nil, &outcome.Error{Kind: outcome.Later, Op: op, Code: "EndlessList", Message: "a page repeats what earlier pages held"}
		}
	}
}

// codeOf returns the service's code of a classified error; "" if there is none.
func codeOf(err error) string {
	if e, ok := errors.AsType[*outcome.Error](err); ok {
		return e.Code
	}
	return ""
}
