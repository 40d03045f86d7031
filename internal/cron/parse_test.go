package cron_test

import (
	"errors"
	"testing"

	"github.com/imageferry/imageferry/internal/cron"
)

func TestParseErrors(t *testing.T) {
	tests := []struct{ expr, want string }{
		{"0 0 3 * *", `"0 0 3 * *": 5 fields, want 7 (second minute hour day month weekday year) (crontab's five become "0 0 0 3 * * *")`},
		{"0 0 3 * * *", `"0 0 3 * * *": 6 fields, want 7 (second minute hour day month weekday year) (the second comes first and the year last, both required)`},
		{"", `"": 0 fields, want 7 (second minute hour day month weekday year)`},
		{"@daily", `"@daily": 1 fields, want 7 (second minute hour day month weekday year) (names are not known here; midnight is "0 0 0 * * * *")`},
		{"0 60 * * * * *", `"0 60 * * * * *": column 3: minute "60" is not a number from 0 to 59`},
		{"0  1,2,61 * * * * *", `"0  1,2,61 * * * * *": column 8: minute "61" is not a number from 0 to 59`},
		{"0 0 24 * * * *", `"0 0 24 * * * *": column 5: hour "24" is not a number from 0 to 23`},
		{"0 0 0 0 * * *", `"0 0 0 0 * * *": column 7: day "0" is not a number from 1 to 31 (days count from 1; the last is L)`},
		{"0 0 0 1-32 * * *", `"0 0 0 1-32 * * *": column 9: day "32" is not a number from 1 to 31`},
		{"0 0 0 32W * * *", `"0 0 0 32W * * *": column 7: day "32W" is not a number from 1 to 31 before W (15W is the working day nearest to the 15th, LW the last of the month)`},
		{"0 0 0 * Jan * *", `"0 0 0 * Jan * *": column 9: month "Jan" is not a number from 1 to 12 or JAN to DEC (write JAN)`},
		{"0 0 0 ? * 7 *", `"0 0 0 ? * 7 *": column 11: weekday "7" is not a number from 0 to 6 or SUN to SAT (Sunday is 0 or SUN)`},
		{"0 0 0 ? * Monday *", `"0 0 0 ? * Monday *": column 11: weekday "Monday" is not a number from 0 to 6 or SUN to SAT (write MON)`},
		{"0 0 0 ? * SAT-SUN *", `"0 0 0 ? * SAT-SUN *": column 11: weekday range "SAT-SUN" runs backwards (write it as two, separated by a comma)`},
		{"0 0 0 ? * L *", `"0 0 0 ? * L *": column 11: weekday "L" is not a number from 0 to 6 before L (5L is the last Friday of the month)`},
		{"0 0 0 ? * 5#6 *", `"0 0 0 ? * 5#6 *": column 11: weekday "5#6" is not a number from 0 to 6, #, and a number from 1 to 5 (5#3 is the third Friday of the month)`},
		{"0 0 0 ? * ? *", `"0 0 0 ? * ? *": column 11: day and weekday are both ? (write * in one of them for "every day")`},
		{"? * * * * * *", `"? * * * * * *": column 1: second "?" is not a number from 0 to 59 (? stands alone, in day or weekday)`},
		{"0 0 0 1,* * * *", `"0 0 0 1,* * * *": column 9: day "*" is not a number from 1 to 31 (* stands alone)`},
		{"0 */100 * * * * *", `"0 */100 * * * * *": column 5: minute step "100" is not a number from 1 to 59`},
		{"0 1-5/0 * * * * *", `"0 1-5/0 * * * * *": column 7: minute step "0" is not a number from 1 to 59`},
		{"0 , * * * * *", `"0 , * * * * *": column 3: minute "" is not a number from 0 to 59`},
		{"0 +1 * * * * *", `"0 +1 * * * * *": column 3: minute "+1" is not a number from 0 to 59`},
		{"0 0 0 1 1 ? 2100", `"0 0 0 1 1 ? 2100": column 13: year "2100" is not a number from 1970 to 2099`},
		{"0 0 0 L-3 * ? *", `"0 0 0 L-3 * ? *": column 7: day "L" is not a number from 1 to 31`},
		{"0\t0 0 1 1 ? *", `"0\t0 0 1 1 ? *": 6 fields, want 7 (second minute hour day month weekday year) (the second comes first and the year last, both required)`},
	}
	for _, test := range tests {
		_, err := cron.Parse(test.expr)
		if e := (*cron.Error)(nil); !errors.As(err, &e) {
			t.Errorf("%q: error is %T, want *cron.Error", test.expr, err)
			continue
		}
		if err.Error() != test.want {
			t.Errorf("error\n got %s\nwant %s", err, test.want)
		}
	}
}

func TestString(t *testing.T) {
	if got, want := mustParse(t, "  0 0  3 * * MON *").String(), "0 0 3 * * MON *"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, expr := range []string{"0 0 3 * * * *", "*/5 1/10 9-17 1,L,15W,LW JAN-MAR ? 2026", "0 0 0 ? * MON,5L,5#3 *", "0 0 0 30 2 ? *", "1-2-3 */0 , # W L ?"} {
		f.Add(expr)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		s, err := cron.Parse(expr)
		if err != nil {
			if e := (*cron.Error)(nil); !errors.As(err, &e) || e.Column > len([]rune(expr))+1 {
				t.Fatalf("%q: bad error %#v", expr, err)
			}
			return
		}
		again, err := cron.Parse(s.String())
		if err != nil || again != s {
			t.Fatalf("%q: String %q does not read back: %v", expr, s, err)
		}
		now := at(t, "2026-11-22 03:00:00")
		if next := s.Next(now); !next.IsZero() && !next.After(now) {
			t.Fatalf("%q: next of %v is %v", expr, now, next)
		}
	})
}
