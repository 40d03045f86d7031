package fault_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/sandbox/fault"
)

func TestRuleJSON(t *testing.T) {
	text := `{"id":"a","host":"*.myqcloud.com","action":"PUT","key":"v1/*","kind":"latency","probability":0.5,"seed":7,"count":3,"delay":"1.5s"}`
	want := fault.Rule{ID: "a", Host: "*.myqcloud.com", Action: "PUT", Key: "v1/*", Kind: fault.Latency, Probability: 0.5, Seed: 7, Count: 3, Delay: 1500 * time.Millisecond}
	var got fault.Rule
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	back, err := json.Marshal(got)
	if err != nil || string(back) != text {
		t.Errorf("%s, %v", back, err)
	}
	status, err := json.Marshal(fault.Status{Rule: fault.Rule{Kind: fault.Reset}, Matched: 2, Hits: 1})
	if want := `{"rule":{"kind":"reset"},"matched":2,"hits":1}`; string(status) != want || err != nil {
		t.Errorf("%s, %v", status, err)
	}
}

func TestSenselessRulesAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{"kind":"gremlin"}`:                           `kind "gremlin": want one of latency, lost-answer, reset, error-500, error-503, lost-500, throttle, answer, crash-before, crash-after, event-lost, event-doubled, event-late`,
		`{}`:                                           `kind "": want one of`,
		`{"kind":"reset","hots":"x"}`:                  `unknown field "hots"`,
		`{"kind":"reset","probability":1.5}`:           `probability 1.5: want 0 to 1`,
		`{"kind":"reset","count":-1}`:                  `count -1: want 0 or more`,
		`{"kind":"reset","delay":"-1s"}`:               `delay "-1s": want 0 or more`,
		`{"kind":"reset","delay":"soon"}`:              `delay "soon": want a duration such as 1.5s`,
		`{"kind":"reset","delay":5}`:                   `delay`,
		`{"kind":"latency"}`:                           `kind "latency" needs a delay`,
		`{"kind":"event-late"}`:                        `kind "event-late" needs a delay`,
		`{"kind":"event-lost","action":"timer"}`:       `takes a key, but no host or action`,
		`{"kind":"event-lost","host":"*"}`:             `takes a key, but no host or action`,
		`{"kind":"reset","status":500}`:                `takes no status or body`,
		`{"kind":"answer","status":99}`:                `status 99: want 200 to 599`,
		`{"kind":"answer","status":410,"body":"x"}`:    "",
		`{"kind":"event-doubled","key":"*","count":1}`: "",
	} {
		var r fault.Rule
		err := json.Unmarshal([]byte(text), &r)
		if want == "" && err == nil {
			continue
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := fault.New(1).Add(fault.Rule{Kind: fault.Reset, Probability: math.NaN()}); err == nil {
		t.Error("Add takes what JSON cannot say")
	}
}

func TestSetKeepsOrderAndIDs(t *testing.T) {
	s := fault.New(1)
	for _, r := range []fault.Rule{{ID: "fault-1", Kind: fault.Reset}, {Kind: fault.Reset}, {ID: "mine", Kind: fault.Reset}} {
		if _, err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Add(fault.Rule{ID: "mine", Kind: fault.Reset}); err == nil {
		t.Error("an ID was given twice")
	}
	if !s.Remove("fault-1") || s.Remove("fault-1") {
		t.Error("Remove does not say whether there was a rule")
	}
	var ids []string
	for _, r := range s.Rules() {
		ids = append(ids, r.Rule.ID)
	}
	if diff := cmp.Diff([]string{"fault-2", "mine"}, ids); diff != "" {
		t.Error(diff)
	}
	if s.Clear(); len(s.Rules()) != 0 {
		t.Error("rules after Clear")
	}
}

func TestDeliver(t *testing.T) {
	s := fault.New(1)
	for _, r := range []fault.Rule{
		{Kind: fault.EventLost, Key: "timer:export/nightly", Count: 1},
		{Kind: fault.EventDoubled, Key: "timer:*", Delay: time.Minute, Count: 1},
		{Kind: fault.EventLate, Key: "cos:*_xvda.raw", Delay: time.Hour},
		{Kind: fault.Reset}, // about requests, not events
	} {
		if _, err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		key  string
		want []time.Duration
	}{
		{"timer:export/nightly", nil},
		{"timer:export/nightly", []time.Duration{0, time.Minute}},
		{"timer:export/nightly", []time.Duration{0}},
		{"cos:images-1250000000/a/b_xvda.raw", []time.Duration{time.Hour}},
		{"cos:images-1250000000/a/b_xvdb.raw", []time.Duration{0}},
	} {
		if diff := cmp.Diff(tt.want, s.Deliver(tt.key)); diff != "" {
			t.Errorf("%s: %s", tt.key, diff)
		}
	}
}

func TestProbabilityIsSeeded(t *testing.T) {
	ofRule := func(seed, own uint64, alsoAsk bool) (lost []bool) {
		s := fault.New(seed)
		s.Add(fault.Rule{ID: "a", Kind: fault.EventLost, Key: "a", Probability: 0.3, Seed: own})
		s.Add(fault.Rule{ID: "b", Kind: fault.EventLost, Key: "b", Probability: 0.5})
		for range 1000 {
			if alsoAsk {
				s.Deliver("b")
			}
			lost = append(lost, s.Deliver("a") == nil)
		}
		if n := s.Rules()[0].Hits; n < 240 || n > 360 {
			t.Errorf("seed %d: %d of 1000 lost, want about 300", seed, n)
		}
		return lost
	}
	fates := func(seed uint64, alsoAsk bool) []bool { return ofRule(seed, 0, alsoAsk) }
	first := fates(1, false)
	if !cmp.Equal(first, fates(1, true)) {
		t.Error("another rule's traffic changes this one's choices")
	}
	if cmp.Equal(first, fates(2, false)) {
		t.Error("another seed makes the same choices")
	}
	if own := ofRule(1, 7, false); !cmp.Equal(own, ofRule(2, 7, true)) || cmp.Equal(own, first) {
		t.Error("a rule's own seed does not decide alone")
	}
}
