package cron

import (
	"fmt"
	"strings"
)

// Error says what is wrong with an expression, and where.
type Error struct {
	Expr    string // as given to Parse
	Column  int    // of the first character that is wrong, from 1; 0 if it is about the whole
	Problem string // such as `minute "60" is not a number from 0 to 59`
	Hint    string // what to write instead; may be empty
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q: ", e.Expr)
	if e.Column > 0 {
		fmt.Fprintf(&b, "column %d: ", e.Column)
	}
	b.WriteString(e.Problem)
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

func countError(expr string, words []string) *Error {
	e := &Error{Expr: expr, Problem: fmt.Sprintf("%d fields, want 7 (second minute hour day month weekday year)", len(words))}
	switch {
	case len(words) == 5:
		e.Hint = fmt.Sprintf(`crontab's five become %q`, "0 "+strings.Join(words, " ")+" *")
	case len(words) == 6:
		e.Hint = "the second comes first and the year last, both required"
	case strings.HasPrefix(expr, "@"):
		e.Hint = `names are not known here; midnight is "0 0 0 * * * *"`
	}
	return e
}

// wanted describes a field's values.
func (f field) wanted() string {
	s := fmt.Sprintf("a number from %d to %d", f.min, f.max)
	if len(f.names) > 0 {
		s += fmt.Sprintf(" or %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	return s
}

// hint guesses what somebody meant by a word that is no value of the field.
func (f field) hint(word string) string {
	for _, name := range f.names {
		if strings.HasPrefix(strings.ToUpper(word), name) {
			return "write " + name
		}
	}
	switch {
	case f.name == "weekday" && word == "7":
		return "Sunday is 0 or SUN"
	case word == "*":
		return "* stands alone"
	case word == "?":
		return "? stands alone, in day or weekday"
	case f.name == "day" && word == "0":
		return "days count from 1; the last is L"
	}
	return ""
}
