package export_test

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/ledger"
)

var update = flag.Bool("update", false, "write the golden files anew")

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
	proof := 0 // what the protocol's figure does not have: that nobody writes, what is inside, the manifest, who is muted
	for _, c := range w.calls {
		for _, prefix := range []string{"LIST uploads", "GET ranges", "PUT manifest", "LIST v1/channels/"} {
			if strings.HasPrefix(c, prefix) {
				proof++
			}
		}
	}
	if n := len(w.calls) - proof; n > 20 || proof > 4 {
		t.Errorf("%d requests for one export and %d to prove it; the protocol allows 20", n, proof)
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

// What a sweep costs: two requests, and for each export that it finds waiting two
// and one for each file.
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
