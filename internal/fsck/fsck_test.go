package fsck_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

const prefix = "imageferry/"

var (
	slot   = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	now    = slot.Add(12 * time.Hour)
	bucket = image.Bucket{Name: "images", AppID: "1250000000"}
)

// world is a ledger, written by the ledger's own hand.
type world struct {
	t      *testing.T
	memory *ledger.Memory
	ledger *ledger.Ledger
}

func newWorld(t *testing.T) *world {
	memory := ledger.NewMemory()
	return &world{t, memory, ledger.New(memory, prefix)}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// scheduled asks for an image in the slot.
func scheduled(id image.ID) ledger.Request {
	export := image.ScheduledID("nightly", slot, id)
	return ledger.Request{
		ID: export, Origin: ledger.Scheduled, Plan: "nightly", Slot: slot, Bucket: bucket, Prefix: string(export), Format: image.RAW,
		Image:    image.Image{ID: id, Disks: []image.Disk{{Snapshot: "snap-a", System: true, GiB: 50}}, Tags: map[string]string{"a": "b"}},
		Deadline: slot.Add(24 * time.Hour),
	}
}

// step is an entry, as far as it differs from the one before.
type step func(e *ledger.Entry)

// to goes to a state, a minute later.
func to(s ledger.State, more ...step) step {
	return func(e *ledger.Entry) {
		was := e.State
		*e = e.Next(s, e.At.Add(time.Minute))
		switch s {
		case ledger.Imaging:
			e.Making++
			e.Until = e.At.Add(time.Minute)
		case ledger.Intent:
			e.Attempt++
			e.Until = e.At.Add(time.Minute)
		case ledger.Retry:
			if e.Refused++; was == ledger.Imaging {
				e.Making--
			} else {
				e.Attempt--
			}
		case ledger.Accepted:
			e.TaskID, e.Started, e.Expected = 4711, e.At, e.Request.Files()
		case ledger.Pruning:
			e.Until = e.At.Add(time.Minute)
		}
		for _, m := range more {
			m(e)
		}
	}
}

// ends reaches a verdict, and claims to tell of it.
func ends(s ledger.State, landed int) step {
	return to(s, func(e *ledger.Entry) {
		e.Verdict, e.Ended, e.Until = s, e.At, e.At.Add(time.Minute)
		e.Expected = e.Request.Files()
		for _, key := range e.Expected[:landed] {
			e.Landed = append(e.Landed, ledger.File{Key: key, Size: 1, Time: e.At, Check: &diskimage.Report{Verdict: diskimage.Verified}})
		}
		e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: e.NoticeID(), State: ledger.Sending, Attempt: 1}}
	})
}

// told: the webhook's delivery is in a state from here on.
func told(s ledger.DeliveryState, attempt int) step {
	return func(e *ledger.Entry) {
		e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: e.NoticeID(), State: s, Attempt: attempt}}
	}
}

// write puts an export on the work list, writes its log, and closes it if it ends so.
func (w *world) write(r ledger.Request, steps ...step) {
	w.t.Helper()
	_, err := w.ledger.Open(w.t.Context(), r)
	w.must(err)
	e := ledger.Entry{Request: r, At: r.Slot}
	for _, s := range steps {
		s(&e)
		_, err := w.ledger.Append(w.t.Context(), e)
		w.must(err)
	}
	if e.State == ledger.Closed {
		w.must(w.ledger.Close(w.t.Context(), ledger.OpenName(r), e))
	}
}

// The exports of a healthy ledger.
var (
	plain   = scheduled("img-plain")   // refused once, repeated once, COMPLETE
	running = scheduled("img-running") // ACCEPTED
	broken  = scheduled("img-broken")  // FAILED
	young   = scheduled("img-young")   // on the work list, without a log
	machine = func() ledger.Request {
		r := scheduled("img-machine")
		r.Image, r.Instance, r.Keep = image.Image{}, "ins-machine", 3
		return r
	}()
	news = ledger.Request{
		ID: "news-nightly-20261121t030000z-missed", Origin: ledger.Noticed, Plan: "nightly", Slot: slot, News: &ledger.Told{Kind: "missed", Detail: "nothing ran"},
	}
	foreign = ledger.Request{ID: "seen-0123456789", Origin: ledger.Observed, Slot: slot, Bucket: bucket, File: "web_xvda.raw", Deadline: slot}
)

// healthy is a ledger in which nothing is wrong: every state, and every way from one
// to the next.
func healthy(t *testing.T) *world {
	w := newWorld(t)
	w.write(plain,
		to(ledger.Intent), to(ledger.Retry), to(ledger.Intent), to(ledger.Intent), to(ledger.Accepted),
		func(e *ledger.Entry) { *e = e.Next(ledger.Accepted, e.At.Add(time.Minute)); e.Stalled = e.At },
		ends(ledger.Complete, 1), to(ledger.Complete, told(ledger.SendLater, 0)),
		to(ledger.Complete, told(ledger.Sending, 1), func(e *ledger.Entry) { e.Until = e.At.Add(time.Minute) }),
		to(ledger.Closed, told(ledger.Sent, 1)))
	w.write(running, to(ledger.Intent), to(ledger.Accepted))
	w.write(broken, to(ledger.Intent), to(ledger.Retry), to(ledger.Accepted), ends(ledger.Failed, 0), to(ledger.Closed, told(ledger.Undelivered, 12)))
	w.write(machine,
		to(ledger.Imaging), to(ledger.Retry), to(ledger.Imaging),
		to(ledger.Imaged, func(e *ledger.Entry) { e.Request.Image.ID = "img-made" }),
		to(ledger.Intent, func(e *ledger.Entry) { e.Request.Image = scheduled("img-made").Image }),
		to(ledger.Accepted), ends(ledger.Complete, 1), to(ledger.Complete, told(ledger.Sent, 1)), to(ledger.Pruning), to(ledger.Closed))
	w.write(news, ends(ledger.News, 0), to(ledger.Closed, told(ledger.Sent, 1)))
	w.write(foreign, ends(ledger.Complete, 1), to(ledger.Closed, told(ledger.Sent, 1)))
	_, err := w.ledger.Open(t.Context(), young)
	w.must(err)
	mark := func(m ledger.Mark, s ledger.Slot) { w.must(w.ledger.MarkSlot(t.Context(), m, s)) }
	filled := ledger.Slot{Plan: "nightly", Skipped: []ledger.Pick{{Image: "img-old", Export: "nightly-20261121t030000z-old", Reason: "unchanged"}}}
	for _, r := range []ledger.Request{plain, running, broken, young, machine} {
		filled.Exports = append(filled.Exports, ledger.Pick{Image: r.Image.ID, Instance: r.Instance, Export: r.ID})
	}
	mark(ledger.Mark{Slot: slot}, filled)
	for _, fate := range []ledger.Fate{ledger.Begun, ledger.Missed, ledger.Suspended, ledger.Resumed} {
		mark(ledger.Mark{Slot: slot.AddDate(0, 0, -1), Fate: fate}, ledger.Slot{Plan: "nightly"})
	}
	return w
}

// check returns the findings, sorted, each as "rule key".
func (w *world) check(store ledger.Store) (findings []fsck.Finding, f fsck.Figures) {
	w.t.Helper()
	f, err := fsck.Check(w.t.Context(), store, prefix, now, 4, func(f fsck.Finding) { findings = append(findings, f) })
	w.must(err)
	slices.SortFunc(findings, func(a, b fsck.Finding) int { return strings.Compare(a.Rule+a.Key, b.Rule+b.Key) })
	return findings, f
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	w := healthy(t)
	findings, f := w.check(w.memory)
	for _, finding := range findings {
		t.Errorf("%+v", finding)
	}
	states := map[ledger.State]int64{ledger.Complete: 3, ledger.Failed: 1, ledger.News: 1, ledger.Accepted: 1}
	if f.Exports != 6 || f.Open != 2 || f.History != 5 || f.Slots != 1 || f.Entries != 10+2+5+10+2+2 || len(f.Findings) != 0 {
		t.Errorf("%+v", f)
	}
	for s, n := range states {
		if f.States[s] != n {
			t.Errorf("%d exports are %s; want %d", f.States[s], s, n)
		}
	}
	if f.Objects != f.Entries+f.Open+f.History+f.Slots+5 {
		t.Errorf("%d objects", f.Objects)
	}
}

// keys of the healthy ledger, under the prefix's v1/.
func (w *world) keys(part string) (keys []string) {
	all, _, err := w.memory.List(w.t.Context(), prefix, "", 1000)
	w.must(err)
	for _, key := range all {
		if strings.Contains(key, part) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		w.t.Fatalf("no key has %q", part)
	}
	return keys
}

func (w *world) entryKey(r ledger.Request, seq int) string {
	return w.keys("/" + string(r.ID) + "/0")[seq-1]
}

func (w *world) remove(key string) { w.must(w.memory.Delete(w.t.Context(), key)) }

func (w *world) put(key, body string) {
	_ = w.memory.Delete(context.Background(), key)
	w.must(w.memory.Create(w.t.Context(), key, []byte(body)))
}

// edit changes a body, member by member; nil removes one. Names go down by dots.
func (w *world) edit(key string, changes map[string]any) {
	w.t.Helper()
	text, err := w.memory.Get(w.t.Context(), key)
	w.must(err)
	var body map[string]any
	w.must(json.Unmarshal(text, &body))
	for path, v := range changes {
		at, parts := body, strings.Split(path, ".")
		for _, p := range parts[:len(parts)-1] {
			at = at[p].(map[string]any)
		}
		if last := parts[len(parts)-1]; v == nil {
			delete(at, last)
		} else {
			at[last] = v
		}
	}
	text, err = json.Marshal(body)
	w.must(err)
	w.put(key, string(text))
}
