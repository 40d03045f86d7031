package export_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

// An invocation that has no deadline, or none to speak of, begins nothing and says so.
func TestNoDeadlineNoEffect(t *testing.T) {
	t.Parallel()
	for _, limit := range []time.Duration{0, -time.Hour, 4 * time.Second} {
		w := newWorld(t)
		w.limit = limit
		_, err := w.start(web)
		w.images = nil
		w.put("console_xvda.raw", 1)
		for _, err := range []error{err, w.sweep()} {
			if err == nil || !strings.Contains(err.Error(), "raise the function's timeout") {
				t.Errorf("limit %s: %v", limit, err)
			}
		}
		if err := w.land("console_xvda.raw"); err != nil {
			t.Error(err)
		}
		if w.exportCalls() != 0 || len(w.notices) != 0 || len(w.keys("v1/exports/")) != 0 || len(w.open()) != 1 {
			t.Errorf("limit %s: %d calls, %d notices, log %q", limit, w.exportCalls(), len(w.notices), w.keys("v1/exports/"))
		}
	}
}

// Time that ends while claims settle: what was announced is taken back, not lost.
func TestTimeEndsWhileSettling(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limit = 12 * time.Second // 5 s to settle, 5 s in reserve
	w.settling = func() { w.now = w.now.Add(3 * time.Second) }
	results, err := w.start(web)
	w.settling = nil
	if err != nil || !results[0].Entry.NotBefore.IsZero() || results[0].Entry.Refused != 0 || results[0].Entry.State != ledger.Retry || results[0].Entry.Attempt != 0 || w.exportCalls() != 0 {
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

// What could not be acted on any more is not claimed.
func TestNoTimeNoClaim(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limit = 10 * time.Second
	if _, err := w.start(web); err != nil {
		t.Fatal(err)
	}
	if len(w.keys("v1/exports/")) != 0 || len(w.open()) != 1 {
		t.Errorf("log %q, open %q", w.keys("v1/exports/"), w.open())
	}
}

func TestLateStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault = func(_ int, c string) fault {
		if strings.HasPrefix(c, "PUT v1/exports") {
			return diesBefore // the slot is filled, and nothing more
		}
		return fine
	}
	_, _ = w.start(web)
	w.fault = nil
	w.now = slot.Add(25 * time.Hour)
	_ = w.sweep()
	w.wantClosed(exportID(web), ledger.Failed, 0, 1)
	if e := w.entry(exportID(web)); e.Reason != "not-started" {
		t.Errorf("%s: %s", e.Reason, e.Detail)
	}
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
	if told := w.told("stalled"); len(told) != 1 || told[0].Request.News.Export != exportID(web) || told[0].Ended.Before(slot.Add(24*time.Hour)) {
		t.Errorf("told that it is late: %+v", told)
	}
}

// A task that dies while it uploads leaves its upload open for ever.
func TestUploadLeftOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takes = 1000 * time.Hour
	_, _ = w.start(web)
	w.sweepFor(47 * time.Hour)
	if e := w.entry(exportID(web)); e.State != ledger.Accepted {
		t.Fatalf("%s while it may still be alive", e.State)
	}
	w.sweepFor(2 * time.Hour)
	w.wantClosed(exportID(web), ledger.Failed, 1, 1)
}
