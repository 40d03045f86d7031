// Package cron reads the cron expressions of Tencent Cloud's timer triggers and
// finds the instants at which they are due.
//
// The grammar is the platform's own (document 583/9708), not crontab's. Seven
// fields are required, separated by spaces:
//
//	second  minute  hour  day    month    weekday  year
//	0-59    0-59    0-23  1-31   1-12     0-6      1970-2099
//	                             JAN-DEC  SUN-SAT
//
// Each takes values, ranges, lists and steps (5 1-5 1,3 */5 1/10), and two take
// more: day ? L (last day) 15W (working day nearest to the 15th, in the same
// month) LW (last working day); weekday ? 5L (last Friday) 5#3 (third Friday).
// Where day and weekday are both set, either is enough. A field is set unless it
// is * or ?, so */1 counts as set.
//
// The platform does not say by which clock it reads the fields; products that
// run on it say UTC+8, and so does [Zone]. UTC+8 has no daylight saving time, so
// no due instant is skipped or repeated.
//
// [Parse] refuses what the document does not describe, even where a reading is
// easy to guess: an expression that passes here must not be refused at
// deployment, nor mean something else there.
//
// The search for due instants is our own. Of the libraries, only gronx reads
// seven fields, but v1.20.4 does not know LW, takes */2 in the day field for
// "not set" (then both day and weekday must match), counts the steps of */7
// years from 0 rather than 1970, and refuses 1970/50.
package cron

import "time"

// Zone is the zone in which the platform reads an expression. It is a fixed
// offset because a function's image need not carry a zone database.
var Zone = time.FixedZone("UTC+8", 8*60*60)

// Schedule is a parsed expression. The zero value is never due.
type Schedule struct {
	text                 string
	second, minute, hour set
	day                  dayField
	month, year          set
	weekday              weekdayField
}

// String returns the expression with single spaces; Parse reads it back to an
// equal Schedule.
func (s Schedule) String() string { return s.text }

// Next returns the first due instant after t, in Zone, or the zero time if
// there is none up to the end of 2099.
func (s Schedule) Next(t time.Time) time.Time {
	from := t.In(Zone).Truncate(time.Second).Add(time.Second)
	if y := from.Year(); y < yearMin {
		from = time.Date(yearMin, 1, 1, 0, 0, 0, 0, Zone)
	}
	if s.dueOn(from) {
		if clock, ok := s.clockFrom(from.Hour(), from.Minute(), from.Second()); ok {
			return midnight(from).Add(clock)
		}
	}
	day, ok := s.dayAfter(from)
	if !ok {
		return time.Time{}
	}
	clock, ok := s.clockFrom(0, 0, 0)
	if !ok {
		return time.Time{}
	}
	return day.Add(clock)
}

// Prev returns the last due instant before t, in Zone, or the zero time if there
// is none since the start of 1970.
func (s Schedule) Prev(t time.Time) time.Time {
	first := s.Next(time.Date(yearMin, 1, 1, 0, 0, 0, -1, Zone))
	if first.IsZero() || !first.Before(t) {
		return time.Time{}
	}
	if end := time.Date(yearMax+1, 1, 1, 0, 0, 0, 0, Zone); t.After(end) {
		t = end
	}
	// Next never decreases, so that the last due instant is where it first
	// reaches t: walk back in doubling steps, then halve the interval.
	due, step := first, time.Second
	for t.Add(-step).After(first) {
		if next := s.Next(t.Add(-step)); !next.IsZero() && next.Before(t) {
			due = next
			break
		}
		step *= 2
	}
	for end := t; ; {
		middle := due.Add(end.Sub(due) / 2).Truncate(time.Second)
		next := s.Next(middle)
		switch {
		case !next.IsZero() && next.Before(t):
			due = next
		case middle.After(due):
			end = middle
		default:
			return due
		}
	}
}

// Nearest returns the due instant closest to t, in Zone, and whether there is
// one at most within away. Of two as close it returns the earlier, because a
// trigger comes late rather than early.
func (s Schedule) Nearest(t time.Time, within time.Duration) (time.Time, bool) {
	best, found := time.Time{}, false
	for _, due := range []time.Time{s.Prev(t.Add(1)), s.Next(t.Add(-1))} {
		if away := due.Sub(t).Abs(); !due.IsZero() && away <= within {
			best, found, within = due, true, away-1
		}
	}
	return best, found
}

// dayAfter returns the midnight at which the first due day after t's begins.
func (s Schedule) dayAfter(t time.Time) (time.Time, bool) {
	day := midnight(t).AddDate(0, 0, 1)
	for day.Year() <= yearMax {
		switch {
		case !s.year.has(day.Year() - yearMin):
			day = time.Date(day.Year()+1, 1, 1, 0, 0, 0, 0, Zone)
		case !s.month.has(int(day.Month())):
			day = time.Date(day.Year(), day.Month()+1, 1, 0, 0, 0, 0, Zone)
		case !s.dueOn(day):
			day = day.AddDate(0, 0, 1)
		default:
			return day, true
		}
	}
	return time.Time{}, false
}

// dueOn reports whether the schedule is due at any time on t's day.
func (s Schedule) dueOn(t time.Time) bool {
	if t.Year() > yearMax || !s.year.has(t.Year()-yearMin) || !s.month.has(int(t.Month())) {
		return false
	}
	switch {
	case s.day.any && s.weekday.any:
		return true
	case s.day.any:
		return s.weekday.due(t)
	case s.weekday.any:
		return s.day.due(t)
	default:
		return s.day.due(t) || s.weekday.due(t)
	}
}

// clockFrom returns the first due time of day at or after hour:minute:second.
func (s Schedule) clockFrom(hour, minute, second int) (time.Duration, bool) {
	for h, ok := s.hour.from(hour); ok; h, ok = s.hour.from(h + 1) {
		if h > hour {
			minute, second = 0, 0
		}
		for m, ok := s.minute.from(minute); ok; m, ok = s.minute.from(m + 1) {
			if m > minute {
				second = 0
			}
			if c, ok := s.second.from(second); ok {
				return time.Duration(h*3600+m*60+c) * time.Second, true
			}
		}
	}
	return 0, false
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, Zone)
}
