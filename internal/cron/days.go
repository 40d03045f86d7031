package cron

import (
	"math/bits"
	"time"
)

// set holds small numbers, up to 191: years count from 1970.
type set [3]uint64

func (s *set) add(v int)     { s[v/64] |= 1 << (v % 64) }
func (s set) has(v int) bool { return s[v/64]&(1<<(v%64)) != 0 }

// from returns the smallest member that is v or more.
func (s set) from(v int) (int, bool) {
	for w := v / 64; w < len(s); w++ {
		word := s[w]
		if w == v/64 {
			word &= ^uint64(0) << (v % 64)
		}
		if word != 0 {
			return w*64 + bits.TrailingZeros64(word), true
		}
	}
	return 0, false
}

// dayField is what the fourth field says.
type dayField struct {
	any         bool // * or ?
	days        set  // 1-31
	last        bool // L
	lastWorkday bool // LW
	near        set  // 15W
}

func (f dayField) due(t time.Time) bool {
	day, last := t.Day(), daysIn(t)
	switch {
	case f.days.has(day), f.last && day == last:
		return true
	case f.lastWorkday && day == nearestWorkday(t, last):
		return true
	}
	// The working day is at most two days off (the 1st on a Saturday).
	for d := max(1, day-2); d <= min(last, day+2); d++ {
		if f.near.has(d) && day == nearestWorkday(t, d) {
			return true
		}
	}
	return false
}

// weekdayField is what the sixth field says. Weekdays count from Sunday, 0.
type weekdayField struct {
	any  bool   // * or ?
	days set    // 0-6
	last set    // 5L
	nth  [6]set // 5#3 is member 5 of nth[3]
}

func (f weekdayField) due(t time.Time) bool {
	w := int(t.Weekday())
	return f.days.has(w) ||
		f.last.has(w) && t.Day()+7 > daysIn(t) ||
		f.nth[(t.Day()+6)/7].has(w)
}

// nearestWorkday returns the day, Monday to Friday, nearest to the given day of
// t's month, without leaving that month.
func nearestWorkday(t time.Time, day int) int {
	switch time.Date(t.Year(), t.Month(), day, 0, 0, 0, 0, Zone).Weekday() {
	case time.Saturday:
		if day == 1 {
			return 3
		}
		return day - 1
	case time.Sunday:
		if day == daysIn(t) {
			return day - 2
		}
		return day + 1
	}
	return day
}

// daysIn returns how many days t's month has.
func daysIn(t time.Time) int {
	return time.Date(t.Year(), t.Month()+1, 0, 0, 0, 0, 0, Zone).Day()
}
