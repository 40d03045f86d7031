package fsck_test

import (
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

func TestLog(t *testing.T) {
	t.Parallel()
	w := healthy(t)
	bad := w.entryKey(running, 1)
	w.put(bad, "{")
	w.put(strings.Replace(bad, "000001.json", "notes.txt", 1), "")
	var states []ledger.State
	var errs []error
	for e, err := range fsck.Log(t.Context(), w.memory, prefix, running.ID) {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		states = append(states, e.State)
	}
	if len(states) != 1 || states[0] != ledger.Accepted || len(errs) != 1 || !strings.Contains(errs[0].Error(), bad) {
		t.Errorf("%q, %v", states, errs)
	}
	for e, err := range fsck.Log(t.Context(), w.memory, prefix, young.ID) {
		t.Errorf("no log has %+v, %v", e, err)
	}
	n := 0
	for range fsck.Log(t.Context(), w.memory, prefix, plain.ID) {
		if n++; n == 3 {
			break
		}
	}
	denied := &outcome.Error{Kind: outcome.Config, Op: "GetBucket", Code: "AccessDenied"}
	for _, err := range fsck.Log(t.Context(), lame{Store: w.memory, list: func([]string) ([]string, error) { return nil, denied }}, prefix, plain.ID) {
		if !outcome.Is(err, outcome.Config) {
			t.Error(err)
		}
	}
}
