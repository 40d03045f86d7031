package export_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

func TestRefusedImages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.images["img-windows0"] = image.Image{ID: "img-windows0", Type: "PRIVATE_IMAGE", State: "NORMAL", Platform: "Windows"}
	results, err := w.start("img-windows0", "img-nowhere0", web)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"windows", "", "not-found"} {
		e := results[i].Entry
		if want == "" {
			continue
		}
		if e.State != ledger.Closed || e.Verdict != ledger.Failed || e.Reason != want || e.Hint == "" {
			t.Errorf("%s: %s %s %s %q", results[i].ID, e.State, e.Verdict, e.Reason, e.Hint)
		}
	}
	if results[1].Entry.State != ledger.Accepted || len(w.tasks) != 1 || len(w.notices) != 2 || len(w.open()) != 1 {
		t.Errorf("%s, %d tasks, %d notices, open %q", results[1].Entry.State, len(w.tasks), len(w.notices), w.open())
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
	for i, r := range results[1:] {
		refused := i == 0 // the others were not even offered
		if r.Entry.State != ledger.Retry || r.Entry.Attempt != 0 || !r.Entry.Full || refused != (r.Entry.Refused == 1) || refused != r.Entry.NotBefore.After(w.now) {
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
