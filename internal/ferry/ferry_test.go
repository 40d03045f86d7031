package ferry

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func plansFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plans.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const plans = `{"version":3,"plans":{"nightly":{"images":[{"id":"img-72n9mi0y"}],"format":"RAW","deadline":86400000000000,"unchanged":"skip","catchUp":"newest","catchUpWithin":86400000000000}}}`

var settings = []string{"FERRY_REGION=ap-guangzhou", "FERRY_IMAGE_BUCKET=images-1250000000", "FERRY_STATE_BUCKET=state-1250000000"}

func TestOpen(t *testing.T) {
	t.Parallel()
	f, err := Open(settings, plansFile(t, plans))
	if err != nil {
		t.Fatal(err)
	}
	d := f.Driver
	if d.Region != "ap-guangzhou" || d.Settle != 5*time.Second || d.Ledger == nil || d.Cloud == nil || d.Files == nil || d.Log == nil || len(f.Plans) != 1 {
		t.Errorf("%+v", d)
	}
	if channels := d.Notify.Channels(); len(channels) != 0 {
		t.Errorf("channels without a webhook: %+v", channels)
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ []string
		plans   string
		want    string
	}{
		"no settings":  {nil, plans, "FERRY_REGION"},
		"one bucket":   {append([]string{"FERRY_STATE_BUCKET=images-1250000000"}, settings[:2]...), plans, "FERRY_STATE_BUCKET"},
		"broken plans": {settings, "{", "plans.json"},
	} {
		if _, err := Open(test.environ, plansFile(t, test.plans)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(settings, filepath.Join(t.TempDir(), "plans.json")); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "make package") {
		t.Errorf("no plans: %v", err)
	}
}

// An instance that could not open tries again at its next event.
func TestInstanceTriesAgain(t *testing.T) {
	t.Parallel()
	var i Instance
	for range 2 {
		if f, err := i.Get(); err == nil || f != nil { // no settings, and no plans beside the test binary
			t.Errorf("%v, %v", f, err)
		}
	}
}

func TestPool(t *testing.T) {
	t.Parallel()
	var done [100]atomic.Bool
	var running, most atomic.Int64
	pool(len(done), func(i int) {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		done[i].Store(true)
		running.Add(-1)
	})
	for i := range done {
		if !done[i].Load() {
			t.Errorf("%d was not run before pool returned", i)
		}
	}
	if most.Load() > parallel || running.Load() != 0 {
		t.Errorf("%d at a time", most.Load())
	}
	pool(0, func(int) { t.Error("nothing to run") })
}

func TestSleep(t *testing.T) {
	t.Parallel()
	if err := sleep(t.Context(), 0); err != nil {
		t.Error(err)
	}
	if err := sleep(t.Context(), time.Millisecond); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, d := range []time.Duration{0, time.Hour} {
		if err := sleep(ctx, d); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", d, err)
		}
	}
}
