package export_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

func TestSweepGoesOnPastDamage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	for i := range 250 { // more than a page of them, older than ours
		key := fmt.Sprintf("v1/open/20260101t000000z-damaged-%03d", i)
		if err := w.store.Create(ctx, key, []byte("{")); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.store.Create(ctx, "v1/open/README", nil); err != nil {
		t.Fatal(err)
	}
	_, _ = w.start(web)
	w.now = w.now.Add(time.Hour)
	err := w.sweep()
	if err == nil || !strings.Contains(err.Error(), "damaged-249") || !strings.Contains(err.Error(), "README") {
		t.Errorf("%v; want the damaged ones named", err)
	}
	if e := w.entry(exportID(web)); e.Verdict != ledger.Complete || e.State != ledger.Closed {
		t.Errorf("%s behind the damaged ones", e.State)
	}
}

// A marker whose body is damaged still names an export that has a log.
func TestDamagedMarkerOfARunningExport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, _ = w.start(web)
	key := w.open()[0]
	_ = w.store.Delete(t.Context(), key)
	_ = w.store.Create(t.Context(), key, []byte("{"))
	w.now = w.now.Add(time.Hour)
	if err := w.sweep(); err != nil {
		t.Error(err)
	}
	w.wantClosed(exportID(web), ledger.Complete, 1, 1)
}
