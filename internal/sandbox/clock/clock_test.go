package clock_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/clock"
)

func TestRunsFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, begin := clock.New(60), time.Now()
		if err := c.Sleep(t.Context(), time.Hour); err != nil {
			t.Fatal(err)
		}
		if real := time.Since(begin); real != time.Minute {
			t.Errorf("an hour of the sandbox took %s, want a minute", real)
		}
		if now := c.Now(); !now.Equal(begin.Add(time.Hour)) || now.Location() != time.UTC {
			t.Errorf("it is %s, want an hour after %s, in UTC", now, begin)
		}
	})
}

func TestSpeedIsNeverZero(t *testing.T) {
	for _, speed := range []float64{0, -3} {
		if got := clock.New(speed).Speed(); got != 1 {
			t.Errorf("New(%v) runs at %v, want 1", speed, got)
		}
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := clock.New(1).Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
}

func TestAfterFunc(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, ran := clock.New(10), new(atomic.Int32)
		c.AfterFunc(10*time.Second, func() { ran.Add(1) })
		stop := c.AfterFunc(10*time.Second, func() { ran.Add(100) })
		if !stop() {
			t.Error("stop found it too late")
		}
		time.Sleep(999 * time.Millisecond)
		synctest.Wait()
		if ran.Load() != 0 {
			t.Error("it ran early")
		}
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if n := ran.Load(); n != 1 {
			t.Errorf("%d runs, want the one that was not stopped", n)
		}
	})
}
