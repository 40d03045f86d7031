package cron

import (
	"fmt"
	"strconv"
	"strings"
)

const (
	yearMin = 1970
	yearMax = 2099
)

// field describes one of the seven fields.
type field struct {
	name     string
	min, max int
	names    []string // of the values from min on
	shift    int      // subtracted from a value before it goes into a set
}

var fields = [7]field{
	{name: "second", max: 59},
	{name: "minute", max: 59},
	{name: "hour", max: 23},
	{name: "day", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: strings.Fields("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC")},
	{name: "weekday", max: 6, names: strings.Fields("SUN MON TUE WED THU FRI SAT")},
	{name: "year", min: yearMin, max: yearMax, shift: yearMin},
}

// Parse reads an expression. Its errors are of type *Error.
func Parse(expr string) (Schedule, error) {
	words, columns := split(expr)
	if len(words) != len(fields) {
		return Schedule{}, countError(expr, words)
	}
	s := Schedule{text: strings.Join(words, " ")}
	sets := [7]*set{&s.second, &s.minute, &s.hour, &s.day.days, &s.month, &s.weekday.days, &s.year}
	for i, word := range words {
		p := parser{field: fields[i], set: sets[i], column: columns[i]}
		switch {
		case p.name == "day":
			p.special, p.any = s.day.special, &s.day.any
		case p.name == "weekday":
			p.special, p.any = s.weekday.special, &s.weekday.any
		}
		if err := p.list(word); err != nil {
			err.Expr = expr
			return Schedule{}, err
		}
	}
	if words[3] == "?" && words[5] == "?" {
		return Schedule{}, &Error{Expr: expr, Column: columns[5],
			Problem: "day and weekday are both ?", Hint: `write * in one of them for "every day"`}
	}
	return s, nil
}

// split cuts expr at spaces and tells the column, from 1, of each word.
func split(expr string) (words []string, columns []int) {
	column := 1
	for word := range strings.SplitSeq(expr, " ") {
		if word != "" {
			words, columns = append(words, word), append(columns, column)
		}
		column += len([]rune(word)) + 1
	}
	return words, columns
}

// parser reads one field.
type parser struct {
	field
	set     *set
	any     *bool // set by * and ?; nil where ? is not known
	special func(item string) (known bool, err *Error)
	column  int // of the item that is read
}

func (p *parser) list(word string) *Error {
	if word == "*" || word == "?" && p.any != nil {
		if p.any != nil {
			*p.any = true
		}
		p.fill(p.min, p.max, 1)
		return nil
	}
	for item := range strings.SplitSeq(word, ",") {
		if err := p.item(item); err != nil {
			err.Column += p.column
			return err
		}
		p.column += len([]rune(item)) + 1
	}
	return nil
}

// item reads one element of a list; the column of its error counts from 0.
func (p *parser) item(item string) *Error {
	if p.special != nil {
		if known, err := p.special(item); known {
			return err
		}
	}
	span, step, stepped := strings.Cut(item, "/")
	low, high, err := p.span(span, stepped)
	if err != nil {
		return err
	}
	by := 1
	if stepped {
		if by, err = p.step(step, len(span)+1); err != nil {
			return err
		}
	}
	p.fill(low, high, by)
	return nil
}

// span reads what stands before a step: *, a value, or a range. A value alone
// reaches to the field's end if a step follows.
func (p *parser) span(span string, stepped bool) (low, high int, err *Error) {
	if span == "*" && stepped {
		return p.min, p.max, nil
	}
	from, to, ranged := strings.Cut(span, "-")
	if low, err = p.value(from, 0); err != nil {
		return 0, 0, err
	}
	switch {
	case ranged:
		if high, err = p.value(to, len(from)+1); err == nil && low > high {
			err = &Error{Problem: fmt.Sprintf("%s range %q runs backwards", p.name, span),
				Hint: "write it as two, separated by a comma"}
		}
		return low, high, err
	case stepped:
		return low, p.max, nil
	}
	return low, low, nil
}

func (p *parser) step(step string, at int) (int, *Error) {
	n, ok := number(step)
	if !ok || n < 1 || n > p.max-p.min {
		return 0, &Error{Column: at, Problem: fmt.Sprintf("%s step %q is not a number from 1 to %d", p.name, step, p.max-p.min)}
	}
	return n, nil
}

func (p *parser) value(word string, at int) (int, *Error) {
	for i, name := range p.names {
		if word == name {
			return p.min + i, nil
		}
	}
	n, ok := number(word)
	if !ok || n < p.min || n > p.max {
		return 0, &Error{Column: at, Problem: fmt.Sprintf("%s %q is not %s", p.name, word, p.wanted()), Hint: p.hint(word)}
	}
	return n, nil
}

func (p *parser) fill(low, high, step int) {
	for v := low; v <= high; v += step {
		p.set.add(v - p.shift)
	}
}

// number reads one to four digits, and nothing else.
func number(word string) (int, bool) {
	if len(word) == 0 || len(word) > 4 || strings.Trim(word, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(word)
	return n, err == nil
}
