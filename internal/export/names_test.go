package export_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

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
	w.fault = func(_ int, c string) fault {
		if c == "ExportImages img-aaaa" && len(w.tasks) == 0 {
			return refused
		}
		return fine
	}
	_, _ = w.start(web, "img-aaaa") // the first is uploading, then there
	w.fault = nil
	for range 6 {
		w.now = w.now.Add(5 * time.Minute)
		_ = w.sweep()
	}
	if e := w.entry(exportID("img-aaaa")); e.State != ledger.Accepted || e.TaskID != 2 || e.Attempt != 2 {
		t.Errorf("%s, task %d, attempt %d; want it started again", e.State, e.TaskID, e.Attempt)
	}
}
