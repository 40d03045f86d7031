package cron_test

import (
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/cron"
)

const layout = "2006-01-02 15:04:05"

func at(t testing.TB, s string) time.Time {
	t.Helper()
	v, err := time.ParseInLocation(layout, s, cron.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func mustParse(t testing.TB, expr string) cron.Schedule {
	t.Helper()
	s, err := cron.Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNext(t *testing.T) {
	tests := []struct {
		expr, after string
		want        []string // consecutive; "" is none
	}{
		// The document's own examples.
		{"*/5 * * * * * *", "2026-11-22 00:00:00", []string{"2026-11-22 00:00:05", "2026-11-22 00:00:10"}},
		{"0 0 2 1 * * *", "2026-11-22 00:00:00", []string{"2026-12-01 02:00:00", "2027-01-01 02:00:00"}},
		{"0 15 10 * * MON-FRI *", "2026-11-20 10:15:00", []string{"2026-11-23 10:15:00", "2026-11-24 10:15:00"}},
		{"0 0 10,14,16 * * * *", "2026-11-22 14:00:00", []string{"2026-11-22 16:00:00", "2026-11-23 10:00:00"}},
		{"0 */30 9-17 * * * *", "2026-11-22 17:30:00", []string{"2026-11-23 09:00:00", "2026-11-23 09:30:00"}},
		{"0 0 12 * * WED *", "2026-11-22 00:00:00", []string{"2026-11-25 12:00:00", "2026-12-02 12:00:00"}},
		{"33 22 11 6 7 * 2021", "2021-01-01 00:00:00", []string{"2021-07-06 11:22:33", ""}},

		{"0 1/10 * * * * *", "2026-11-22 00:00:00", []string{"2026-11-22 00:01:00", "2026-11-22 00:11:00"}},
		{"0 51/10 * * * * *", "2026-11-22 00:00:00", []string{"2026-11-22 00:51:00", "2026-11-22 01:51:00"}},
		// Day or weekday: either is enough.
		{"0 0 3 1 * MON *", "2026-11-22 00:00:00", []string{"2026-11-23 03:00:00", "2026-11-30 03:00:00", "2026-12-01 03:00:00", "2026-12-07 03:00:00"}},
		{"0 0 3 */10 * MON *", "2026-11-22 00:00:00", []string{"2026-11-23 03:00:00", "2026-11-30 03:00:00", "2026-12-01 03:00:00"}},
		{"0 0 3 ? * MON *", "2026-11-22 00:00:00", []string{"2026-11-23 03:00:00", "2026-11-30 03:00:00"}},
		{"0 0 3 1 * ? *", "2026-11-22 00:00:00", []string{"2026-12-01 03:00:00"}},
		// Last days and working days.
		{"0 0 3 L * ? *", "2028-01-31 03:00:00", []string{"2028-02-29 03:00:00", "2028-03-31 03:00:00"}},
		{"0 0 3 15W * ? *", "2026-08-01 00:00:00", []string{"2026-08-14 03:00:00", "2026-09-15 03:00:00"}}, // Saturday
		{"0 0 3 1W * ? *", "2026-08-01 00:00:00", []string{"2026-08-03 03:00:00", "2026-09-01 03:00:00"}},  // not July
		{"0 0 3 31W * ? *", "2026-05-01 00:00:00", []string{"2026-05-29 03:00:00", "2026-07-31 03:00:00"}}, // Sunday; June has no 31st
		{"0 0 3 LW * ? *", "2026-10-01 00:00:00", []string{"2026-10-30 03:00:00", "2026-11-30 03:00:00"}},
		{"0 0 3 ? * 5L *", "2026-11-01 00:00:00", []string{"2026-11-27 03:00:00", "2026-12-25 03:00:00"}},
		{"0 0 3 ? * 5#5 *", "2026-11-01 00:00:00", []string{"2027-01-29 03:00:00", "2027-04-30 03:00:00"}},
		{"0 0 3 ? * 1#1,0L *", "2026-11-01 00:00:00", []string{"2026-11-02 03:00:00", "2026-11-29 03:00:00"}},
		{"0 0 3 1,L,15W * ? *", "2026-11-01 03:00:00", []string{"2026-11-16 03:00:00", "2026-11-30 03:00:00", "2026-12-01 03:00:00"}},
		// Years, rare dates, and none.
		{"0 0 0 29 2 ? *", "2096-02-29 00:00:00", []string{""}},
		{"0 0 0 29 2 ? *", "2026-01-01 00:00:00", []string{"2028-02-29 00:00:00", "2032-02-29 00:00:00"}},
		{"59 59 23 31 DEC ? 2099", "2026-01-01 00:00:00", []string{"2099-12-31 23:59:59", ""}},
		{"0 0 0 1 JAN ? 1970/50", "1960-01-01 00:00:00", []string{"1970-01-01 00:00:00", "2020-01-01 00:00:00", "2070-01-01 00:00:00", ""}},
		{"0 0 0 30 2 ? *", "2026-01-01 00:00:00", []string{""}},
		{"* * * * * * *", "2099-12-31 23:59:59", []string{""}},
	}
	for _, test := range tests {
		t.Run(test.expr, func(t *testing.T) {
			s, after := mustParse(t, test.expr), at(t, test.after)
			for _, want := range test.want {
				got := s.Next(after)
				if want == "" {
					if !got.IsZero() {
						t.Fatalf("after %v: %v, want none", after, got)
					}
					return
				}
				if !got.Equal(at(t, want)) || got.Location() != cron.Zone {
					t.Fatalf("after %v: %v, want %s in UTC+8", after, got, want)
				}
				if prev := s.Prev(got.Add(time.Nanosecond)); !prev.Equal(got) {
					t.Fatalf("before %v and a nanosecond: %v", got, prev)
				}
				after = got
			}
		})
	}
}

func TestNextReadsAnyZone(t *testing.T) {
	s := mustParse(t, "0 0 3 * * * *")
	got := s.Next(time.Date(2026, 11, 22, 18, 59, 59, 999, time.UTC))
	if want := time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("next = %v, want %v: three o'clock is in UTC+8", got, want)
	}
	if got := s.Next(got); !got.Equal(time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)) {
		t.Errorf("the instant itself is not after itself: %v", got)
	}
}

func TestPrevEnds(t *testing.T) {
	s := mustParse(t, "0 0 3 1 1 ? 2026")
	if got := s.Prev(at(t, "2026-01-01 03:00:00")); !got.IsZero() {
		t.Errorf("prev of the first = %v, want none", got)
	}
	if got, want := s.Prev(at(t, "9000-01-01 00:00:00")), at(t, "2026-01-01 03:00:00"); !got.Equal(want) {
		t.Errorf("prev from far = %v, want %v", got, want)
	}
	if got := (cron.Schedule{}).Prev(at(t, "2026-01-01 03:00:00")); !got.IsZero() {
		t.Errorf("prev of the zero schedule = %v, want none", got)
	}
}

func TestNearest(t *testing.T) {
	s := mustParse(t, "0 0 3,4 * * * *")
	tests := []struct {
		at     string
		plus   time.Duration
		within time.Duration
		want   string // empty: none
	}{
		{"2026-11-22 03:00:00", 0, 0, "2026-11-22 03:00:00"},
		{"2026-11-22 03:00:00", 1, 0, ""},
		{"2026-11-22 03:02:00", 0, 2 * time.Minute, "2026-11-22 03:00:00"},
		{"2026-11-22 03:02:00", 1, 2 * time.Minute, ""},
		{"2026-11-22 02:58:00", 0, 2 * time.Minute, "2026-11-22 03:00:00"},
		{"2026-11-22 02:57:59", 0, 2 * time.Minute, ""},
		{"2026-11-22 03:30:00", 0, time.Hour, "2026-11-22 03:00:00"}, // as far from both: the earlier
		{"2026-11-22 03:30:00", 1, time.Hour, "2026-11-22 04:00:00"},
		{"2026-11-22 03:00:00", 0, -1, ""},
	}
	for _, test := range tests {
		got, ok := s.Nearest(at(t, test.at).Add(test.plus), test.within)
		if ok != (test.want != "") || ok && !got.Equal(at(t, test.want)) {
			t.Errorf("nearest to %s+%d within %v = %v, %v; want %q", test.at, test.plus, test.within, got, ok, test.want)
		}
	}
}
