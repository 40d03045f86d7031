package channel

import (
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/plan"
)

var calm = time.Date(2026, 11, 21, 19, 7, 0, 0, time.UTC)

// limits are what the services say that they take.
var limits = map[string][]quota{
	plan.WeCom:    {{20, time.Minute}},
	plan.DingTalk: {{20, time.Minute}},
	plan.Feishu:   {{100, time.Minute}, {5, time.Second}},
	plan.Telegram: {{20, time.Minute}},
}

// Whoever asks again as told gets through, and the service's limits hold at all times.
func TestPaceKeepsLimits(t *testing.T) {
	t.Parallel()
	for service, rates := range limits {
		for _, begin := range []time.Time{calm, calm.Add(22*time.Minute + 50*time.Second)} { // ten seconds before the half hour
			p, now := newPace(service), begin
			var sent []time.Time
			for len(sent) < 300 {
				at := p.reserve(now)
				if !at.After(now) {
					sent = append(sent, now)
					continue
				}
				now = at
			}
			if sent[0] != begin || sent[299].Sub(begin) > 20*time.Minute {
				t.Errorf("%s: from %s to %s", service, sent[0], sent[299])
			}
			for _, r := range rates {
				for i := r.calls; i < len(sent); i++ {
					if sent[i].Sub(sent[i-r.calls]) < r.span {
						t.Fatalf("%s: %d calls within %s", service, r.calls+1, sent[i].Sub(sent[i-r.calls]))
					}
				}
			}
		}
	}
}

// Sixty failures of one night need four minutes, not five hours: who is put off
// takes nobody's place.
func TestPaceOfACrowd(t *testing.T) {
	t.Parallel()
	p, waiting, now := newPace(plan.WeCom), 60, calm
	for ; waiting > 0; now = now.Add(time.Minute) {
		for range waiting {
			if !p.reserve(now).After(now) {
				waiting--
			}
		}
	}
	if took := now.Sub(calm); took != 4*time.Minute {
		t.Errorf("took %s", took)
	}
}

func TestEveryServiceHasAPace(t *testing.T) {
	t.Parallel()
	for _, service := range plan.Services {
		p, n := newPace(service), 0
		for !p.reserve(calm).After(calm) {
			if n++; n > 2000 {
				t.Fatalf("%s has no pace", service)
			}
		}
		if gaps[service] <= 0 {
			t.Errorf("%s: no gap", service)
		}
		if later := calm.Add(time.Hour); n == 0 || p.reserve(later) != later {
			t.Errorf("%s: takes %d messages, and none an hour later", service, n)
		}
	}
}

func TestFeishuKeepsOutOfTheRush(t *testing.T) {
	t.Parallel()
	hour := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	for begun, want := range map[time.Duration]time.Duration{
		0: time.Minute, 59 * time.Second: time.Minute, time.Minute: time.Minute, 30 * time.Minute: 31 * time.Minute, 20 * time.Minute: 20 * time.Minute,
	} {
		if at := newPace(plan.Feishu).reserve(hour.Add(begun)); at != hour.Add(want) {
			t.Errorf("%s past the hour: %s", begun, at)
		}
		if at := newPace(plan.WeCom).reserve(hour.Add(begun)); at != hour.Add(begun) {
			t.Errorf("WeCom waits until %s", at)
		}
	}
}

// A service that says when to come back is taken at its word.
func TestPaceCloses(t *testing.T) {
	t.Parallel()
	p := newPace(plan.DingTalk)
	p.close(calm.Add(10 * time.Minute))
	p.close(calm.Add(time.Minute))
	for _, now := range []time.Time{calm, calm.Add(10 * time.Minute)} {
		if at := p.reserve(now); at != calm.Add(10*time.Minute) {
			t.Error(at)
		}
	}
}
