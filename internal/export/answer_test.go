package export

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

var now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func claimed() Situation {
	r := ledger.Request{ID: "x", Prefix: "x", Format: image.RAW, Image: image.Image{ID: "img-1", Disks: []image.Disk{{Snapshot: "snap-1", System: true}}}, Slot: now, Deadline: now.Add(24 * time.Hour)}
	return Situation{Now: now, Channels: []plan.Channel{{Name: "webhook"}}, Entry: ledger.Entry{Seq: 3, State: ledger.Intent, Attempt: 2, Refused: 3, Request: r, Until: now.Add(time.Hour)}}
}

func TestStarted(t *testing.T) {
	t.Parallel()
	kind := func(k outcome.Kind) error {
		return &outcome.Error{Kind: k, Code: "C", Message: "m", Hint: "h", RequestID: "r"}
	}
	for _, test := range []struct {
		name    string
		err     error
		known   bool
		state   ledger.State
		attempt int
	}{
		{"accepted", nil, true, ledger.Accepted, 2},
		{"no room", kind(outcome.Full), true, ledger.Retry, 1},
		{"busy", kind(outcome.Later), true, ledger.Retry, 1},
		{"image", kind(outcome.Image), true, ledger.Failed, 2},
		{"config", kind(outcome.Config), true, ledger.Failed, 2},
		{"bug", kind(outcome.Bug), true, ledger.Failed, 2},
		{"unknown", kind(outcome.Unknown), false, "", 0},
		{"unclassified", errors.New("x"), false, "", 0},
		{"cancelled", context.Canceled, false, "", 0},
	} {
		step, known := started(claimed(), Task{ID: 7, Paths: []string{"/a_b.raw", "c.raw"}}, test.err)
		if known != test.known {
			t.Errorf("%s: known %t", test.name, known)
		}
		if !known {
			continue
		}
		e := step.Append
		if e.State != test.state || e.Attempt != test.attempt || e.Seq != 4 {
			t.Errorf("%s: %s, attempt %d, entry %d", test.name, e.State, e.Attempt, e.Seq)
		}
		if test.err != nil && (e.Reason != "C" || e.Detail != "m" || e.Hint != "h" || e.RequestID != "r") {
			t.Errorf("%s: %s, %s, %s, %s", test.name, e.Reason, e.Detail, e.Hint, e.RequestID)
		}
		switch e.State {
		case ledger.Accepted:
			if e.TaskID != 7 || !slices.Equal(e.Expected, []string{"a_b.raw", "c.raw"}) || !e.Started.Equal(now) {
				t.Errorf("%+v", e)
			}
		case ledger.Retry:
			if e.Refused != 4 || !e.NotBefore.Equal(now.Add(40*time.Minute)) || step.Effect {
				t.Errorf("refused %d times, not before %s", e.Refused, e.NotBefore)
			}
		case ledger.Failed:
			if !step.Effect || e.Deliveries["webhook"].ID != "x.failed" {
				t.Errorf("%+v", e.Deliveries)
			}
		}
	}
	step, _ := started(claimed(), Task{ID: 7}, nil)
	if want := []string{"x_img-1_system_snap-1.raw"}; !slices.Equal(step.Append.Expected, want) {
		t.Errorf("without CosPaths: %q; want %q", step.Append.Expected, want)
	}
}

func TestDelivered(t *testing.T) {
	t.Parallel()
	unknown, later, refused := &outcome.Error{}, &outcome.Error{Kind: outcome.Later}, &outcome.Error{Kind: outcome.Config}
	for _, test := range []struct {
		name    string
		attempt int
		answer  error
		tried   bool
		state   ledger.DeliveryState
		after   time.Duration // until it is tried again
		then    int           // attempts on record
	}{
		{"taken", 1, nil, true, ledger.Sent, 0, 1},
		{"unknown", 1, unknown, true, ledger.SendLater, time.Minute, 1},
		{"later", 2, later, true, ledger.SendLater, 10 * time.Minute, 2},
		{"later and later", 4, later, true, ledger.SendLater, 1000 * time.Minute, 4},
		{"given up", 5, later, true, ledger.Undelivered, 0, 5},
		{"taken at last", 5, nil, true, ledger.Sent, 0, 5},
		{"refused", 1, refused, true, ledger.Undelivered, 0, 1},
		{"no time for it", 1, nil, false, ledger.SendLater, 0, 0},
	} {
		s := Situation{Now: now, Entry: ledger.Entry{Seq: 3, State: ledger.Complete, Deliveries: map[string]ledger.Delivery{
			"mail": {State: ledger.Sent, Attempt: 1}, "webhook": {State: ledger.Sending, Attempt: test.attempt},
		}}}
		answers := map[string]error{}
		if test.tried {
			answers["webhook"] = test.answer
		}
		e := delivered(s, answers).Append
		d := e.Deliveries["webhook"]
		var after time.Duration
		if !d.NotBefore.IsZero() {
			after = d.NotBefore.Sub(now)
		}
		if d.State != test.state || after != test.after || d.Attempt != test.then || e.Deliveries["mail"].State != ledger.Sent {
			t.Errorf("%s: %s after %s, attempt %d", test.name, d.State, after, d.Attempt)
		}
		if closed := e.State == ledger.Closed; closed != (test.state != ledger.SendLater) {
			t.Errorf("%s: %s", test.name, e.State)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for try, want := range []time.Duration{1, 1, 2, 4, 8, 10, 10} {
		if got := backoff(time.Minute, 2, try, 10*time.Minute); got != want*time.Minute {
			t.Errorf("after try %d: %s, want %d minutes", try, got, want)
		}
	}
	if got := backoff(time.Minute, 6, 1<<40, time.Hour); got != time.Hour {
		t.Error(got)
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithDeadline(t.Context(), now.Add(time.Minute))
	defer cancel()
	w := windowOf(ctx, now)
	if !w.open(now) || !w.open(now.Add(55*time.Second-1)) || w.open(now.Add(55*time.Second)) {
		t.Errorf("acts before %s", w.last)
	}
	if want := now.Add(time.Minute + time.Second + LongestRequest + skew); !w.until.Equal(want) {
		t.Errorf("claims until %s, want %s", w.until, want)
	}
	if windowOf(t.Context(), now).open(now) {
		t.Error("an invocation without a deadline may act")
	}
}
