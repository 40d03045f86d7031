package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Unchanged says what becomes of an image that the plan exported before. An image
// never changes under its id, so the files of then are those of now.
type Unchanged string

// What becomes of an image that the plan already holds, or that is under way.
const (
	Skip   Unchanged = "skip"   // it is not exported again
	Export Unchanged = "export" // it is, in every slot
)

// CatchUp says which missed slots are made up.
type CatchUp string

// The missed slots that are made up, of those within [Plan.CatchUpWithin].
const (
	CatchUpNewest CatchUp = "newest"
	CatchUpAll    CatchUp = "all"
	CatchUpNone   CatchUp = "none"
)

// ChoiceError says that a word is none of those that are known.
type ChoiceError struct {
	What   string // such as "catch_up"
	Word   string
	Wanted []string
}

func (e *ChoiceError) Error() string {
	return fmt.Sprintf("%s %q: want %s", e.What, e.Word, either(e.Wanted))
}

// either lists words: "a", "a or b", "a, b or c".
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// choose returns an error unless word is one of those wanted.
func choose[T ~string](what string, word T, wanted ...T) error {
	if slices.Contains(wanted, word) {
		return nil
	}
	e := &ChoiceError{What: what, Word: string(word)}
	for _, w := range wanted {
		e.Wanted = append(e.Wanted, string(w))
	}
	return e
}
