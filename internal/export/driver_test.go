package export_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

var update = flag.Bool("update", false, "write the golden files anew")

const web = image.ID("img-aaaaaaaa")

var systemDisk = string(exportID(web)) + "_img-aaaaaaaa_system_snap-aaaaaaaa0.qcow2"

// TestRequests pins what one export of one disk asks of the cloud, in order,
// from the timer to the empty work list.
func TestRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.start(web); err != nil {
		t.Fatal(err)
	}
	started := len(w.calls)
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	if err := w.land(systemDisk); err != nil {
		t.Fatal(err)
	}
	if n := len(w.calls); n > 20 {
		t.Errorf("%d requests for one export; the protocol allows 20", n)
	}
	got := "timer:\n" + strings.Join(w.calls[:started], "\n") + "\n\nevent:\n" + strings.Join(w.calls[started:], "\n") + "\n"
	const golden = "testdata/requests.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

// wantClosed asserts how an export ended.
func (w *world) wantClosed(id image.ExportID, verdict ledger.State, tasks, notices int) {
	w.t.Helper()
	e := w.entry(id)
	if e.State != ledger.Closed || e.Verdict != verdict || len(w.tasks) != tasks || len(w.notices) != notices || len(w.open()) != 0 {
		w.t.Errorf("%s: %s %s (%s), %d tasks, %d notices, open %q; want CLOSED %s, %d tasks, %d notices\n%s",
			id, e.State, e.Verdict, e.Detail, len(w.tasks), len(w.notices), w.open(), verdict, tasks, notices, w.log.String())
	}
}

func TestRefusedImages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.images["img-windows0"] = image.Image{ID: "img-windows0", Type: "PRIVATE_IMAGE", State: "NORMAL", Platform: "Windows"}
	results, err := w.start("img-windows0", "img-nowhere0", web)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"windows", "not-found"} {
		e := results[i].Entry
		if e.State != ledger.Closed || e.Verdict != ledger.Failed || e.Reason != want || e.Hint == "" {
			t.Errorf("%s: %s %s %s %q", results[i].ID, e.State, e.Verdict, e.Reason, e.Hint)
		}
	}
	if results[2].Entry.State != ledger.Accepted || len(w.tasks) != 1 || len(w.notices) != 2 || len(w.open()) != 1 {
		t.Errorf("%s, %d tasks, %d notices, open %q", results[2].Entry.State, len(w.tasks), len(w.notices), w.open())
	}
}

func TestRefusedByCVM(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud = func(int) error {
		return &outcome.Error{Kind: outcome.Config, Op: "ExportImages", Code: "AuthFailure.X", Message: "no role", Hint: "make one", RequestID: "r-1"}
	}
	if _, err := w.start(web); err != nil {
		t.Fatal(err)
	}
	w.wantClosed(exportID(web), ledger.Failed, 0, 1)
	if n := w.notices[0]; n.Reason != "AuthFailure.X" || n.Detail != "no role" || n.Hint != "make one" || n.RequestID != "r-1" {
		t.Errorf("%+v", n)
	}
}

var (
	errFull = &outcome.Error{Kind: outcome.Full, Op: "ExportImages", Code: "LimitExceeded.ExportImageTaskLimitExceeded", Message: "5 run"}
	errBusy = &outcome.Error{Kind: outcome.Later, Op: "ExportImages", Code: "InvalidParameterValue.InvalidImageState", Message: "in use"}
)

func (w *world) exportCalls() (n int) {
	for _, c := range w.calls {
		if strings.HasPrefix(c, "ExportImages") {
			n++
		}
	}
	return n
}

// The first refusal for want of room ends the tick: the others are put off
// without a call, and all of them are carried in the end.
func TestQuota(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := []image.ID{web, "img-bbbbbbbb", "img-cccccccc", "img-dddddddd"}
	for _, id := range ids[1:] {
		w.addImage(id, 1)
	}
	w.cloud = func(int) error {
		running := 0
		for _, task := range w.tasks {
			if w.now.Before(task.at.Add(w.takes)) {
				running++
			}
		}
		if running > 0 {
			return errFull
		}
		return nil
	}
	results, err := w.start(ids...)
	if err != nil {
		t.Fatal(err)
	}
	if w.exportCalls() != 2 || len(w.tasks) != 1 {
		t.Errorf("%d calls, %d tasks; want 2 and 1", w.exportCalls(), len(w.tasks))
	}
	for _, r := range results[1:] {
		if r.Entry.State != ledger.Retry || r.Entry.Attempt != 0 || !r.Entry.NotBefore.After(w.now) {
			t.Errorf("%s: %s, attempt %d, not before %s", r.ID, r.Entry.State, r.Entry.Attempt, r.Entry.NotBefore)
		}
	}
	w.sweepFor(24 * time.Hour)
	for _, id := range ids {
		w.wantClosed(exportID(id), ledger.Complete, 4, 4)
	}
	if order := w.taskOrder(); !slices.Equal(order, ids) {
		t.Errorf("carried in the order %q; want the oldest marker first, %q", order, ids)
	}
}

func (w *world) taskOrder() (ids []image.ID) {
	for _, task := range w.tasks {
		ids = append(ids, task.request.Image.ID)
	}
	return ids
}

// An image that is busy says nothing of the others.
func TestBusyImageBlocksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage("img-bbbbbbbb", 1)
	w.cloud = func(n int) error {
		if n == 0 {
			return errBusy
		}
		return nil
	}
	results, err := w.start(web, "img-bbbbbbbb")
	if err != nil || results[0].Entry.State != ledger.Retry || results[1].Entry.State != ledger.Accepted {
		t.Errorf("%s and %s, %v", results[0].Entry.State, results[1].Entry.State, err)
	}
}

// A day of refusals is told of once, and keeps the log short.
func TestRefusedAllDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud = func(int) error { return errFull }
	if _, err := w.start(web); err != nil {
		t.Fatal(err)
	}
	for range 25 * 12 {
		w.now = w.now.Add(5 * time.Minute)
		if err := w.sweep(); err != nil {
			t.Fatal(err)
		}
	}
	w.wantClosed(exportID(web), ledger.Failed, 0, 1)
	e := w.entry(exportID(web))
	if e.Seq > 40 || e.Reason != "not-started" || !strings.Contains(e.Detail, "5 run") {
		t.Errorf("%d entries, %s: %s", e.Seq, e.Reason, e.Detail)
	}
}

// An answer that was lost is looked for in the bucket, and found.
func TestUnknownOutcomeIsAdopted(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{8 * time.Minute, 30 * time.Minute} { // uploading, and there
		w := newWorld(t)
		w.fault = func(_ int, c string) fault {
			if strings.HasPrefix(c, "ExportImages") {
				return lostAnswer
			}
			return fine
		}
		if _, err := w.start(web); !outcome.Is(err, outcome.Unknown) {
			t.Fatalf("%v; want an unknown outcome", err)
		}
		w.now = w.now.Add(age)
		if err := w.sweep(); err != nil {
			t.Fatal(err)
		}
		if e := w.entry(exportID(web)); e.Seq < 2 || e.TaskID != 0 || !e.Started.Equal(slot) {
			t.Errorf("after %s: %s, task %d, started %s", age, e.State, e.TaskID, e.Started)
		}
		w.sweepFor(24 * time.Hour)
		w.wantClosed(exportID(web), ledger.Complete, 1, 1)
	}
}

// Without a trace the call is repeated with the same names: not within the claim,
// not before the quiet time after it, and not for ever.
func TestUnknownOutcomeWithoutTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault = func(_ int, c string) fault {
		if strings.HasPrefix(c, "ExportImages") {
			return refused
		}
		return fine
	}
	var issued []time.Time
	w.at = func(_ int, c string) {
		if strings.HasPrefix(c, "ExportImages") {
			issued = append(issued, w.now)
		}
	}
	_, _ = w.start(web)
	for w.now.Before(slot.Add(3 * time.Hour)) {
		w.now = w.now.Add(time.Minute)
		_ = w.sweep()
	}
	if len(issued) != 5 {
		t.Fatalf("issued %d times, at %v; want 5", len(issued), issued)
	}
	claim := w.limit + time.Second + export.LongestRequest + 30*time.Second
	for i := 1; i < len(issued); i++ {
		if gap := issued[i].Sub(issued[i-1]); gap < claim+10*time.Minute {
			t.Errorf("issued again after %s; the claim and the quiet time are %s", gap, claim+10*time.Minute)
		}
	}
	w.wantClosed(exportID(web), ledger.Failed, 0, 1)
	if e := w.entry(exportID(web)); e.Reason != "unknown-outcome" || e.Attempt != 5 {
		t.Errorf("%s, attempt %d", e.Reason, e.Attempt)
	}
}

func TestReissueKeepsTheNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.invisible = true
	w.fault = func(n int, c string) fault {
		if strings.HasPrefix(c, "ExportImages") && len(w.tasks) == 0 {
			return lostAnswer
		}
		return fine
	}
	w.takes = 40 * time.Minute
	_, _ = w.start(web)
	w.sweepFor(24 * time.Hour)
	w.wantClosed(exportID(web), ledger.Complete, 2, 1) // one start, and one more after an unknown outcome
	if a, b := w.tasks[0].request.Prefix, w.tasks[1].request.Prefix; a != b {
		t.Errorf("prefixes %q and %q", a, b)
	}
}

// An invocation that has no deadline, or none to speak of, starts nothing.
func TestNoDeadlineNoEffect(t *testing.T) {
	t.Parallel()
	for _, limit := range []time.Duration{0, -time.Hour, 4 * time.Second} {
		w := newWorld(t)
		w.limit = limit
		if _, err := w.start(web); err != nil {
			t.Fatal(err)
		}
		w.images = nil
		w.put("console_xvda.raw", 1)
		if err := errors.Join(w.sweep(), w.land("console_xvda.raw")); err != nil {
			t.Fatal(err)
		}
		if w.exportCalls() != 0 || len(w.notices) != 0 || len(w.keys("v1/exports/")) != 0 || len(w.open()) != 2 {
			t.Errorf("limit %s: %d calls, %d notices, log %q", limit, w.exportCalls(), len(w.notices), w.keys("v1/exports/"))
		}
	}
}

// Time that ends while claims settle: what was announced is taken back, not lost.
func TestTimeEndsWhileSettling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limit = 9 * time.Second // 5 s to settle, 5 s in reserve
	results, err := w.start(web)
	if err != nil || results[0].Entry.State != ledger.Retry || results[0].Entry.Attempt != 0 || w.exportCalls() != 0 {
		t.Fatalf("%+v, %v", results[0].Entry, err)
	}
	w.limit = 5 * time.Minute
	w.now = w.now.Add(30 * time.Minute)
	_ = w.sweep()
	w.now = w.now.Add(30 * time.Minute)
	w.limit = 9 * time.Second
	if err := w.sweep(); err != nil {
		t.Fatal(err)
	}
	if e := w.entry(exportID(web)); e.State != ledger.Complete || len(w.notices) != 0 {
		t.Fatalf("%s with %d notices; want a verdict that is told later", e.State, len(w.notices))
	}
	w.limit = 5 * time.Minute
	w.sweepFor(time.Hour)
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

func TestLateStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limit = 0 // the slot is filled, and nothing more
	_, _ = w.start(web)
	w.limit = 5 * time.Minute
	w.now = slot.Add(25 * time.Hour)
	_ = w.sweep()
	w.wantClosed(exportID(web), ledger.Failed, 0, 1)
	if e := w.entry(exportID(web)); e.Reason != "not-started" {
		t.Errorf("%s: %s", e.Reason, e.Detail)
	}
}

func TestStartAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		if _, err := w.start(web); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Minute)
	}
	w.now = w.now.Add(time.Hour)
	_ = w.sweep()
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
	if _, err := w.start(web); err != nil { // the marker is gone; the log is not
		t.Fatal(err)
	}
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

func TestDeadTask(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takes = 0
	_, _ = w.start(web)
	w.sweepFor(23 * time.Hour)
	if e := w.entry(exportID(web)); e.State != ledger.Accepted {
		t.Fatalf("%s before the deadline", e.State)
	}
	w.sweepFor(2 * time.Hour)
	w.wantClosed(exportID(web), ledger.Failed, 1, 1)
	if e := w.entry(exportID(web)); e.Reason != "nothing-landed" || !strings.Contains(e.Detail, systemDisk) {
		t.Errorf("%s: %s", e.Reason, e.Detail)
	}
}

func TestLateButUploading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takes = 30 * time.Hour
	_, _ = w.start(web)
	w.sweepFor(48 * time.Hour)
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

// What a sweep costs for each export that it finds waiting: three requests and
// one for each file.
func TestWaitingCosts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	before := len(w.calls)
	if err := w.sweep(); err != nil {
		t.Fatal(err)
	}
	if n := len(w.calls) - before; n != 5 { // work list, versioning, log, entry, file
		t.Errorf("%d requests to find that there is nothing to do: %q", n, w.calls[before:])
	}
}

func TestSweepGoesOnPastDamage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	for i := range 250 { // more than a page of them, older than ours
		key := fmt.Sprintf("v1/open/20260101t000000z-damaged-%03d", i)
		if err := w.store.Create(ctx, key, []byte("{")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.store.Create(ctx, "v1/open/README", nil); err != nil {
		t.Fatal(err)
	}
	_, _ = w.start(web)
	w.now = w.now.Add(time.Hour)
	err := w.sweep()
	if err == nil || !strings.Contains(err.Error(), "damaged-249") || !strings.Contains(err.Error(), "README") {
		t.Errorf("%v; want the damaged ones named", err)
	}
	if e := w.entry(exportID(web)); e.Verdict != ledger.Complete || e.State != ledger.Closed {
		t.Errorf("%s behind the damaged ones", e.State)
	}
}

// A marker whose body is damaged still names an export that has a log.
func TestDamagedMarkerOfARunningExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	key := w.open()[0]
	_ = w.store.Delete(t.Context(), key)
	_ = w.store.Create(t.Context(), key, []byte("{"))
	w.now = w.now.Add(time.Hour)
	if err := w.sweep(); err != nil {
		t.Error(err)
	}
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

func TestNameTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put(systemDisk, 77)
	_, _ = w.start(web)
	w.wantClosed(exportID(web), ledger.Failed, 0, 1)
	if e := w.entry(exportID(web)); e.Reason != "name-taken" || !strings.Contains(e.Detail, systemDisk) {
		t.Errorf("%s: %s", e.Reason, e.Detail)
	}
}

// The id of one export may begin as another's does.
func TestNeighbourIsNotTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage("img-aaaa", 1)
	w.put(systemDisk, 77) // of img-aaaaaaaa
	if _, err := w.start("img-aaaa"); err != nil || len(w.tasks) != 1 {
		t.Errorf("%d tasks, %v", len(w.tasks), err)
	}
}

// Nor are the neighbour's files and uploads traces of a start that nobody knows of.
func TestNeighbourIsNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage("img-aaaa", 1)
	_, _ = w.start(web) // uploading, then there
	w.fault = func(_ int, c string) fault {
		if c == "ExportImages img-aaaa" && len(w.tasks) == 1 {
			return refused
		}
		return fine
	}
	_, _ = w.start("img-aaaa")
	w.fault = nil
	for range 6 {
		w.now = w.now.Add(5 * time.Minute)
		_ = w.sweep()
	}
	if e := w.entry(exportID("img-aaaa")); e.State != ledger.Accepted || e.TaskID != 2 || e.Attempt != 2 {
		t.Errorf("%s, task %d, attempt %d; want it started again", e.State, e.TaskID, e.Attempt)
	}
}

// An answer that could not be recorded at once is recorded at the second try: a
// second export would be the price.
func TestAnswerIsRecordedAtTheSecondTry(t *testing.T) {
	t.Parallel()
	for _, f := range []fault{refused, lostAnswer} {
		w := newWorld(t)
		w.takes = 0 // and there will be no trace of it
		failed := false
		w.fault = func(_ int, c string) fault {
			if failed || !strings.HasSuffix(c, "000002.json") {
				return fine
			}
			failed = true
			return f
		}
		results, err := w.start(web)
		if err != nil || results[0].Entry.State != ledger.Accepted || results[0].Entry.TaskID != 1 {
			t.Errorf("fault %d: %+v, %v", f, results[0].Entry.State, err)
		}
	}
}

func TestRecent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage("img-bbbbbbbb", 1)
	w.cloud = func(n int) error {
		if n > 0 {
			return errBusy
		}
		return nil
	}
	_, _ = w.start(web, "img-bbbbbbbb")
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	_ = w.land(systemDisk)
	_ = w.store.Create(t.Context(), "v1/history/2026/11/22/damaged", nil)
	list := func(days, limit int) (ids []image.ExportID) {
		_, _ = w.invoke(func(ctx context.Context, d *export.Driver) error {
			entries, err := d.Recent(ctx, days, limit)
			for _, e := range entries {
				ids = append(ids, e.Request.ID)
			}
			return err
		})
		return ids
	}
	if got, want := list(2, 10), []image.ExportID{exportID("img-bbbbbbbb"), exportID(web)}; !slices.Equal(got, want) {
		t.Errorf("recent: %q, want %q", got, want)
	}
	if got := list(2, 1); len(got) != 1 {
		t.Errorf("at most one: %q", got)
	}
	w.now = w.now.Add(72 * time.Hour)
	if got, want := list(2, 10), []image.ExportID{exportID("img-bbbbbbbb")}; !slices.Equal(got, want) {
		t.Errorf("three days later: %q, want %q", got, want)
	}
}
