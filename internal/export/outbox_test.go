package export_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

// tells is a world in which an export ends and these channels are told of it.
func tells(t *testing.T, channels ...string) *world {
	w := newWorld(t)
	w.channels = channels
	_, _ = w.start(web)
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	return w
}

// sends returns how often a channel was tried.
func (w *world) sends(channel string) (n int) {
	for _, c := range w.calls {
		if c == "notice "+channel {
			n++
		}
	}
	return n
}

func refusal(kind outcome.Kind, code string) error {
	return &outcome.Error{Kind: kind, Op: "test", Code: code, Message: "no"}
}

// One channel's trouble is not another's.
func TestChannelsAreApart(t *testing.T) {
	t.Parallel()
	w := tells(t, "bad", "good")
	w.says = map[string]error{"bad": refusal(outcome.Later, "429")}
	_ = w.land(systemDisk)
	e := w.entry(exportID(web))
	if e.Deliveries["good"].State != ledger.Sent || e.Deliveries["bad"].State != ledger.SendLater || e.Deliveries["manifest"].State != ledger.Sent {
		t.Fatalf("%+v", e.Deliveries)
	}
	w.sweepFor(48 * time.Hour)
	e = w.entry(exportID(web))
	if e.State != ledger.Closed || e.Deliveries["bad"].State != ledger.Undelivered || w.sends("bad") != 5 || w.sends("good") != 1 || len(w.manifests) != 1 {
		t.Errorf("%s, %+v, %d and %d tries", e.State, e.Deliveries, w.sends("bad"), w.sends("good"))
	}
	if d := e.Deliveries["bad"].Detail; !strings.Contains(d, "tried 5 times") {
		t.Error(d)
	}
}

// What a channel cannot deliver goes to its fall-back, once, under the same id; one
// that hears of it anyway hears once.
func TestFallback(t *testing.T) {
	t.Parallel()
	w := tells(t, "chat")
	w.silentChannels = []string{"mail"} // hears of nothing by itself
	w.fallback = map[string]string{"chat": "mail"}
	w.says = map[string]error{"chat": refusal(outcome.Config, "93000")}
	_ = w.land(systemDisk)
	e := w.entry(exportID(web))
	if d := e.Deliveries["mail"]; e.State != ledger.Closed || d.State != ledger.Sent || d.For != "chat" || d.ID != e.Deliveries["chat"].ID || w.sends("chat") != 1 {
		t.Errorf("%s, %+v", e.State, e.Deliveries)
	}

	w = tells(t, "chat", "mail")
	w.fallback = map[string]string{"chat": "mail", "mail": "chat"}
	w.says = map[string]error{"chat": refusal(outcome.Config, "93000")}
	_ = w.land(systemDisk)
	if w.sends("mail") != 1 || w.sends("chat") != 1 {
		t.Errorf("%d and %d tries", w.sends("mail"), w.sends("chat"))
	}
}

// A fall-back that fails too has a fall-back of its own, and a circle ends.
func TestFallbackOfFallback(t *testing.T) {
	t.Parallel()
	w := tells(t, "a")
	w.silentChannels = []string{"b", "c"}
	w.fallback = map[string]string{"a": "b", "b": "c", "c": "a"}
	no := refusal(outcome.Config, "no")
	w.says = map[string]error{"a": no, "b": no, "c": no}
	_ = w.land(systemDisk)
	w.sweepFor(48 * time.Hour)
	e := w.entry(exportID(web))
	if e.State != ledger.Closed || e.Deliveries["c"].State != ledger.Undelivered || e.Deliveries["c"].For != "b" || w.sends("a")+w.sends("b")+w.sends("c") != 3 {
		t.Errorf("%s, %+v", e.State, e.Deliveries)
	}
}

// A receiver that answered 410 is not asked again, by this instance or by another;
// at a new address it is.
func TestGone(t *testing.T) {
	t.Parallel()
	w := tells(t, "hook")
	w.says = map[string]error{"hook": refusal(outcome.Gone, "410")}
	_ = w.land(systemDisk)
	if keys := w.keys("v1/channels/"); len(keys) != 1 || keys[0] != "v1/channels/hook." {
		t.Fatalf("%q", keys)
	}
	again := func(day int) ledger.Entry {
		w.now = slot.AddDate(0, 0, day)
		at := w.now
		p := order(web).Plan
		p.Unchanged = plan.Export
		_, _ = w.fire(p, at)
		w.sweepFor(time.Hour)
		return w.notices[len(w.notices)-1]
	}
	again(1)
	if w.sends("hook") != 1 {
		t.Errorf("sent %d times", w.sends("hook"))
	}
	w.says, w.addresses = nil, map[string]string{"hook": "new"}
	if again(2); w.sends("hook") != 2 {
		t.Errorf("sent %d times; want the second at the new address", w.sends("hook"))
	}
}

// A busy channel is not tried, and a try that was not made does not count.
func TestBusyChannel(t *testing.T) {
	t.Parallel()
	w := tells(t, "chat")
	free := w.now.Add(40 * time.Minute)
	w.room = map[string]time.Time{"chat": free}
	_ = w.land(systemDisk)
	d := w.entry(exportID(web)).Deliveries["chat"]
	if d.State != ledger.SendLater || d.Attempt != 0 || !d.NotBefore.Equal(free) || w.sends("chat") != 0 {
		t.Fatalf("%+v, %d sends", d, w.sends("chat"))
	}
	w.room = nil
	_ = w.sweep()
	if w.sends("chat") != 0 {
		t.Error("sent before there was room")
	}
	w.now = free
	_ = w.sweep()
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

// The service says when to come back, and is taken at its word.
func TestComeBackLater(t *testing.T) {
	t.Parallel()
	w := tells(t, "chat")
	w.says = map[string]error{"chat": &outcome.Error{Kind: outcome.Later, Op: "test", Code: "429", After: 3 * time.Hour}}
	_ = w.land(systemDisk)
	if d := w.entry(exportID(web)).Deliveries["chat"]; d.NotBefore.Before(w.now.Add(2*time.Hour + 50*time.Minute)) {
		t.Errorf("%+v", d)
	}
}

// What a plan says of a channel counts before what the channel says of itself.
func TestWhoHears(t *testing.T) {
	t.Parallel()
	channel := func(hears, plans []string) plan.Channel { return plan.Channel{Name: "c", Hears: hears, Plans: plans} }
	for _, test := range []struct {
		plans map[string][]string
		c     plan.Channel
		plan  string
		kind  string
		want  bool
	}{
		{nil, channel(nil, nil), "", "completed", true},
		{nil, channel(nil, nil), "", "skipped", false},
		{nil, channel([]string{"error"}, nil), "nightly", "failed", true},
		{nil, channel([]string{"error"}, nil), "nightly", "completed", false},
		{nil, channel([]string{"completed"}, nil), "nightly", "recovered", true},
		{nil, channel([]string{"recovered"}, nil), "nightly", "completed", false},
		{nil, channel(nil, []string{"week*"}), "nightly", "failed", false},
		{nil, channel(nil, []string{"*"}), "", "failed", false},
		{map[string][]string{"c": {"completed"}}, channel([]string{"error"}, []string{"week*"}), "nightly", "completed", true},
		{map[string][]string{"c": {"completed"}}, channel(nil, nil), "nightly", "failed", false},
		{map[string][]string{"d": {"completed"}}, channel(nil, nil), "nightly", "failed", true},
	} {
		r := ledger.Request{Origin: ledger.Noticed, Plan: test.plan, Hears: test.plans, News: &ledger.Told{Kind: test.kind}}
		step := export.Decide(export.Situation{Now: slot, Entry: ledger.Entry{Request: r}, Channels: []plan.Channel{test.c}})
		if _, got := step.Append.Deliveries["c"]; got != test.want {
			t.Errorf("%+v: %t", test, got)
		}
	}
}

// One message a night for who wants just that, when the last export is over.
func TestDigest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage(pair, 1)
	w.list = []plan.Channel{{Name: "chat", Hears: []string{"digest"}}}
	p := order(web, pair, "img-gone").Plan
	p.Schedule = "0 0 11 * * * *"
	w.plans = plan.Set{p.Name: p}
	_, _ = w.fire(p, slot)
	_ = w.sweep()
	if len(w.told(ledger.KindDigest)) != 0 {
		t.Fatal("told before the exports are over")
	}
	for range 4 {
		w.now = w.now.Add(20 * time.Minute)
		_ = w.sweep()
	}
	told := w.told(ledger.KindDigest)
	if len(told) != 1 || len(w.notices) != 1 {
		t.Fatalf("told %d times, %d notices", len(told), len(w.notices))
	}
	n := told[0].Request.News
	if len(n.Exports) != 3 || n.Exports[0].Verdict != ledger.Failed || n.Exports[1].Bytes != 1<<30 || n.Detail != "2 complete, 1 failed or partial, 0 left out as unchanged or under way" || !n.Slots[0].Equal(slot) {
		t.Errorf("%+v", n)
	}
	if len(w.keys("v1/slots/nightly/20261122t030000z.digest")) != 1 || len(w.open()) != 0 {
		t.Errorf("open %q, slots %q", w.open(), w.keys("v1/slots/"))
	}
}

// A slot that is late is told of when it is over, though others were told of before.
// Slots from before anybody asked are not told of.
func TestDigestOfALateSlot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list = []plan.Channel{{Name: "chat", Hears: []string{"digest"}}}
	p := order(web).Plan
	p.Schedule, p.Unchanged, p.Deadline = "0 0 11 * * * *", plan.Export, 72*time.Hour
	old := p
	_, _ = w.fire(old, slot) // before anybody asked
	w.sweepFor(time.Hour)
	w.plans = plan.Set{p.Name: p}
	for day := 1; day <= 4; day++ {
		w.now = slot.AddDate(0, 0, day)
		if w.takes = 20 * time.Minute; day == 2 {
			w.takes = 0 // never
		}
		_, _ = w.fire(p, w.now)
		w.takes = 20 * time.Minute
		for range 4 {
			w.now = w.now.Add(time.Hour)
			_ = w.sweep()
		}
	}
	w.now = slot.AddDate(0, 0, 9)
	for range 3 {
		_ = w.sweep()
	}
	var days []int
	for _, n := range w.told(ledger.KindDigest) {
		days = append(days, int(n.Request.News.Slots[0].Sub(slot).Hours()/24))
	}
	slices.Sort(days)
	if !slices.Equal(days, []int{1, 2, 3, 4}) {
		t.Errorf("told of days %v", days)
	}
}

// However long a channel has no room, the log gets no longer.
func TestCrowdedChannel(t *testing.T) {
	t.Parallel()
	w := tells(t, "chat")
	for range 60 {
		w.room = map[string]time.Time{"chat": w.now.Add(time.Hour)}
		_ = w.land(systemDisk)
		_ = w.sweep()
		w.now = w.now.Add(5 * time.Minute)
	}
	if e := w.entry(exportID(web)); e.Seq > 4 || w.sends("chat") != 0 {
		t.Errorf("%d entries, %d sends", e.Seq, w.sends("chat"))
	}
	w.room = nil
	_ = w.sweep()
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}
