package cvm

import (
	"slices"
	"strings"
)

// filter is a condition of a list: one of the values fits.
type filter struct {
	Name   string
	Values []string
}

const (
	maxFilters      = 10
	maxFilterValues = 5
)

// maxIDs is how many ids a list may be asked for (213/15728; undocumented for
// images, whose pages are as long).
const maxIDs = 100

// subject is something that filters look at: its fields by filter name, and
// its tags.
type subject struct {
	exact map[string]string
	fuzzy map[string]string
	tags  []Tag
}

// filters are the conditions of one request.
type filters []filter

// check refuses filters that are too many or do not exist for subjects such as
// the sample.
func (fs filters) check(sample subject) error {
	if len(fs) > maxFilters {
		return refuse(FilterTooLong, "%d filters, at most %d are allowed", len(fs), maxFilters)
	}
	for _, f := range fs {
		if len(f.Values) > maxFilterValues {
			return refuse(FilterTooLong, "%d values of filter `%s`, at most %d are allowed", len(f.Values), f.Name, maxFilterValues)
		}
		if f.test(sample) == nil {
			return refuse(BadFilter, "the filter `%s` does not exist", f.Name)
		}
	}
	return nil
}

// match reports whether all filters hold. They must have passed check.
func (fs filters) match(of subject) bool {
	for _, f := range fs {
		if !slices.ContainsFunc(f.Values, f.test(of)) {
			return false
		}
	}
	return true
}

// test returns the function that compares one value; nil if there is no such
// filter.
func (f filter) test(of subject) func(value string) bool {
	if have, ok := of.exact[f.Name]; ok {
		return func(v string) bool { return v == have }
	}
	if have, ok := of.fuzzy[f.Name]; ok {
		return func(v string) bool { return contains(have, v) }
	}
	key, isPair := strings.CutPrefix(f.Name, "tag:")
	if f.Name != "tag-key" && f.Name != "tag-value" && !isPair {
		return nil
	}
	return func(v string) bool {
		return slices.ContainsFunc(of.tags, func(t Tag) bool {
			switch f.Name {
			case "tag-key":
				return t.Key == v
			case "tag-value":
				return t.Value == v
			}
			return t.Key == key && t.Value == v
		})
	}
}

// page cuts what Offset and Limit ask for out of a list: by default the first
// 20, and never more than 100.
func page[T any](list []T, offset int64, limit *int64) ([]T, error) {
	n := int64(20)
	if limit != nil {
		n = *limit
	}
	if n < 1 || n > 100 || offset < 0 {
		return nil, refuse(BadLimit, "`Limit` %d must be from 1 to 100 and `Offset` %d not negative", n, offset)
	}
	from := min(offset, int64(len(list)))
	return list[from:min(from+n, int64(len(list)))], nil
}
