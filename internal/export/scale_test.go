package export_test

import (
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// 10,000 images in one slot, at the twenty calls a second that CVM allows: more
// than one invocation can do. The next ones go on, and none is started twice.
func TestTenThousand(t *testing.T) {
	t.Parallel()
	n := 10_000
	if testing.Short() {
		n = 1_500
	}
	w := newWorld(t)
	w.silent = true
	w.pace, w.takes, w.limit = 50*time.Millisecond, 3*time.Hour, 5*time.Minute
	p := nightly(w.addImages(n)...)
	ticks := 1
	for _, _ = w.timer(p, slot); len(w.tasks) < n && ticks < 20; ticks++ {
		w.now = w.now.Add(5 * time.Minute)
		if err := w.sweep(); err != nil {
			t.Fatal(err)
		}
	}
	started := map[image.ExportID]bool{}
	for _, task := range w.tasks {
		started[task.request.ID] = true
	}
	if len(w.tasks) != n || len(started) != n || w.exportCalls() != n {
		t.Errorf("%d tasks of %d exports after %d calls; want %d", len(w.tasks), len(started), w.exportCalls(), n)
	}
	if most := n/4000 + 3; ticks > most {
		t.Errorf("%d ticks of five minutes; want at most %d", ticks, most)
	}
	w.now = w.now.Add(3 * time.Hour)
	for ; len(w.open()) > 0 && ticks < 20; ticks++ {
		_ = w.sweep()
		w.now = w.now.Add(time.Minute)
	}
	// Twenty, and three for each tick that found it waiting.
	if most := n * (20 + 3*ticks); len(w.calls) > most {
		t.Errorf("%d requests; want at most %d", len(w.calls), most)
	}
	complete := 0
	for _, e := range w.told("") {
		if e.Verdict == ledger.Complete {
			complete++
		}
	}
	if complete != n || len(w.told("")) != n || len(w.open()) != 0 {
		t.Errorf("%d notices, %d of success, %d still on the work list", len(w.told("")), complete, len(w.open()))
	}
	t.Logf("%d exports in %d ticks, %.1f requests each", n, ticks, float64(len(w.calls))/float64(n))
}
