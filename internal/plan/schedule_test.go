package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/cron"
	"github.com/imageferry/imageferry/internal/plan"
)

func TestSlotOfSchedule(t *testing.T) {
	t.Parallel()
	p := nightly(func(p *plan.Plan) { p.Schedule = "0 0 3 * * * *" })
	due := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC) // 03:00 in UTC+8
	for _, away := range []time.Duration{0, -200 * time.Millisecond, 90 * time.Second, 2 * time.Minute, -2 * time.Minute} {
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 8*60*60)} {
			slot, err := p.Slot(due.Add(away).In(zone))
			if err != nil || slot != due {
				t.Errorf("%s away: slot %v, %v; want %v", away, slot, err, due)
			}
		}
	}
	for _, away := range []time.Duration{2*time.Minute + 1, -2*time.Minute - 1, 12 * time.Hour} {
		slot, err := p.Slot(due.Add(away))
		if err == nil {
			t.Fatalf("%s away: slot %v, want an error", away, slot)
		}
		for _, part := range []string{`"nightly"`, `"0 0 3 * * * *"`, "UTC+8", due.Add(away).Format(time.RFC3339)} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error does not name %s: %v", part, err)
			}
		}
	}
}

func TestSlotWithoutSchedule(t *testing.T) {
	t.Parallel()
	p := nightly(func(*plan.Plan) {})
	due := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	for _, away := range []time.Duration{0, -200 * time.Millisecond, 29 * time.Second} {
		if slot, err := p.Slot(due.Add(away)); err != nil || slot != due {
			t.Errorf("%s away: slot %v, %v; want %v", away, slot, err, due)
		}
	}
	if slot, _ := p.Slot(due.Add(time.Minute)); slot == due {
		t.Error("the next minute is the same slot")
	}
}

func TestSlotOfBrokenSchedule(t *testing.T) {
	t.Parallel()
	if _, err := nightly(func(p *plan.Plan) { p.Schedule = "daily" }).Slot(time.Now()); err == nil {
		t.Error("a schedule that cannot be read has a slot")
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	after := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC) // due at this instant, and so not next
	p := nightly(func(p *plan.Plan) { p.Schedule = "0 0 3 * * * *" })
	want := []time.Time{after.AddDate(0, 0, 1), after.AddDate(0, 0, 2), after.AddDate(0, 0, 3)}
	for _, zone := range []*time.Location{time.UTC, cron.Zone} {
		if got := p.Next(after.In(zone), 3); !slices.Equal(got, want) {
			t.Errorf("Next = %v, want %v", got, want)
		}
	}
	p.Schedule = "0 0 3 23,24 11 * 2026"
	if got := p.Next(after, 3); !slices.Equal(got, want[:2]) {
		t.Errorf("a schedule that ends: Next = %v", got)
	}
	for _, schedule := range []string{"", "daily"} {
		p.Schedule = schedule
		if got := p.Next(after, 3); got != nil {
			t.Errorf("schedule %q: Next = %v", schedule, got)
		}
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	to := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return to.AddDate(0, 0, n) }
	p := nightly(func(p *plan.Plan) { p.Schedule = "0 0 3 * * * *" })
	tests := []struct {
		name     string
		from, to time.Time
		most     int
		want     []time.Time
	}{
		{"both ends are due: the first is out, the last is in", day(-2), to, 9, []time.Time{day(-1), to}},
		{"a nanosecond before both", day(-2).Add(-1), to.Add(-1), 9, []time.Time{day(-2), day(-1)}},
		{"the newest of many", day(-400), to, 2, []time.Time{day(-1), to}},
		{"from ever", time.Time{}, to, 1, []time.Time{to}},
		{"nothing between", day(-1), to.Add(-1), 9, nil},
		{"no time", to, to, 9, nil},
		{"backwards", to, day(-2), 9, nil},
		{"none wanted", day(-2), to, 0, nil},
	}
	for _, tt := range tests {
		if got := p.Due(tt.from, tt.to, tt.most); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
	for _, schedule := range []string{"", "daily", "0 0 0 30 2 ? *"} {
		p.Schedule = schedule
		if got := p.Due(time.Time{}, to, 9); got != nil {
			t.Errorf("schedule %q: %v", schedule, got)
		}
	}
}

// Due is what stepping through all instants gives.
func TestDueIsTheEndOfAll(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := plan.Plan{Schedule: rapid.SampledFrom([]string{
			"0 * * * * * *", "*/20 * * * * * *", "0 0 * * * * *", "0 0 3 * * * *", "0 30 4 ? * SUN *", "0 0 0 L * ? *", "0 0 0 29 2 ? *",
			"0 0,55 0,23 * * * *", "0 0 3 1,2,20 1-3 ? 2026", "59 59 23 LW * ? *",
		}).Draw(t, "schedule")}
		to := time.Date(2026, 1, 1, 0, 0, rapid.IntRange(0, 400*86400).Draw(t, "to"), rapid.SampledFrom([]int{0, 1, 999_999_999}).Draw(t, "nanoseconds"), time.UTC)
		back := rapid.OneOf(rapid.IntRange(0, 3600), rapid.IntRange(0, 3*86400)).Draw(t, "back")
		if strings.HasPrefix(p.Schedule, "0 0 ") {
			back *= 100
		}
		from := to.Add(-time.Duration(back) * time.Second)
		most := rapid.OneOf(rapid.IntRange(1, 5), rapid.IntRange(1, 2000)).Draw(t, "most")

		schedule, err := cron.Parse(p.Schedule)
		if err != nil {
			t.Fatal(err)
		}
		var all []time.Time
		for at := schedule.Next(from); !at.IsZero() && !at.After(to); at = schedule.Next(at) {
			all = append(all, at.UTC())
		}
		want := all[max(0, len(all)-most):]
		if got := p.Due(from, to, most); !slices.Equal(got, want) {
			t.Fatalf("%q from %v to %v, at most %d:\ngot  %v\nwant %v", p.Schedule, from, to, most, got, want)
		}
		if next := p.Next(from, most); len(all) >= len(next) && !slices.Equal(next, all[:len(next)]) {
			t.Fatalf("%q: Next %v, want the beginning of %v", p.Schedule, next, all)
		}
	})
}

func BenchmarkDue(b *testing.B) {
	to := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	for _, schedule := range []string{"0 */10 * * * * *", "0 0 * * * * *", "0 0 3 * * * *", "0 0 0 29 2 ? *", "0 * * * * * *"} {
		b.Run(schedule, func(b *testing.B) {
			p := plan.Plan{Schedule: schedule}
			for b.Loop() {
				p.Due(to.AddDate(0, 0, -31), to, 300)
			}
		})
	}
}
