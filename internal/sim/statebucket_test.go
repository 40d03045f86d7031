package sim

import (
	"context"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/outcome"
)

// inside runs f as an invocation in a world in which nothing else happens.
func inside(t *testing.T, opt Options, prepare func(*world), f func(ctx context.Context, i *instance)) *world {
	t.Helper()
	opt.Days, opt.Faultless = 1, true
	w := newWorld(1, opt)
	w.events = nil
	prepare(w)
	done := false
	w.occupy(&w.export, "test", func(*invocation, []byte, error) {}, func(ctx context.Context, i *instance) ([]byte, error) {
		f(ctx, i)
		done = true
		return nil, nil
	})
	for next, ok := w.next(); ok; next, ok = w.next() {
		next()
	}
	if !done {
		t.Error("the invocation did not come to its end")
	}
	return w
}

// Two creates that race both get 200, and the later one stands: a writer that does
// not wait for the settling time is deceived, one that does is not.
func TestCreateRaces(t *testing.T) {
	t.Parallel()
	const key = statePrefix + "v1/open/20261201t000000z-x"
	inside(t, Options{}, func(w *world) {
		w.window = raceWindow
		w.rates[createRaces] = 1
		w.calm = time.Hour
	}, func(ctx context.Context, i *instance) {
		var errs [2]error
		s := state{i}
		i.width = 2
		i.pool(2, func(k int) { errs[k] = s.Create(ctx, key, []byte{byte('a' + k)}) })
		if errs[0] != nil || errs[1] != nil {
			t.Errorf("two creates that race: %v, %v; want both to pass", errs[0], errs[1])
		}
		_ = i.sleep(ctx, raceWindow)
		first, err := s.Get(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		_ = i.sleep(ctx, time.Minute)
		if second, _ := s.Get(ctx, key); string(second) != string(first) {
			t.Errorf("%q stood after the race, and %q later", first, second)
		}
		if err := s.Create(ctx, key, []byte("c")); !outcome.Is(err, outcome.Exists) {
			t.Errorf("a create of a taken key: %v", err)
		}
	})
}

// A request takes effect although its caller was killed; the caller's next line
// never runs.
func TestKilledCaller(t *testing.T) {
	t.Parallel()
	const key = statePrefix + "v1/open/20261201t000000z-x"
	w := newWorld(1, Options{Days: 1, Faultless: true})
	w.events = nil
	reached := false
	w.occupy(&w.export, "test", func(*invocation, []byte, error) {}, func(ctx context.Context, i *instance) ([]byte, error) {
		w.at(w.now, i.serves.kill)
		_ = state{i}.Create(ctx, key, []byte("a"))
		reached = true
		return nil, nil
	})
	for next, ok := w.next(); ok; next, ok = w.next() {
		next()
	}
	if reached || w.ledger.get(key) == nil {
		t.Errorf("the caller went on: %t; the object stands: %t; want false and true", reached, w.ledger.get(key) != nil)
	}
}

// The previous version cannot read what the present one wrote.
func TestOldVersion(t *testing.T) {
	t.Parallel()
	const key = statePrefix + "v1/open/20261201t000000z-x"
	inside(t, Options{}, func(*world) {}, func(ctx context.Context, i *instance) {
		s := state{i}
		if err := s.Create(ctx, key, []byte(`{"schema":2,"x":1}`)); err != nil {
			t.Fatal(err)
		}
		old := &instance{w: i.w, old: true, serves: i.serves}
		if body, _ := (state{old}).Get(ctx, key); string(body) != `{"schema":99,"x":1}` {
			t.Errorf("the previous version reads %s", body)
		}
		if body, _ := s.Get(ctx, key); string(body) != `{"schema":2,"x":1}` {
			t.Errorf("its writer reads %s", body)
		}
	})
}
