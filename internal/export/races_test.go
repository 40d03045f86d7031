package export_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
)

// wantConverged asserts what holds whatever went wrong. Notices may be repeated
// as often as said; the export, whose traces can be seen, never is.
func (w *world) wantConverged(name string, repeats int) {
	w.t.Helper()
	e := w.entry(exportID(web))
	switch {
	case e.State != ledger.Closed || e.Verdict != ledger.Complete || len(w.open()) != 0:
		w.t.Errorf("%s: ends %s %s (%s), open %q", name, e.State, e.Verdict, e.Detail, w.open())
	case len(w.tasks) != 1:
		w.t.Errorf("%s: %d tasks", name, len(w.tasks))
	case len(w.notices) < 1 || len(w.notices) > 1+repeats:
		w.t.Errorf("%s: %d notices", name, len(w.notices))
	case len(w.keys("v1/history/")) != 1:
		w.t.Errorf("%s: history %q", name, w.keys("v1/history/"))
	}
	for i, key := range w.keys("v1/exports/") {
		if !strings.HasSuffix(key, fmt.Sprintf("/%06d.json", i+1)) {
			w.t.Errorf("%s: the log has a gap before %s", name, key)
		}
	}
	if w.t.Failed() {
		w.t.Fatalf("%s\n%s", w.log.String(), strings.Join(w.calls, "\n"))
	}
}

// TestTwoDriversAtEveryPoint lets a second invocation of the timer, of the event
// or of the sweep run from beginning to end before every request of every course.
func TestTwoDriversAtEveryPoint(t *testing.T) {
	t.Parallel()
	others := map[string]func(*world){
		"timer": func(w *world) {
			if w.fired != nil {
				w.fired()
			}
		},
		"event": func(w *world) { _ = w.land(systemDisk) },
		"sweep": func(w *world) { _ = w.sweep() },
	}
	if testing.Short() {
		delete(others, "event")
	}
	for _, c := range courses {
		for name, other := range others {
			t.Run(c.name+", "+name, func(t *testing.T) {
				t.Parallel()
				for n := 0; c.joined(t, n, other); n++ {
				}
			})
		}
	}
}

// joined plays a course with another invocation before its nth request. It
// reports whether there is such a request.
func (c course) joined(t *testing.T, n int, other func(*world)) (reached bool) {
	play := c.play
	if play == nil {
		play = (*world).play
	}
	c.play = func(w *world) {
		at := len(w.calls) + n
		w.at = func(i int, _ string) {
			if i == at {
				w.at, reached = nil, true
				other(w)
			}
		}
		play(w)
	}
	c.try(t, every, nil)
	return reached
}

// TestClaimIsRespected: nobody takes a claim over before it ends,
// however often they look.
func TestClaimIsRespected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault = func(_ int, c string) fault {
		if strings.HasPrefix(c, "ExportImages") {
			return diesBefore
		}
		return fine
	}
	_, _ = w.start(web)
	w.fault = nil
	until := w.entry(exportID(web)).Until
	for ; w.now.Before(until.Add(10 * time.Minute)); w.now = w.now.Add(17 * time.Second) {
		_ = w.sweep()
		if w.exportCalls() != 1 || w.entry(exportID(web)).Seq != 1 {
			t.Fatalf("%s before the claim's end and the quiet time after it, somebody acted", until.Sub(w.now))
		}
	}
	_ = w.sweep()
	if len(w.tasks) != 1 {
		t.Errorf("%d tasks after the quiet time", len(w.tasks))
	}
	if want := slot.Add(5*time.Minute + time.Second + export.LongestRequest + 30*time.Second); !until.Equal(want) {
		t.Errorf("claimed until %s; want %s", until, want)
	}
}
