package export_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

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
	if len(issued) != 4 {
		t.Fatalf("issued %d times, at %v; want 4", len(issued), issued)
	}
	claim := w.limit + time.Second + export.LongestRequest + 30*time.Second
	for i := 1; i < len(issued); i++ {
		if gap := issued[i].Sub(issued[i-1]); gap < claim+10*time.Minute {
			t.Errorf("issued again after %s; the claim and the quiet time are %s", gap, claim+10*time.Minute)
		}
	}
	w.wantClosed(exportID(web), ledger.Failed, 0, 1)
	if e := w.entry(exportID(web)); e.Reason != "unknown-outcome" || e.Attempt != 4 {
		t.Errorf("%s, attempt %d", e.Reason, e.Attempt)
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

// The first attempt was taken and never answered; the second was refused, because
// the first was running. The third must not happen.
func TestRefusedAfterUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takes, w.invisible = 3*time.Hour, true // queued: no upload shows
	w.fault = func(_ int, c string) fault {
		if strings.HasPrefix(c, "ExportImages") && w.exportCalls() <= 1 {
			return lostAnswer
		}
		return fine
	}
	w.cloud = func(int) error {
		if w.exportCalls() == 2 {
			w.invisible = false
			return errFull
		}
		return nil
	}
	_, _ = w.start(web)
	w.sweepFor(24 * time.Hour)
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
	if n := w.exportCalls(); n != 2 {
		t.Errorf("%d calls of ExportImages, want 2: lost, refused", n)
	}
}
