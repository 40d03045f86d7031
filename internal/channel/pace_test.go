package channel

import (
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

var calm = time.Date(2026, 11, 21, 19, 7, 0, 0, time.UTC)

// limits are what the services say that they take.
var limits = map[string][]struct {
	calls int
	span  time.Duration
}{
	plan.WeCom:    {{20, time.Minute}},
	plan.DingTalk: {{20, time.Minute}},
	plan.Feishu:   {{100, time.Minute}, {5, time.Second}},
	plan.Telegram: {{20, time.Minute}},
}

func TestPaceKeepsLimits(t *testing.T) {
	t.Parallel()
	for service, rates := range limits {
		for _, begin := range []time.Time{calm, calm.Add(22*time.Minute + 50*time.Second)} { // ten seconds before the half hour
			p := newPace(service, secret.New("https://robot"))
			var at []time.Time
			for i := range 300 {
				at = append(at, p.reserve(begin.Add(time.Duration(i)*100*time.Millisecond)))
			}
			if at[0] != begin {
				t.Errorf("%s: the first one waits until %s", service, at[0])
			}
			for _, r := range rates {
				for i := r.calls; i < len(at); i++ {
					if at[i].Sub(at[i-r.calls]) < r.span {
						t.Fatalf("%s: %d calls within %s", service, r.calls+1, at[i].Sub(at[i-r.calls]))
					}
				}
			}
		}
	}
}

func TestEveryServiceHasAPace(t *testing.T) {
	t.Parallel()
	for _, service := range plan.Services {
		p := newPace(service, secret.Text{})
		first, second := p.reserve(calm), p.reserve(calm)
		if first != calm || second != calm.Add(gaps[service]) || gaps[service] <= 0 {
			t.Errorf("%s: %s, %s", service, first, second)
		}
		if later := calm.Add(time.Hour); p.reserve(later) != later {
			t.Errorf("%s: what was not used is owed", service)
		}
	}
}

func TestFeishuKeepsOutOfTheRush(t *testing.T) {
	t.Parallel()
	hour := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	spread := map[time.Duration]bool{}
	for robot := range 100 {
		p := newPace(plan.Feishu, secret.New(string(rune('a'+robot))))
		at := p.reserve(hour.Add(time.Duration(robot) * 100 * time.Millisecond))
		if wait := at.Sub(hour); wait < time.Minute || wait >= 4*time.Minute {
			t.Errorf("robot %d: %s after the hour", robot, wait)
		} else {
			spread[wait.Truncate(30*time.Second)] = true
		}
	}
	if len(spread) != 6 {
		t.Errorf("spread over %v", spread)
	}
	for minute, want := range map[int]bool{0: true, 1: false, 15: false, 29: false, 30: true, 31: false, 59: false} {
		at := hour.Add(time.Duration(minute) * time.Minute)
		if waits := newPace(plan.Feishu, secret.New("x")).reserve(at) != at; waits != want {
			t.Errorf("minute %d: waits %t", minute, waits)
		}
		if newPace(plan.WeCom, secret.New("x")).reserve(at) != at {
			t.Errorf("minute %d: WeCom waits", minute)
		}
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	p := newPace(plan.DingTalk, secret.Text{})
	p.close(calm.Add(10 * time.Minute))
	p.close(calm.Add(time.Minute)) // does not open it
	if at := p.reserve(calm); at != calm.Add(10*time.Minute) {
		t.Errorf("open at %s", at)
	}
}
