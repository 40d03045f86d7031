package inbox

import (
	"testing"
	"time"
)

func TestCallsLeaveTheSpan(t *testing.T) {
	begin := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	type call struct {
		second float64
		want   bool
	}
	for name, tt := range map[string]struct {
		rates []rate
		calls []call
	}{
		"sliding": {
			[]rate{{calls: 2, span: time.Minute}},
			[]call{{0, true}, {30, true}, {59.9, false}, {60, true}, {61, false}, {90, true}},
		},
		"pause": {
			[]rate{{calls: 1, span: time.Minute, pause: 10 * time.Minute}},
			[]call{{0, true}, {59, false}, {61, false}, {658, false}, {659, true}},
		},
		"two spans": {
			[]rate{{calls: 3, span: time.Minute}, {calls: 2, span: time.Second}},
			[]call{{0, true}, {0, true}, {0.5, false}, {1, true}, {2, false}, {60, true}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var l limits
			for _, c := range tt.calls {
				if got := l.admit("robot", at(c.second), tt.rates) == 0; got != c.want {
					t.Errorf("second %v: %t, want %t", c.second, got, c.want)
				}
			}
		})
	}
}

func TestHundredAMinute(t *testing.T) {
	var l limits
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	for i := range 250 { // 0.3 s apart: 100 calls take half a minute, the other half nothing goes
		got, want := l.admit("h", now.Add(time.Duration(i)*300*time.Millisecond), feishuRate) == 0, i%200 < 100
		if got != want {
			t.Fatalf("call %d: %t, want %t", i+1, got, want)
		}
	}
}
