package event

import "time"

// Timer is one tick of a timer trigger.
//
// A repeated delivery carries the same Time, so Trigger and Time together
// name the tick.
type Timer struct {
	Trigger string    // name of the trigger
	Time    time.Time // when the tick was due, in UTC
	Message string    // what the operator attached to the trigger (CustomArgument, at most 4 KB), as it stands
}

// Kind returns "timer".
func (Timer) Kind() string { return "timer" }

func (Timer) sealed() {}

func decodeTimer(top fields) (Event, error) {
	var t Timer
	var err error
	if t.Trigger, err = top.text("TriggerName"); err != nil {
		return nil, malformed("timer: %w", err)
	}
	if t.Message, err = top.text("Message"); err != nil {
		return nil, malformed("timer: %w", err)
	}
	at, err := top.text("Time")
	if err != nil {
		return nil, malformed("timer: %w", err)
	}
	// Without the time of the tick there is no telling which run is due, and
	// the local clock is no substitute: this may be a retry.
	when, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return nil, malformed("timer: field %q is not an RFC 3339 time", "Time")
	}
	t.Time = when.UTC()
	return t, nil
}
