package cron_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/cron"
	"pgregory.net/rapid"
)

// brute reads an expression in the plainest way that can be thought of: it asks
// of one instant whether each field holds. It knows valid expressions only.
func brute(expr string, t time.Time) bool {
	f := strings.Fields(expr)
	values := []int{t.Second(), t.Minute(), t.Hour(), t.Day(), int(t.Month()), int(t.Weekday()), t.Year()}
	holds := func(i int) bool {
		return slices.ContainsFunc(strings.Split(f[i], ","), func(item string) bool { return bruteItem(item, i, values[i], t) })
	}
	for _, i := range []int{0, 1, 2, 4, 6} {
		if !holds(i) {
			return false
		}
	}
	free := func(i int) bool { return f[i] == "*" || f[i] == "?" }
	switch {
	case free(3) && free(5):
		return true
	case free(3):
		return holds(5)
	case free(5):
		return holds(3)
	}
	return holds(3) || holds(5)
}

func bruteItem(item string, i, value int, t time.Time) bool {
	last := t.AddDate(0, 0, 7).Month() != t.Month() // of its weekday in the month
	switch {
	case item == "*" || item == "?":
		return true
	case item == "L":
		return t.AddDate(0, 0, 1).Day() == 1
	case strings.HasSuffix(item, "W"):
		return bruteWorkday(strings.TrimSuffix(item, "W"), t)
	case strings.HasSuffix(item, "L"):
		return strconv.Itoa(value) == item[:1] && last
	case strings.Contains(item, "#"):
		return item == fmt.Sprintf("%d#%d", value, (t.Day()-1)/7+1)
	}
	low := []int{0, 0, 0, 1, 1, 0, 1970}[i]
	high := []int{59, 59, 23, 31, 12, 6, 2099}[i]
	span, step, stepped := strings.Cut(item, "/")
	by, _ := strconv.Atoi(step)
	from, to, ranged := strings.Cut(span, "-")
	if span != "*" {
		low, _ = strconv.Atoi(from)
		if ranged {
			high, _ = strconv.Atoi(to)
		} else if !stepped {
			high = low
		}
	}
	return value >= low && value <= high && (!stepped || (value-low)%by == 0)
}

// bruteWorkday lists the month's working days and takes the one nearest to day.
func bruteWorkday(day string, t time.Time) bool {
	first := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, cron.Zone)
	count := first.AddDate(0, 1, -1).Day()
	target := count
	if day != "L" {
		target, _ = strconv.Atoi(day)
	}
	if target > count {
		return false
	}
	best := 0
	for d := 1; d <= count; d++ {
		if w := first.AddDate(0, 0, d-1).Weekday(); w == time.Saturday || w == time.Sunday {
			continue
		}
		if best == 0 || max(d-target, target-d) < max(best-target, target-best) {
			best = d
		}
	}
	return t.Day() == best
}

// item draws one element of a field's list.
func item(low, high int, specials ...string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		a, b := rapid.IntRange(low, high).Draw(t, "a"), rapid.IntRange(low, high).Draw(t, "b")
		step := rapid.IntRange(1, min(high-low, 20)).Draw(t, "step")
		forms := append([]string{
			strconv.Itoa(a),
			fmt.Sprintf("%d-%d", min(a, b), max(a, b)),
			fmt.Sprintf("%d/%d", a, step),
			fmt.Sprintf("*/%d", step),
			fmt.Sprintf("%d-%d/%d", min(a, b), max(a, b), step),
		}, specials...)
		return rapid.SampledFrom(forms).Draw(t, "form")
	})
}

func list(t *rapid.T, name string, items *rapid.Generator[string]) string {
	if rapid.Bool().Draw(t, name+" is *") {
		return "*"
	}
	return strings.Join(rapid.SliceOfN(items, 1, 3).Draw(t, name), ",")
}

func TestNextIsWhatSteppingFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		expr := strings.Join([]string{
			list(t, "second", item(0, 59)),
			list(t, "minute", item(0, 59)),
			list(t, "hour", item(0, 23)),
			list(t, "day", item(1, 31, "L", "LW", "1W", "15W", "31W")),
			list(t, "month", item(1, 12)),
			list(t, "weekday", item(0, 6, "0L", "5L", "1#1", "6#5")),
			list(t, "year", item(2020, 2030)),
		}, " ")
		s, err := cron.Parse(expr)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, cron.Zone).Add(time.Duration(rapid.IntRange(0, 86400*365*3).Draw(t, "start")) * time.Second)
		next, prev := s.Next(start), s.Prev(start)
		for _, due := range []time.Time{next, prev} {
			if !due.IsZero() && !brute(expr, due) {
				t.Fatalf("%q from %v: %v is not due", expr, start, due)
			}
		}
		// Seconds nearby, and hours' ends farther out: nothing due lies between.
		step := time.Second
		for d := step; d < 60*24*time.Hour; d += step {
			if d >= 10*time.Minute {
				step = 59*time.Minute + 59*time.Second
			}
			if u := start.Add(d); brute(expr, u) && (next.IsZero() || next.After(u)) {
				t.Fatalf("%q from %v: next is %v, but %v is due", expr, start, next, u)
			}
			if u := start.Add(-d); brute(expr, u) && (prev.IsZero() || prev.Before(u)) {
				t.Fatalf("%q from %v: prev is %v, but %v is due", expr, start, prev, u)
			}
		}
	})
}

// TestDaysOfDecades compares every day of thirty years, for the day rules alone.
func TestDaysOfDecades(t *testing.T) {
	t.Parallel()
	for _, expr := range []string{"0 0 0 LW * ? *", "0 0 0 1W,31W * ? *", "0 0 0 ? * 0L,3#5 *", "0 0 0 L * 6#1 *", "0 0 0 29 2 1 */7", "0 0 0 * 2,4 5 *"} {
		s := mustParse(t, expr)
		next := s.Next(at(t, "2019-12-31 12:00:00"))
		for day := at(t, "2020-01-01 00:00:00"); day.Year() < 2050; day = day.AddDate(0, 0, 1) {
			if due := brute(expr, day); due != next.Equal(day) {
				t.Fatalf("%q on %v: due %v, next %v", expr, day, due, next)
			}
			if next.Equal(day) {
				next = s.Next(day)
			}
		}
	}
}

func BenchmarkNext(b *testing.B) {
	for _, expr := range []string{"0 0 3 * * * *", "0 0 0 29 2 ? *", "0 0 0 30 2 ? *"} {
		b.Run(expr, func(b *testing.B) {
			s, now := mustParse(b, expr), at(b, "2026-11-22 03:00:00")
			for b.Loop() {
				s.Next(now)
			}
		})
	}
}
