package export_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

func TestForeignObjectsCostNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	keys := []string{"", "/", "readme.md", "a/b/c.raw", "img-aaaaaaaa.raw", "x_xvda.exe", "x_xvda.raw\n", strings.Repeat("x", 900) + "_xvda.raw", "..", "%2e%2e/x"}
	for i := range 10_000 {
		keys = append(keys, fmt.Sprintf("logs/2026/%d/part-%d.gz", i%31, i))
	}
	if err := w.land(keys...); err != nil || len(w.calls) != 0 {
		t.Errorf("%d requests, %v", len(w.calls), err)
	}
}

func TestEventsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	for range 5 {
		if err := w.land(systemDisk, systemDisk); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Hour)
	}
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
	before := len(w.calls)
	_ = w.land(systemDisk)
	if n := len(w.calls) - before; n != 2 { // log, entry
		t.Errorf("%d requests for an event after the end: %q", n, w.calls[before:])
	}
}

func TestPartial(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage("img-cccccccc", 2)
	_, _ = w.start("img-cccccccc")
	keys := w.tasks[0].request.Files()
	w.takes = 0
	w.put(keys[0], 5)
	w.put(keys[1], 0) // an empty file is no disk
	_ = w.land(keys...)
	if len(w.notices) != 0 {
		t.Fatal("told of an empty file")
	}
	w.sweepFor(30 * time.Hour)
	w.wantClosed(exportID("img-cccccccc"), ledger.Partial, 1, 1)
	if e := w.notices[0]; e.Reason != "files-missing" || !strings.Contains(e.Detail, keys[1]) || len(e.Landed) != 1 {
		t.Errorf("%s: %s, landed %v", e.Reason, e.Detail, e.Landed)
	}
}

func TestObservedIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("team/web_xvda.raw", 9)
	w.put("web_img-zzzzzzzz_system_snap-zzzzzzzz.vhd", 8)
	for range 3 {
		if err := w.land("team/web_xvda.raw", "web_img-zzzzzzzz_system_snap-zzzzzzzz.vhd", "team/web_xvda.raw"); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Hour)
		_ = w.sweep()
	}
	if len(w.notices) != 2 || len(w.open()) != 0 {
		t.Fatalf("%d notices, open %q", len(w.notices), w.open())
	}
	n := w.notices[0]
	if n.Request.Origin != ledger.Observed || n.Verdict != ledger.Complete || n.Request.File != "team/web_xvda.raw" || n.Landed[0].Size != 9 || n.Request.Format != image.RAW {
		t.Errorf("%+v", n)
	}
	w.put("team/web_xvda.raw", 10) // other content is another event
	_ = w.land("team/web_xvda.raw")
	if len(w.notices) != 3 {
		t.Errorf("%d notices after new content", len(w.notices))
	}
}

func TestObservedNotWanted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("web_xvda.raw", 9)
	_, _ = w.invoke(func(ctx context.Context, d *export.Driver) error {
		return d.Land(ctx, []export.Object{{Bucket: bucket, Keys: []string{"web_xvda.raw"}}}, false)
	})
	if len(w.notices) != 0 || len(w.open()) != 0 {
		t.Errorf("%d notices, open %q", len(w.notices), w.open())
	}
}

func TestObservedThatIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("empty_xvda.raw", 0)
	if err := w.land("forged_xvda.raw", "empty_xvda.raw"); err != nil {
		t.Fatal(err)
	}
	if len(w.notices) != 0 || len(w.keys("")) != 0 {
		t.Errorf("%d notices, ledger %q", len(w.notices), w.keys(""))
	}
}

// The file goes while the invocation that saw it dies: nobody waits for it.
func TestObservedThatGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("web_xvda.raw", 9)
	w.fault = func(_ int, c string) fault {
		if strings.HasPrefix(c, "PUT v1/exports/") {
			return diesBefore
		}
		return fine
	}
	_ = w.land("web_xvda.raw")
	if w.fault = nil; len(w.open()) != 1 {
		t.Fatalf("open %q", w.open())
	}
	delete(w.objects, "web_xvda.raw")
	if err := w.sweep(); err != nil || len(w.open()) != 0 || len(w.notices) != 0 {
		t.Errorf("open %q, %d notices, %v", w.open(), len(w.notices), err)
	}
}

// An event can leave two readings of a key; only one is there.
func TestSecondReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("web+2_xvda.raw", 9)
	w.put("a b_xvda.raw", 8)
	w.put("secret.txt", 9)
	_, _ = w.invoke(func(ctx context.Context, d *export.Driver) error {
		return d.Land(ctx, []export.Object{
			{Bucket: bucket, Keys: []string{"web 2_xvda.raw", "web+2_xvda.raw"}},
			{Bucket: bucket, Keys: []string{"a b_xvda.raw", "a+b_xvda.raw"}},
			{Bucket: bucket, Keys: []string{"gone_xvda.raw", "secret.txt"}}, // the second is no disk
		}, true)
	})
	if len(w.notices) != 2 || w.notices[1].Request.File != "a b_xvda.raw" || w.notices[0].Request.File != "web+2_xvda.raw" || w.notices[0].Request.Prefix != "web+2" {
		t.Errorf("%+v", w.notices)
	}
}

// The function that hears of files has no right to start exports.
func TestLandStartsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud = func(int) error { return errFull }
	_, _ = w.start(web)
	w.cloud, w.now = nil, w.now.Add(3*time.Hour) // long due
	if err := w.land(systemDisk); err != nil {
		t.Fatal(err)
	}
	if e := w.entry(exportID(web)); w.exportCalls() != 1 || e.State != ledger.Retry {
		t.Errorf("%d calls of ExportImages, %s", w.exportCalls(), e.State)
	}
	w.sweepFor(24 * time.Hour)
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}

// A storm of events that are junk, or forged: nobody is told of anything, the ledger
// stays as it is, and each costs at most a look for its log, its first entry and the
// file; one more in a whole invocation.
func TestEventStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.silent = true
	const events, batch = 100_000, 100
	forged := 0
	for i := 0; i < events; i += batch {
		var keys []string
		for n := i; n < i+batch; n++ {
			switch n % 4 {
			case 0:
				keys = append(keys, fmt.Sprintf("logs/%d.gz", n))
			case 1:
				keys = append(keys, fmt.Sprintf("nightly-20261122t030000z-%d_manifest.json", n))
			case 2:
				keys, forged = append(keys, fmt.Sprintf("x%d_xvda.raw", n)), forged+1
			case 3:
				keys, forged = append(keys, fmt.Sprintf("nightly-20261122t030000z-%d_img-%d_system_snap-%d.raw", n, n, n)), forged+1
			}
		}
		if err := w.land(keys...); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.notices) != 0 || len(w.keys("")) != 0 {
		t.Errorf("%d notices, %d objects in the ledger", len(w.notices), len(w.keys("")))
	}
	if most := 3*forged + events/batch; len(w.calls) > most {
		t.Errorf("%d requests for %d events, %d of them forged; want at most %d", len(w.calls), events, forged, most)
	}
}
