package export_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

// Where this goes wrong: each line of that list in the protocol is a test here, or
// names the one that it is. Crashes between any two steps, and any pair of crashes,
// are TestCrashAtEveryRequest and TestCrashAtEveryPair.

// once befalls the first request that begins and ends like this.
func once(f fault, begin, end string) func(int, string) fault {
	done := false
	return func(_ int, c string) fault {
		if done || !strings.HasPrefix(c, begin) || !strings.HasSuffix(c, end) {
			return fine
		}
		done = true
		return f
	}
}

// A create is answered, and the answer is lost: the entry is read back, and is ours.
func TestWrongCreateAnswerLost(t *testing.T) {
	t.Parallel()
	for _, entry := range []string{"000001.json", "000002.json", "000003.json", "000004.json"} {
		w := newWorld(t)
		w.fault = once(lostAnswer, "PUT ", entry)
		_, _ = w.fire(order(web).Plan, slot)
		w.now = w.now.Add(25 * time.Minute)
		w.deliver()
		if err := w.land(systemDisk); err != nil {
			t.Error(err)
		}
		w.wantConverged("lost answer to "+entry, 0) // in two invocations, without a sweep
	}
}

// Something on the way repeats a create: 409 is the answer to our own write, and a win.
func TestWrongConflictIsOurOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.twice = true
	w.play()
	w.wantConverged("each create sent twice", 0)
	if n := w.exportCalls(); n != 1 {
		t.Errorf("%d calls of ExportImages", n)
	}
}

// A create times out and lands later: nobody acts on it, and it stops nobody.
func TestWrongCreateLandsLater(t *testing.T) {
	t.Parallel()
	const first = "v1/exports/d3/nightly-20261122t030000z-aaaaaaaa/000001.json"
	for _, delay := range []time.Duration{30 * time.Second, 10 * time.Minute} {
		w := newWorld(t)
		w.fault = once(diesAfter, "PUT v1/exports/", "000001.json")
		_, _ = w.fire(order(web).Plan, slot)
		body, err := w.store.Get(t.Context(), first)
		if err != nil {
			t.Fatal(err)
		}
		_ = w.store.Delete(t.Context(), first) // not there yet
		w.now = slot.Add(delay)
		_ = w.store.Create(t.Context(), first, body) // now it is, and its writer is gone
		w.play()
		w.wantConverged("landed after "+delay.String(), 0)
	}
}

// Two writers both get 200 and the second entry stands: the settling time before
// the read-back tells the first, who does not act.
func TestWrongTwoWritersBothGet200(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.race(func() {
		if _, _ = w.start(web); w.exportCalls() != 1 {
			t.Errorf("the other writer made %d calls", w.exportCalls())
		}
	})
	w.play()
	w.wantConverged("two starts", 0)
	w.wantKept()
}

// race lets another writer, who has looked at the slots before and whose creates
// replace what stands, run while a claim settles, or just before the effect if
// nobody waits so long.
func (w *world) race(other func()) {
	run := func() {
		w.settling, w.at = nil, nil
		w.listing = func(prefix string, keys []string) []string {
			if strings.HasPrefix(prefix, "v1/slots/") {
				return nil
			}
			return keys
		}
		w.overwrites = true
		other()
		w.overwrites, w.listing = false, nil
	}
	w.settling = run
	w.at = func(_ int, c string) {
		if strings.HasPrefix(c, "ExportImages") || strings.HasPrefix(c, "notice") {
			run()
		}
	}
}

// The same with the verdict of two events, and what it announces: one notice.
func TestWrongTwoVerdictsBothGet200(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	w.race(func() { // another event saw no verdict yet
		_ = w.store.Delete(t.Context(), "v1/exports/d3/"+string(exportID(web))+"/000003.json")
		_ = w.land(systemDisk)
	})
	_ = w.land(systemDisk)
	w.wantConverged("two notices", 0)
}

// A reader meets an entry that then loses: it only waits for the claim to end.
func TestWrongReaderOfAnEntryThatLoses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.race(func() {
		w.overwrites = false
		_ = w.sweep() // reads the first entry
		w.overwrites = true
		_, _ = w.start(web)
		w.overwrites = false
		_ = w.sweep()
	})
	w.play()
	w.wantConverged("a reader between two writers", 0)
}

// An admin gives the bucket versioning, which makes every create a 200: nothing is
// started, and it is said why.
func TestWrongBucketGetsVersioned(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.versioned = true
	if _, err := w.start(web); err == nil || !strings.Contains(err.Error(), "versioning") {
		t.Errorf("%v; want the reason", err)
	}
	w.put("console_xvda.raw", 9)
	for _, err := range []error{w.sweep(), w.land("console_xvda.raw")} {
		if err == nil || !strings.Contains(err.Error(), "versioning") {
			t.Errorf("%v; want the reason", err)
		}
	}
	if len(w.tasks)+len(w.notices)+len(w.keys("")) != 0 {
		t.Errorf("%d tasks, %d notices, wrote %q", len(w.tasks), len(w.notices), w.keys(""))
	}
}

// A listing is stale, has gaps, or gives keys twice: whoever appends finds out.
func TestWrongListIsStale(t *testing.T) {
	t.Parallel()
	for name, show := range map[string]func(keys []string) []string{
		"nothing":        func([]string) []string { return nil },
		"not the newest": func(keys []string) []string { return keys[:len(keys)-1] },
		"only the first": func(keys []string) []string { return keys[:1] },
		"a gap":          func(keys []string) []string { return slices.Delete(slices.Clone(keys), 0, 1) },
		"twice":          func(keys []string) []string { return slices.Sorted(slices.Values(slices.Concat(keys, keys))) },
	} {
		w := newWorld(t)
		w.listing = func(prefix string, keys []string) []string {
			if len(keys) == 0 || w.now.After(slot.Add(2*time.Hour)) { // then it is consistent
				return keys
			}
			return show(keys)
		}
		w.play()
		w.wantConverged("a listing shows "+name, 0)
	}
}

// Its file is no stranger's while the listing does not show an export's log.
func TestWrongListHidesALog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	w.listing = func(string, []string) []string { return nil }
	if err := w.land(systemDisk); err != nil {
		t.Fatal(err)
	}
	w.listing = nil
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
	if o := w.notices[0].Request.Origin; o != ledger.Scheduled {
		t.Errorf("told as %q", o)
	}
}

// Two timers stand for one slot, one early by 200 ms and one late, and others are
// made of a doubled event: all name the same exports. See also
// TestTwoDriversAtEveryPoint.
func TestWrongTwoTimersForOneSlot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(web)
	for _, at := range []time.Duration{-200 * time.Millisecond, 0, time.Second, 90 * time.Second} {
		w.now = slot.Add(at)
		due, err := p.Slot(w.now)
		if err != nil || !due.Equal(slot) {
			t.Fatalf("the timer at %s stands for %s, %v", at, due, err)
		}
		for range 2 {
			if _, err := w.fire(p, due); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.play()
	w.wantConverged("eight timers", 0)
}

// A timer is lost: its slot is made up, and people are told.
func TestWrongTimerLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	prepareMissed(w)
	w.calm()
	if wrong := wantMadeUp(w); wrong != "" {
		t.Error(wrong)
	}
	w.wantKept()
}

// A holder is paused, its claim ends, and others go on: it does nothing when it thaws.
func TestWrongTakeoverWhileTheHolderIsPaused(t *testing.T) {
	t.Parallel()
	for _, pause := range []time.Duration{time.Minute, 4 * time.Minute, 7 * time.Minute, time.Hour} {
		w := newWorld(t)
		w.at = func(_ int, c string) {
			if strings.HasPrefix(c, "GET ") && strings.HasSuffix(c, "000001.json") {
				w.at = nil
				w.now = w.now.Add(pause) // before the read-back
				_ = w.sweep()
				w.now = w.now.Add(time.Second)
			}
		}
		w.play()
		w.wantConverged("paused for "+pause.String(), 0)
		w.wantKept()
	}
}

// The function is killed with its request in flight, which takes effect afterwards:
// the claim and the quiet time outlast it, and the bucket tells.
func TestWrongRequestInFlightWhenKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault = once(diesBefore, "ExportImages", "")
	_, _ = w.fire(order(web).Plan, slot)
	for range 7 {
		w.now = w.now.Add(time.Minute)
		_ = w.sweep()
	}
	w.begin(w.entry(exportID(web)).Request)
	w.play()
	w.wantConverged("killed in flight", 0)
	if n := w.exportCalls(); n != 1 {
		t.Errorf("%d calls of ExportImages", n)
	}
}

// A task is accepted and dies silently: after the deadline that is a failure, told once.
func TestWrongTaskDiesSilently(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takes = 0
	shortDay(w)
	w.wantClosed(exportID(web), ledger.Failed, 1, 1)
	if e := w.entry(exportID(web)); e.Reason != "nothing-landed" || e.Ended.Before(e.Request.Deadline) {
		t.Errorf("%s at %s", e.Reason, e.Ended)
	}
	w.wantKept()
}

// The first attempt finishes after the second was started: both write the same names.
func TestWrongFirstAttemptFinishesAfterTheSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.invisible, w.takes = true, 40*time.Minute
	w.fault = once(lostAnswer, "ExportImages", "")
	_, _ = w.start(web)
	w.sweepEvery(5*time.Minute, slot.Add(2*time.Hour))
	w.wantClosed(exportID(web), ledger.Complete, 2, 1) // one start, and one more after an unknown outcome
	if a, b := w.tasks[0], w.tasks[1]; a.request.Prefix != b.request.Prefix || b.at.Sub(a.at) < 15*time.Minute {
		t.Errorf("%q, and %q after %s", a.request.Prefix, b.request.Prefix, b.at.Sub(a.at))
	}
	w.wantKept()
}

// The last two disks land at once: two events, two invocations, one notice, and not
// before every disk is there.
func TestWrongLastTwoDisksLandAtOnce(t *testing.T) {
	t.Parallel()
	const three = image.ID("img-cccccccc")
	for n := range 12 {
		w := newWorld(t)
		w.addImage(three, 3)
		_, _ = w.start(three)
		keys := w.tasks[0].request.Files()
		w.takes = 0
		w.now = w.now.Add(time.Minute)
		w.put(keys[0], 5)
		if err := w.land(keys[0]); err != nil || len(w.notices) != 0 {
			t.Fatalf("one of three: %d notices, %v", len(w.notices), err)
		}
		w.put(keys[1], 6)
		w.put(keys[2], 7)
		at := len(w.calls) + n
		w.at = func(i int, _ string) {
			if i == at {
				w.at = nil
				_ = w.land(keys[2])
			}
		}
		_ = w.land(keys[1])
		w.wantClosed(exportID(three), ledger.Complete, 1, 1)
		if e := w.notices[0]; len(e.Landed) != 3 || e.Landed[2].Size != 7 {
			t.Errorf("landed %+v", e.Landed)
		}
	}
}

// The event comes before ACCEPTED is written: nobody is told of a start that is not
// on record, and the sweep finishes it.
func TestWrongEventBeforeAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takes = time.Millisecond // CVM is faster than our ledger
	w.at = func(_ int, c string) {
		if strings.HasPrefix(c, "PUT ") && strings.HasSuffix(c, "000002.json") {
			w.at = nil
			w.now = w.now.Add(time.Second)
			if err := w.land(systemDisk); err != nil || len(w.notices) != 0 {
				t.Errorf("%d notices while the start was not on record, %v", len(w.notices), err)
			}
		}
	}
	_, _ = w.start(web)
	if err := w.sweep(); err != nil {
		t.Error(err)
	}
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

// An event names an empty object, or a stranger's: no disk, and no cost.
func TestWrongEventForAZeroByteOrForeignObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	w.takes = 0
	w.put(systemDisk, 0)
	if err := w.land(systemDisk); err != nil || len(w.notices) != 0 {
		t.Errorf("%d notices of an empty file, %v", len(w.notices), err)
	}
	before := len(w.calls)
	w.put("photos/cat.jpg", 5)
	if err := w.land("photos/cat.jpg"); err != nil || len(w.calls) != before {
		t.Errorf("%d requests for a foreign object, %v", len(w.calls)-before, err)
	}
	w.put(systemDisk, 1<<30)
	_ = w.land(systemDisk)
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

// The webhook takes a notice, and answers after our time-out: it is told again,
// under the same id, and not after that.
func TestWrongWebhookAnswersAfterOurTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault = once(lostAnswer, "notice", "")
	w.play()
	w.wantClosed(exportID(web), ledger.Complete, 1, 2)
	w.wantKept() // and with it, that the ids are the same
}

// The quota is 1, and for days there is more to do than fits: nobody is overtaken,
// and everybody is carried in the end.
func TestWrongQuotaIsOne(t *testing.T) {
	t.Parallel()
	w, p := crowd(t)
	due := p.Due(slot.Add(-1), day(9), 100)
	for _, at := range due {
		w.sweepEvery(20*time.Minute, at)
		_, _ = w.timer(p, at)
	}
	w.sweepEvery(20*time.Minute, day(8))
	slots := w.started()
	if !slices.IsSortedFunc(slots, time.Time.Compare) {
		t.Errorf("started in the order %v", slots)
	}
	if want := 4 * len(due); len(slots) != want || want < 50 {
		t.Errorf("%d exports of %d were started", len(slots), want)
	}
	for _, e := range w.newest() {
		if e.Verdict != ledger.Complete {
			t.Errorf("%s: %s (%s)", e.Request.ID, e.Verdict, e.Detail)
		}
	}
	w.wantKept()
}

// One poisonous export, that cannot even be read, holds up nobody behind it.
func TestWrongPoisonBlocksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(w.addImages(5)...)
	w.deploy(p)
	poisoned := string(image.ScheduledID(p.Name, slot, "img-n0000000"))
	w.fault = func(_ int, c string) fault {
		if strings.Contains(c, poisoned+"/") {
			return refused
		}
		return fine
	}
	w.quota(2)
	_, _ = w.timer(p, slot)
	w.sweepEvery(5*time.Minute, slot.Add(6*time.Hour))
	if got := w.taskOrder(); len(got) != 4 || len(w.open()) != 1 {
		t.Errorf("carried %q, open %q", got, w.open())
	}
	w.fault = nil
	w.sweepEvery(10*time.Minute, slot.Add(10*time.Hour))
	if len(w.tasks) != 5 {
		t.Errorf("%d tasks after the cure", len(w.tasks))
	}
	w.wantKept()
}

// A deployment of another version runs beside this one: what it wrote and we cannot
// read is left alone, said, and holds up nobody.
func TestWrongAnotherVersionRunsBeside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImages(1)
	_, _ = w.start(web, "img-n0000000")
	const third = "v1/exports/d3/nightly-20261122t030000z-aaaaaaaa/000003.json"
	_ = w.store.Create(t.Context(), third, []byte(`{"schema":99,"seq":3,"state":"VERIFYING","request":{"id":"nightly-20261122t030000z-aaaaaaaa"}}`))
	w.now = w.now.Add(time.Hour)
	if err := w.sweep(); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("%v; want to hear of the newer version", err)
	}
	if e := w.entry(exportID("img-n0000000")); e.Verdict != ledger.Complete || len(w.notices) != 1 || len(w.open()) != 1 {
		t.Errorf("the other export: %s, %d notices, open %q", e.Verdict, len(w.notices), w.open())
	}
	if n := len(w.keys("v1/exports/d3/")); n != 3 {
		t.Errorf("the log of the newer version has %d entries", n)
	}
}

// The fan-out stops half way, by a crash or a refused request, and the timer does
// not come again: the sweep finds the slot unfilled, and fills it with what is left.
func TestWrongFanOutStopsHalfWay(t *testing.T) {
	t.Parallel()
	for _, f := range []fault{diesBefore, refused} {
		w := newWorld(t)
		p := nightly(web)
		firstDay(w, p) // so the plan is not new
		for _, id := range w.addImages(2) {
			p.Images = append(p.Images, plan.Selector{ID: id})
		}
		w.deploy(p)
		w.fault = once(f, "PUT v1/open/", "n0000001")
		if _, err := w.fire(p, day(1)); err == nil {
			t.Fatal("it was filled")
		}
		w.now = day(1).Add(30 * time.Minute)
		w.calm()
		if filled := w.note(p, day(1)); len(filled.Exports) != 2 || len(filled.Skipped) != 1 || len(w.tasks) != 3 {
			t.Errorf("the slot has %d exports and %d skipped; %d tasks", len(filled.Exports), len(filled.Skipped), len(w.tasks))
		}
		if len(w.told(ledger.KindMissed)) != 1 {
			t.Errorf("told %d times", len(w.told(ledger.KindMissed)))
		}
		w.wantKept()
	}
}

// Whoever asked for an export is gone after its log was begun, and asks no more:
// its marker stands, and the sweep goes on.
func TestWrongLogWithoutMarker(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault = once(diesAfter, "PUT v1/exports/", "000001.json")
	if _, err := w.fire(order(web).Plan, slot); err == nil {
		t.Fatal("it survived")
	}
	w.calm()
	w.wantConverged("dead after the first entry", 0)
}

// The image is deleted between slot and export: a failure with its reason, told once.
func TestWrongImageDeletedBetweenSlotAndExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImages(1)
	w.cloud = func(int) error {
		if _, there := w.images[w.asked]; !there {
			return &outcome.Error{Kind: outcome.Image, Op: "ExportImages", Code: "InvalidImageId.NotFound", Message: "no such image", Hint: "none"}
		}
		return nil
	}
	w.at = func(_ int, c string) {
		if strings.HasPrefix(c, "PUT v1/open/") {
			delete(w.images, web)
		}
	}
	if _, err := w.start(web, "img-n0000000"); err != nil {
		t.Fatal(err)
	}
	w.at = nil
	if e := w.entry(exportID(web)); e.State != ledger.Closed || e.Verdict != ledger.Failed || e.Reason != "InvalidImageId.NotFound" || len(w.notices) != 1 {
		t.Errorf("%s %s (%s), %d notices", e.State, e.Verdict, e.Reason, len(w.notices))
	}
	w.calm()
	if e := w.entry(exportID("img-n0000000")); e.Verdict != ledger.Complete {
		t.Errorf("the other: %s", e.Verdict)
	}
	w.wantKept()
}

// Clocks jump, and differ by up to half a minute: the one that is ahead takes over
// no claim of a holder that is behind and still acts.
func TestWrongClocksDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	w.drift = -29 * time.Second
	end := w.now.Add(w.limit)
	w.at = func(_ int, c string) {
		if strings.HasPrefix(c, "notice") { // read back, and paused at the last moment that it may act
			w.at, w.drift = nil, 0
			w.now = end.Add(-5 * time.Second)
			_ = w.sweep()
		}
	}
	_ = w.land(systemDisk)
	w.drift = 0
	w.calm()
	w.wantConverged("a holder whose clock is behind", 0)

	w = newWorld(t)
	_, _ = w.start(web)
	for _, jump := range []time.Duration{-3 * time.Hour, -24 * time.Hour, 20 * time.Hour} {
		w.drift = jump
		_ = w.sweep()
		_, _ = w.start(web)
	}
	w.drift = 0
	w.play()
	w.wantConverged("a clock that jumps", 0)
}

// A notice or a start that is under way at the very end of an invocation is over
// before anybody takes over: deadline, a second, the longest request, and the skew.
func TestWrongClaimIsTooShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	body := w.entry(exportID(web))
	if body.State != ledger.Accepted {
		t.Fatal(body.State)
	}
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	w.fault = once(diesBefore, "notice", "")
	hard := w.now.Add(w.limit)
	_ = w.land(systemDisk)
	w.fault = nil
	for w.now = hard.Add(-10 * time.Second); w.now.Before(hard.Add(time.Second + export.LongestRequest + 30*time.Second)); w.now = w.now.Add(time.Second) {
		if _ = w.sweep(); len(w.notices) != 0 {
			t.Fatalf("told again %s after the hard deadline", w.now.Sub(hard))
		}
	}
	w.calm()
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}
