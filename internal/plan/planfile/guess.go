package planfile

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// homes says which fields there are, and where each belongs.
var homes = []struct {
	form  reflect.Type
	where string
}{
	{reflect.TypeFor[file](), "at the top"},
	{reflect.TypeFor[entry](), "in a plan"},
	{reflect.TypeFor[item](), "in an item of images"},
	{reflect.TypeFor[machine](), "in an item of instances"},
	{reflect.TypeFor[route](), "in a channel"},
}

// guessField says which field somebody meant by a word, as the end of a
// sentence; empty if nothing is near.
func guessField(word string) string {
	var known, belongs []string
	for _, home := range homes {
		for i := range home.form.NumField() {
			field := home.form.Field(i).Tag.Get("yaml")
			if field == word && !slices.Contains(belongs, home.where) {
				belongs = append(belongs, home.where)
			}
			known = append(known, field)
		}
	}
	if len(belongs) > 0 {
		return "; it belongs " + strings.Join(belongs, " or ")
	}
	return guess(word, known)
}

// guess says which of the known words somebody meant, as the end of a sentence;
// empty if none is near.
func guess(word string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		// A short word is near to anything, so half of it must be right.
		if d := distance(fold(word), fold(k)); d < least && 2*d < len(word) {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// fold makes rootDiskOnly, root-disk-only and root_disk_only one.
func fold(word string) string {
	return strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(word))
}

// distance is the least number of bytes to insert, delete or replace that makes
// b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
