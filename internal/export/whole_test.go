package export_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
)

const pair = "img-cccccccc" // an image with two disks

// landedPair is a world in which both files of the pair have just landed.
func landedPair(t *testing.T) (w *world, keys []string) {
	w = newWorld(t)
	w.addImage(pair, 2)
	_, _ = w.start(pair)
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	return w, w.tasks[0].request.Files()
}

// No task flag makes a success: a file that is no disk is told of as what it is.
func TestFlawedFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		flaws   []diskimage.Verdict // of the system disk and the data disk
		verdict ledger.State
		reason  string
	}{
		"both whole":              {[]diskimage.Verdict{"", ""}, ledger.Complete, ""},
		"the data disk is none":   {[]diskimage.Verdict{"", diskimage.NotADisk}, ledger.Partial, "not-a-disk"},
		"the system disk is odd":  {[]diskimage.Verdict{diskimage.Suspicious, ""}, ledger.Partial, "suspicious"},
		"odd, and none":           {[]diskimage.Verdict{diskimage.Suspicious, diskimage.NotADisk}, ledger.Failed, "not-a-disk"},
		"both odd":                {[]diskimage.Verdict{diskimage.Suspicious, diskimage.Suspicious}, ledger.Failed, "suspicious"},
		"a verdict nobody knows":  {[]diskimage.Verdict{"", "perhaps"}, ledger.Partial, "not-verified"},
		"an empty one is no word": {[]diskimage.Verdict{"", "none"}, ledger.Partial, "not-verified"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, keys := landedPair(t)
			w.flaws = map[string]diskimage.Verdict{}
			for i, v := range test.flaws {
				if v != "" {
					w.flaws[keys[i]] = v
				}
			}
			if err := w.land(keys[1]); err != nil {
				t.Fatal(err)
			}
			w.wantClosed(exportID(pair), test.verdict, 1, 1)
			e := w.entry(exportID(pair))
			if e.Reason != test.reason || len(e.Landed) != 2 || e.Landed[0].Check == nil || e.Landed[1].Check == nil {
				t.Errorf("reason %q, landed %+v", e.Reason, e.Landed)
			}
			for i, v := range test.flaws {
				if v != "" && !strings.Contains(e.Detail, keys[i]) {
					t.Errorf("%q does not name %s", e.Detail, keys[i])
				}
			}
			manifests := 0
			if test.verdict != ledger.Failed {
				manifests = 1
			}
			if len(w.manifests) != manifests {
				t.Errorf("%d manifests", len(w.manifests))
			}
		})
	}
}

// What CVM said of a disk is what its file is held against.
func TestWanted(t *testing.T) {
	t.Parallel()
	w, keys := landedPair(t)
	_ = w.land(keys...)
	if len(w.wanted) != 2 || !w.wanted[0].System || w.wanted[1].System || w.wanted[0].Bytes != 50<<30 || w.wanted[0].Format != "QCOW2" {
		t.Errorf("%+v", w.wanted)
	}
}

// Somebody writes to a file that is there: what it holds now says nothing.
func TestWrittenAgain(t *testing.T) {
	t.Parallel()
	w, keys := landedPair(t)
	w.uploads = keys[1:]
	if err := w.land(keys...); err != nil || len(w.notices) != 0 {
		t.Fatalf("%d notices, %v", len(w.notices), err)
	}
	w.uploads = nil
	w.put(keys[1], 7)
	_ = w.land(keys[1])
	w.wantClosed(exportID(pair), ledger.Complete, 1, 1)
	if e := w.entry(exportID(pair)); e.Landed[1].Size != 7 {
		t.Errorf("told of %+v", e.Landed[1])
	}
}

// A file is replaced between the look at it and the look into it: no verdict, and
// the next tick looks anew.
func TestSwapped(t *testing.T) {
	t.Parallel()
	w, keys := landedPair(t)
	w.at = func(_ int, c string) {
		if c == "GET ranges "+keys[1] {
			w.put(keys[1], 7)
			w.at = nil
		}
	}
	if err := w.land(keys...); err == nil || len(w.notices) != 0 {
		t.Fatalf("%d notices, %v", len(w.notices), err)
	}
	_ = w.sweep()
	w.wantClosed(exportID(pair), ledger.Complete, 1, 1)
}

// We may not look into files: people hear at once, once, and again when it is over.
func TestNotAllowedToLook(t *testing.T) {
	t.Parallel()
	w, keys := landedPair(t)
	w.closed = true
	_ = w.land(keys...)
	_ = w.sweep()
	_ = w.sweep()
	if told := w.told(ledger.KindStalled); len(told) != 1 || !strings.Contains(told[0].Detail, "AccessDenied") || len(w.told("")) != 0 {
		t.Fatalf("told %+v and %+v", told, w.told(""))
	}
	w.closed = false
	w.now = w.now.Add(2 * time.Hour)
	_ = w.sweep()
	w.wantClosed(exportID(pair), ledger.Complete, 1, 1)
}

func TestNeverAllowedToLook(t *testing.T) {
	t.Parallel()
	w, keys := landedPair(t)
	w.closed = true
	_ = w.land(keys...)
	w.sweepFor(30 * time.Hour)
	w.wantClosed(exportID(pair), ledger.Failed, 1, 1)
	if e := w.entry(exportID(pair)); e.Reason != "not-verified" || !strings.Contains(e.Detail, "AccessDenied") || !strings.Contains(e.Hint, "GetObject") {
		t.Errorf("%s: %s", e.Reason, e.Hint)
	}
}

// COS never lets us look, and never says why: it comes to an end all the same.
func TestNeverAnsweredWhenLooking(t *testing.T) {
	t.Parallel()
	w, keys := landedPair(t)
	w.fault = func(_ int, c string) fault {
		if strings.HasPrefix(c, "GET ranges") {
			return refused
		}
		return fine
	}
	_ = w.land(keys...)
	w.sweepFor(60 * time.Hour)
	w.wantClosed(exportID(pair), ledger.Failed, 1, 1)
	if e := w.entry(exportID(pair)); e.Reason != "not-verified" || !strings.Contains(e.Detail, "no answer") {
		t.Error(e.Reason, e.Detail)
	}
}

// CosPaths forgets a disk of the image: it is waited for all the same.
func TestPathsForgetADisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage(pair, 2)
	w.paths = func(all []string) []string { return all[:1] }
	_, _ = w.start(pair)
	w.now = w.now.Add(25 * time.Minute)
	keys := w.tasks[0].request.Files()
	w.takes = 0
	w.put(keys[0], 5)
	_ = w.land(keys[0])
	if len(w.notices) != 0 {
		t.Fatalf("told of %+v", w.notices)
	}
	w.sweepFor(30 * time.Hour)
	w.wantClosed(exportID(pair), ledger.Partial, 1, 1)
}

// Names that we would not have chosen are CVM's word.
func TestPathsOfAnotherScheme(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage(pair, 2)
	w.paths = func([]string) []string { return []string{"/x_xvda.raw", "/x_xvdb.raw"} }
	_, _ = w.start(pair)
	if e := w.entry(exportID(pair)); len(e.Expected) != 2 || e.Expected[0] != "x_xvda.raw" {
		t.Errorf("expected %q", e.Expected)
	}
}

// The files of one console export are one set, with one notice, in whatever order
// they land; one that comes after it was told of is told of alone.
func TestConsoleSet(t *testing.T) {
	t.Parallel()
	const a, b, c = "web_xvda.raw", "web_xvdb.raw", "web_xvdc.raw"
	for _, order := range [][]string{{a, b}, {b, a}} {
		w := newWorld(t)
		w.put(order[0], 5)
		w.uploads = order[1:]
		_ = w.land(order[0])
		if len(w.notices) != 0 {
			t.Fatalf("%v: told of %+v while the second is written", order, w.notices)
		}
		w.uploads = nil
		w.put(order[1], 6)
		for range 2 {
			_ = w.land(order...)
			_ = w.sweep()
		}
		if len(w.notices) != 1 || len(w.notices[0].Landed) != 2 || w.notices[0].Request.File != a || len(w.open()) != 0 {
			t.Fatalf("%v: told of %+v, open %q", order, w.notices, w.open())
		}
		w.put(c, 7)
		for range 2 {
			_ = w.land(c, a, b)
		}
		if len(w.notices) != 2 || len(w.notices[1].Landed) != 1 || w.notices[1].Landed[0].Key != c {
			t.Errorf("%v: told of %+v", order, w.notices)
		}
	}
}

// Two invocations hear of two files of a set at the same time, and the one that saw
// less reaches the verdict: the other sees that its file was not told of.
func TestConsoleSetJudgedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("web_xvda.raw", 5)
	w.put("web_xvdb.raw", 6)
	w.at = func(_ int, c string) {
		if strings.HasPrefix(c, "PUT v1/exports/") { // about to judge both
			w.at = nil
			hidden := w.objects["web_xvdb.raw"]
			delete(w.objects, "web_xvdb.raw")
			_ = w.land("web_xvda.raw")
			w.objects["web_xvdb.raw"] = hidden
		}
	}
	if err := w.land("web_xvdb.raw"); err != nil {
		t.Fatal(err)
	}
	_ = w.sweep()
	var told []string
	for _, n := range w.notices {
		for _, f := range n.Landed {
			told = append(told, f.Key)
		}
	}
	slices.Sort(told)
	if !slices.Equal(told, []string{"web_xvda.raw", "web_xvdb.raw"}) || len(w.open()) != 0 {
		t.Errorf("told of %q, open %q", told, w.open())
	}
}

// A listing that does not show a file yet makes it no stranger to its own set.
func TestConsoleSetInAStaleListing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("web_xvda.raw", 5)
	w.blind = true
	_ = w.land("web_xvda.raw")
	if len(w.notices) != 1 || w.notices[0].Verdict != ledger.Complete {
		t.Errorf("%+v", w.notices)
	}
}

// A text file with the name of a disk is told of as what it is.
func TestConsoleSetWithATextFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.put("web_xvda.raw", 5)
	w.flaws = map[string]diskimage.Verdict{"web_xvda.raw": diskimage.NotADisk}
	_ = w.land("web_xvda.raw")
	if len(w.notices) != 1 || w.notices[0].Verdict != ledger.Failed || w.notices[0].Reason != "not-a-disk" {
		t.Errorf("%+v", w.notices)
	}
}

// A manifest beside the files is an object that appears, and costs nothing.
func TestManifestStartsNothing(t *testing.T) {
	t.Parallel()
	w, keys := landedPair(t)
	_ = w.land(keys...)
	before := len(w.calls)
	w.put(w.tasks[0].request.Stem()+"manifest.json", 100)
	if err := w.land(w.tasks[0].request.Stem() + "manifest.json"); err != nil || len(w.calls) != before {
		t.Errorf("%d requests, %v", len(w.calls)-before, err)
	}
}

// People wait for the good news after a failure, and hear it as such.
func TestRecovered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := order(web).Plan
	w.takes = 0
	_, _ = w.fire(p, slot)
	w.sweepFor(30 * time.Hour)
	w.takes = 20 * time.Minute
	for day := 2; day <= 3; day++ {
		at := slot.AddDate(0, 0, day)
		w.now = at
		p.Unchanged = "export"
		if _, err := w.fire(p, at); err != nil {
			t.Fatal(err)
		}
		w.sweepFor(20 * time.Hour)
	}
	var kinds []string
	for _, n := range w.told("") {
		kinds = append(kinds, n.Kind())
	}
	if got := strings.Join(kinds, " "); got != "failed recovered completed" {
		t.Error(got)
	}
}

var _ export.Verifier = files{}
