package scf

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/imageferry/imageferry/internal/cron"
)

// Timer is a timer trigger (583/9708).
type Timer struct {
	Name    string // at most 60 letters, digits, - and _, with a letter first
	Cron    string // seven fields, read in UTC+8
	Message string // at most 4 KB, given to the function as it is
}

// TimerState is a Timer and what becomes of it.
type TimerState struct {
	Timer
	Enabled bool
	Next    time.Time // sandbox time of the next firing; zero if there is none
}

const (
	maxTriggers     = 10 // of one type per function
	maxTimerMessage = 4 << 10
)

var timerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,59}$`)

// timer is a Timer of a function; the function's mutex guards what changes.
type timer struct {
	Timer
	schedule cron.Schedule
	next     time.Time
	disable  context.CancelFunc // nil while the timer is disabled
}

// AddTimer binds an enabled timer to a function.
func (r *Runtime) AddTimer(function string, t Timer) error {
	fn, err := r.function(function)
	if err != nil {
		return err
	}
	schedule, err := cron.Parse(t.Cron)
	switch {
	case err != nil:
		return fmt.Errorf("timer %q: %w", t.Name, err)
	case !timerName.MatchString(t.Name):
		return fmt.Errorf("timer %q: the name must be at most 60 letters, digits, - and _, with a letter first", t.Name)
	case len(t.Message) > maxTimerMessage:
		return fmt.Errorf("timer %q: the message has %d bytes, more than %d", t.Name, len(t.Message), maxTimerMessage)
	}
	if err := fn.addTimer(&timer{Timer: t, schedule: schedule}); err != nil {
		return err
	}
	return r.EnableTimer(function, t.Name, true)
}

func (fn *function) addTimer(t *timer) error {
	fn.mu.Lock()
	defer fn.mu.Unlock()
	switch {
	case fn.timer(t.Name) != nil:
		return fmt.Errorf("timer %q: function %q has one of that name", t.Name, fn.name)
	case len(fn.timers) == maxTriggers:
		return fmt.Errorf("timer %q: function %q has %d timers, the most it may have", t.Name, fn.name, maxTriggers)
	}
	fn.timers = append(fn.timers, t)
	return nil
}

// EnableTimer switches a timer on or off. Instants that pass while it is off are
// not made up for.
func (r *Runtime) EnableTimer(function, name string, on bool) error {
	fn, t, err := r.timer(function, name)
	if err != nil {
		return err
	}
	fn.mu.Lock()
	defer fn.mu.Unlock()
	switch {
	case on && t.disable == nil:
		ctx, disable := context.WithCancel(r.ctx)
		next := t.schedule.Next(r.cfg.Clock.Now())
		if err := r.start(func() { r.tick(ctx, fn, t, next) }); err != nil {
			disable()
			return err
		}
		t.disable, t.next = disable, next
	case !on && t.disable != nil:
		t.disable()
		t.disable, t.next = nil, time.Time{}
	}
	return nil
}

// Fire fires a timer now, enabled or not, as the console's test button does, and
// returns the request id. What becomes of the event, Deliver decides as always.
func (r *Runtime) Fire(function, name string) (requestID string, err error) {
	return r.FireAt(function, name, r.cfg.Clock.Now())
}

// FireAt fires a timer now whose event says that it is of another time: one that
// comes late, early, or once more.
func (r *Runtime) FireAt(function, name string, at time.Time) (requestID string, err error) {
	fn, t, err := r.timer(function, name)
	if err != nil {
		return "", err
	}
	e := t.event(at)
	r.deliver(fn, e.source, e)
	return e.id, nil
}

// Timers returns the function's timers in the order in which they were added.
func (r *Runtime) Timers(function string) []TimerState {
	fn, err := r.function(function)
	if err != nil {
		return nil
	}
	fn.mu.Lock()
	defer fn.mu.Unlock()
	var states []TimerState
	for _, t := range fn.timers {
		states = append(states, TimerState{Timer: t.Timer, Enabled: t.disable != nil, Next: t.next})
	}
	return states
}

// timer finds a timer; fn.mu is held.
func (fn *function) timer(name string) *timer {
	for _, t := range fn.timers {
		if t.Name == name {
			return t
		}
	}
	return nil
}

func (r *Runtime) timer(function, name string) (*function, *timer, error) {
	fn, err := r.function(function)
	if err != nil {
		return nil, nil, err
	}
	fn.mu.Lock()
	defer fn.mu.Unlock()
	t := fn.timer(name)
	if t == nil {
		return nil, nil, fmt.Errorf("function %q has no timer %q", function, name)
	}
	return fn, t, nil
}

// tick fires the timer at each due instant. It goes on from the instant that it
// fired, not from the time at which it woke, so that a fast clock skips none.
func (r *Runtime) tick(ctx context.Context, fn *function, t *timer, due time.Time) {
	for !due.IsZero() && r.cfg.Clock.Sleep(ctx, due.Sub(r.cfg.Clock.Now())) == nil {
		r.deliver(fn, "timer:"+t.Name, t.event(due))
		due = t.schedule.Next(due)
		fn.mu.Lock()
		if ctx.Err() == nil {
			t.next = due
		}
		fn.mu.Unlock()
	}
}

// event is what the function gets. The document calls Time the trigger's
// creation time, but its samples are firing times, in UTC.
func (t *timer) event(at time.Time) event {
	payload, _ := json.Marshal(struct{ Type, TriggerName, Time, Message string }{
		"Timer", t.Name, at.UTC().Format(time.RFC3339), t.Message,
	}) // a struct of strings always has a JSON form
	e := newEvent("timer:"+t.Name, payload)
	e.env = map[string]string{"TRIGGER_SRC": "timer"}
	return e
}
