package scf_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/imageferry/imageferry/internal/sandbox/scf"
)

// fast is a speed at which a sandbox minute takes a fifth of a second.
const fast = 300

func TestAsyncRetries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast)
	id, err := w.InvokeAsync("echo", []byte(`{"do":"fail","text":"not yet"}`))
	if err != nil {
		t.Fatal(err)
	}
	log := w.wait(t, 3)
	for n, i := range log {
		if i.RequestID != id || i.Retry != n || i.Status != scf.CodeUserError || i.ErrorMessage != "not yet" || i.Source != "async" || i.Dropped != (n == 2) {
			t.Errorf("try %d = %+v", n, i)
		}
		if n > 0 {
			if gap := i.Start.Sub(log[n-1].Start); gap < time.Minute {
				t.Errorf("try %d came %v after the one before, want a minute of sandbox time", n, gap)
			}
		}
	}
	if _, err := w.InvokeAsync("echo", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if last := w.wait(t, 4)[3]; last.Status != scf.CodeOK || last.RequestID == id {
		t.Errorf("after the dropped event came %+v", last)
	}
}

func TestAsyncRunsInOrderAndWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(_ *scf.Config, f *scf.Function) { f.ReservedConcurrency = 1 })
	var ids []string
	for range 5 {
		id, err := w.InvokeAsync("echo", []byte(`{"do":"sleep","n":10}`))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	var got []string
	for _, i := range w.wait(t, 5) {
		got = append(got, i.RequestID)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("order = %v, want that of arrival %v", got, ids)
	}
}

func TestTimer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, fast)
	if err := w.AddTimer("echo", scf.Timer{Name: "nightly", Cron: "0 */2 * * * * *", Message: `{"plan":"nightly"}`}); err != nil {
		t.Fatal(err)
	}
	first := w.Timers("echo")[0]
	if !first.Enabled || first.Next.Second() != 0 || first.Next.Minute()%2 != 0 || first.Next.Sub(w.clock.Now()) > 2*time.Minute {
		t.Errorf("timer = %+v", first)
	}
	log := w.wait(t, 3)
	var due time.Time
	for n, i := range log[:3] {
		var shown struct{ Event struct{ Time time.Time } }
		decodeLast(t, i, &shown)
		at := shown.Event.Time
		if at.Second() != 0 || at.Minute()%2 != 0 || n > 0 && at.Sub(due) != 2*time.Minute {
			t.Errorf("firing %d has time %v, the one before %v", n, at, due)
		}
		if due = at; i.Source != "timer:nightly" || i.Status != scf.CodeOK || i.Start.Before(due) {
			t.Errorf("firing %d, due at %v = %+v", n, due, i)
		}
	}
	if err := w.EnableTimer("echo", "nightly", false); err != nil {
		t.Fatal(err)
	}
	if s := w.Timers("echo")[0]; s.Enabled || !s.Next.IsZero() {
		t.Errorf("disabled timer = %+v", s)
	}
	if err := w.EnableTimer("echo", "nightly", true); err != nil {
		t.Fatal(err)
	}
	if s := w.Timers("echo")[0]; !s.Enabled || !s.Next.After(log[2].Start) {
		t.Errorf("timer enabled again = %+v", s)
	}
	w.wait(t, len(w.Invocations("echo"))+1)
}

func TestFireGivesTheDocumentedEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	if err := w.AddTimer("echo", scf.Timer{Name: "EveryDay", Cron: "0 0 3 1 1 ? 2099", Message: "user text"}); err != nil {
		t.Fatal(err)
	}
	if err := w.EnableTimer("echo", "EveryDay", false); err != nil {
		t.Fatal(err)
	}
	before := w.clock.Now().Truncate(time.Second)
	id, err := w.Fire("echo", "EveryDay")
	if err != nil {
		t.Fatal(err)
	}
	done := w.wait(t, 1)[0]
	if done.RequestID != id || done.Source != "timer:EveryDay" {
		t.Errorf("invocation = %+v", done)
	}
	var shown struct {
		Event struct{ Type, TriggerName, Time, Message string }
		Env   map[string]string
	}
	decodeLast(t, done, &shown)
	at, err := time.Parse("2006-01-02T15:04:05Z", shown.Event.Time)
	if err != nil || at.Before(before) || at.After(w.clock.Now()) {
		t.Errorf("Time = %q, %v", shown.Event.Time, err)
	}
	shown.Event.Time = ""
	if want := (struct{ Type, TriggerName, Time, Message string }{"Timer", "EveryDay", "", "user text"}); shown.Event != want {
		t.Errorf("event = %+v, want %+v", shown.Event, want)
	}
	if shown.Env["TRIGGER_SRC"] != "timer" {
		t.Errorf("TRIGGER_SRC = %q", shown.Env["TRIGGER_SRC"])
	}
}

func TestFireAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	if err := w.AddTimer("echo", scf.Timer{Name: "EveryDay", Cron: "0 0 3 1 1 ? 2099"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.FireAt("echo", "EveryDay", time.Date(2026, 11, 22, 3, 0, 0, 0, time.FixedZone("UTC+8", 8*3600))); err != nil {
		t.Fatal(err)
	}
	var shown struct{ Event struct{ Time string } }
	decodeLast(t, w.wait(t, 1)[0], &shown)
	if shown.Event.Time != "2026-11-21T19:00:00Z" {
		t.Errorf("Time = %q", shown.Event.Time)
	}
}

// decodeLast reads what the function wrote to its log as JSON.
func decodeLast(t *testing.T, i scf.Invocation, v any) {
	t.Helper()
	if len(i.Log) == 0 {
		t.Fatalf("no log: %+v", i)
	}
	if err := json.Unmarshal([]byte(i.Log[len(i.Log)-1]), v); err != nil {
		t.Fatalf("log %q: %v", i.Log, err)
	}
}

func TestTimerRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	never := "0 0 3 1 1 ? 2099"
	for want, timer := range map[string]scf.Timer{
		`5 fields, want 7`:           {Name: "a", Cron: "0 3 * * *"},
		`with a letter first`:        {Name: "1a", Cron: never},
		`at most 60 letters`:         {Name: strings.Repeat("a", 61), Cron: never},
		`4097 bytes, more than 4096`: {Name: "a", Cron: never, Message: strings.Repeat("x", 4097)},
	} {
		if err := w.AddTimer("echo", timer); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", timer, err, want)
		}
	}
	for n := range 10 {
		if err := w.AddTimer("echo", scf.Timer{Name: fmt.Sprintf("t%d", n), Cron: never}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.AddTimer("echo", scf.Timer{Name: "t3", Cron: never}); err == nil || !strings.Contains(err.Error(), "has one of that name") {
		t.Errorf("same name: %v", err)
	}
	if err := w.AddTimer("echo", scf.Timer{Name: "t10", Cron: never}); err == nil || !strings.Contains(err.Error(), "has 10 timers") {
		t.Errorf("eleventh timer: %v", err)
	}
	if _, err := w.Fire("echo", "nobody"); err == nil || !strings.Contains(err.Error(), `no timer "nobody"`) {
		t.Errorf("unknown timer: %v", err)
	}
}

func putEvent(key string) scf.ObjectEvent {
	return scf.ObjectEvent{
		Name: "cos:ObjectCreated:Put", Bucket: bucket, Key: key, ETag: "0123456789abcdef0123456789abcdef",
		ContentType: "application/octet-stream", RequestID: "NjI1OTNmOWNfNGIzN2YyMDk=", SourceIP: "192.0.2.1",
		Size: 557, Time: time.Date(2026, 11, 21, 23, 0, 0, 0, time.FixedZone("UTC+8", 8*3600)),
	}
}

func TestCOSEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	trigger := scf.COSTrigger{Bucket: bucket, Event: "cos:ObjectCreated:*", Prefix: "nightly/", Suffix: ".raw"}
	if err := w.AddCOSTrigger("echo", trigger); err != nil {
		t.Fatal(err)
	}
	removed := putEvent("nightly/a.raw")
	removed.Name = "cos:ObjectRemove:Delete"
	elsewhere := putEvent("nightly/a.raw")
	elsewhere.Bucket = "state-" + appID
	for _, e := range []scf.ObjectEvent{removed, elsewhere, putEvent("other/a.raw"), putEvent("nightly/a.qcow2")} {
		w.ObjectEvent(e) // none matches
	}
	w.ObjectEvent(putEvent("nightly/盘 1+!.raw"))
	done := w.wait(t, 1)
	if len(done) != 1 || done[0].Source != "cos" || done[0].Status != scf.CodeOK {
		t.Fatalf("invocations = %+v", done)
	}
	var shown struct{ Event any }
	decodeLast(t, done[0], &shown)
	golden, err := os.ReadFile("testdata/cos.put.json")
	if err != nil {
		t.Fatal(err)
	}
	var want any
	if err := json.Unmarshal(golden, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, shown.Event); diff != "" {
		t.Errorf("event differs from the golden one (-want +got):\n%s", diff)
	}
}

func TestCOSTriggerRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	other := w.echo
	other.Name = "other"
	if err := w.Deploy(other); err != nil {
		t.Fatal(err)
	}
	add := func(function, event, prefix, suffix string) error {
		return w.AddCOSTrigger(function, scf.COSTrigger{Bucket: bucket, Event: event, Prefix: prefix, Suffix: suffix})
	}
	if err := add("echo", "cos:ObjectCreated:*", "images/", ".raw"); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ event, prefix, suffix, want string }{
		{"cos:ObjectCreated:*", "", "", "overlaps with"},
		{"cos:ObjectCreated:Put", "images/a", ".raw", "overlaps with"},
		{"cos:ObjectCreated:Put", "images/", ".b.raw", "overlaps with"},
		{"cos:ObjectCreated:*", "images/", ".qcow2", ""},
		{"cos:ObjectCreated:*", "other/", ".raw", ""},
		{"cos:ObjectRemove:*", "images/", ".raw", ""},
		{"cos:ObjectRemove:Delete", "", "", "overlaps with"},
		{"cos:ObjectRemoved:*", "", "", "no event"},
		{"cos:ObjectCreated:Append", "", "", "no event"},
		{"Put", "", "", "no event"},
		{"cos:ObjectCreated:*", "x/", "raw", "a suffix must start with a dot"},
	}
	for _, test := range tests {
		err := add("other", test.event, test.prefix, test.suffix)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s %q %q: %v, want %q", test.event, test.prefix, test.suffix, err, test.want)
		}
	}
	if err := w.AddCOSTrigger("echo", scf.COSTrigger{Bucket: "images-1999999999", Event: "cos:ObjectCreated:*"}); err == nil || !strings.Contains(err.Error(), "appid") {
		t.Errorf("foreign bucket: %v", err)
	}
	for n := range 6 {
		if err := add("echo", "cos:ObjectCreated:Copy", fmt.Sprintf("p%d/", n), ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := add("echo", "cos:ObjectCreated:Copy", "p7/", ""); err == nil || !strings.Contains(err.Error(), "more than 10") {
		t.Errorf("eleventh trigger of the bucket: %v", err)
	}
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	fates := map[string][]time.Duration{
		"lost.raw":    nil,
		"normal.raw":  {0},
		"doubled.raw": {0, 5 * time.Second},
		"late.raw":    {10 * time.Second},
		"timer:tick":  {0},
	}
	w := newWorld(t, 20, func(c *scf.Config, _ *scf.Function) {
		c.Deliver = func(key string) []time.Duration { return fates[key] }
	})
	if err := w.AddCOSTrigger("echo", scf.COSTrigger{Bucket: bucket, Event: "cos:ObjectCreated:*"}); err != nil {
		t.Fatal(err)
	}
	begin := w.clock.Now()
	for _, key := range []string{"lost.raw", "late.raw", "doubled.raw", "normal.raw"} {
		w.ObjectEvent(putEvent(key))
	}
	if w.Idle() {
		t.Error("idle while an event is late")
	}
	got := map[string][]time.Duration{}
	ids := map[string]bool{}
	for _, i := range w.wait(t, 4) {
		var shown struct {
			Event struct {
				Records []struct {
					COS struct {
						Object struct{ Key string } `json:"cosObject"`
					}
				}
			}
		}
		decodeLast(t, i, &shown)
		key := strings.TrimPrefix(shown.Event.Records[0].COS.Object.Key, "/"+appID+"/images/")
		got[key] = append(got[key], i.Start.Sub(begin))
		ids[i.RequestID] = true
	}
	if len(got["lost.raw"]) != 0 || len(got["normal.raw"]) != 1 || len(got["doubled.raw"]) != 2 || len(got["late.raw"]) != 1 || len(ids) != 4 {
		t.Fatalf("deliveries = %v, %d request ids", got, len(ids))
	}
	if d := got["doubled.raw"][1]; d < 5*time.Second {
		t.Errorf("the double came after %v, want 5s or more", d)
	}
	if d := got["late.raw"][0]; d < 10*time.Second {
		t.Errorf("the late event came after %v, want 10s or more", d)
	}
	for end := time.Now().Add(10 * time.Second); !w.Idle() && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if !w.Idle() {
		t.Error("not idle after every event")
	}
}

func TestDeliverDecidesOnFiredTimers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(c *scf.Config, _ *scf.Function) {
		c.Deliver = func(string) []time.Duration { return []time.Duration{0, 0} }
	})
	if err := w.AddTimer("echo", scf.Timer{Name: "Twice", Cron: "0 0 3 1 1 ? 2099"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Fire("echo", "Twice"); err != nil {
		t.Fatal(err)
	}
	if both := w.wait(t, 2); both[0].RequestID == both[1].RequestID {
		t.Errorf("both have the request id %q", both[0].RequestID)
	}
}
