package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/cron"
)

func TestSchedulesThatAreTooDense(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // schedule → part of the error; empty: taken
		"0 */10 * * * * *":      "",
		"0 0 3 * * * *":         "",
		"0 0 0 30 2 ? *":        "", // never
		"0 5,15 0 * * ? 1970":   "", // never again
		"0 0,55 0,23 ? * SUN *": "", // Saturday's and Monday's nights are not due
		"0 */9 * * * * *":       "within 9m0s",
		"0 * * * * * *":         "within 1m0s",
		"* * * * * * *":         "within 1s",
		"0,30 0 3 * * * *":      "within 30s",
		"0 0,9 3 29 2 ? *":      "1972-02-29 03:00:00 and 1972-02-29 03:09:00",
		"0 0,55 0,23 * * * *":   "1970-01-01 23:55:00 and 1970-01-02 00:00:00",
		"0 0,55 0,23 L,1 * ? *": "within 5m0s", // over the end of the month
		"0 0,55 0,23 5 * MON *": "within 5m0s", // where the 5th is a Sunday or Tuesday
		"1 1 0,23 * * * *":      "",
	}
	for schedule, want := range tests {
		err := Plan{Schedule: schedule}.validSchedule()
		switch {
		case want == "" && err != nil:
			t.Errorf("refused: %v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "leave at least 10m")):
			t.Errorf("%q: error %v does not say %q", schedule, err, want)
		}
	}
}

// Crowded agrees with a walk through two years.
func TestCrowded(t *testing.T) {
	t.Parallel()
	numbers := func(t *rapid.T, name string, most int) string {
		list := rapid.SliceOfN(rapid.IntRange(0, most), 1, 2).Draw(t, name)
		return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
	}
	rapid.Check(t, func(t *rapid.T) {
		text := fmt.Sprintf("0 %s %s %s * %s 2026-2027", numbers(t, "minute", 59), numbers(t, "hour", 23),
			rapid.SampledFrom([]string{"*", "L", "1", "1,L", "?", "10,12"}).Draw(t, "day"),
			rapid.SampledFrom([]string{"*", "SUN", "MON-FRI", "SAT,SUN"}).Draw(t, "weekday"))
		schedule, err := cron.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		want := false
		for at := schedule.Next(time.Time{}); !at.IsZero(); {
			next := schedule.Next(at)
			want = want || !next.IsZero() && next.Sub(at) < minGap
			at = next
		}
		a, b, found := crowded(schedule)
		if found != want {
			t.Fatalf("%q: crowded %v, want %v", text, found, want)
		}
		if found && (b.Sub(a) >= minGap || !schedule.Next(a).Equal(b)) {
			t.Fatalf("%q: %v and %v are no example", text, a, b)
		}
	})
}

func BenchmarkCrowded(b *testing.B) {
	for _, text := range []string{"0 0 3 * * * *", "0 */10 * * * * *", "0 0,55 0,23 ? * SUN *"} {
		b.Run(text, func(b *testing.B) {
			schedule, err := cron.Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				crowded(schedule)
			}
		})
	}
}
