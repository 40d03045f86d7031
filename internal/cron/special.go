package cron

import (
	"fmt"
	"strings"
)

// special reads L, LW and 15W.
func (f *dayField) special(item string) (bool, *Error) {
	switch item {
	case "L":
		f.last = true
		return true, nil
	case "LW":
		f.lastWorkday = true
		return true, nil
	}
	digits, ok := strings.CutSuffix(item, "W")
	if !ok {
		return false, nil
	}
	n, ok := number(digits)
	if !ok || n < 1 || n > 31 {
		return true, &Error{Problem: fmt.Sprintf("day %q is not a number from 1 to 31 before W", item),
			Hint: "15W is the working day nearest to the 15th, LW the last of the month"}
	}
	f.near.add(n)
	return true, nil
}

// special reads 5L and 5#3.
func (f *weekdayField) special(item string) (bool, *Error) {
	if digits, ok := strings.CutSuffix(item, "L"); ok {
		n, ok := number(digits)
		if !ok || n > 6 {
			return true, &Error{Problem: fmt.Sprintf("weekday %q is not a number from 0 to 6 before L", item),
				Hint: "5L is the last Friday of the month"}
		}
		f.last.add(n)
		return true, nil
	}
	digits, nth, ok := strings.Cut(item, "#")
	if !ok {
		return false, nil
	}
	n, ok := number(digits)
	k, ok2 := number(nth)
	if !ok || !ok2 || n > 6 || k < 1 || k > 5 {
		return true, &Error{Problem: fmt.Sprintf("weekday %q is not a number from 0 to 6, #, and a number from 1 to 5", item),
			Hint: "5#3 is the third Friday of the month"}
	}
	f.nth[k].add(n)
	return true, nil
}
