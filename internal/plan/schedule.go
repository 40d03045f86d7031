package plan

import (
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/cron"
)

const (
	// nearSlot is how far a timer event may be from the instant that it stands for.
	nearSlot = 2 * time.Minute
	// early is how far before its minute a timer may fire and still be of it.
	early = 5 * time.Second
)

// Slot returns the due instant that a timer event stands for, from the event's
// own time. The local clock of a late or doubled invocation would name another
// slot. Without a schedule it is the event's minute; a timer that is early by
// less than [early] has the next one.
func (p Plan) Slot(at time.Time) (time.Time, error) {
	if p.Schedule == "" {
		return at.UTC().Add(early).Truncate(time.Minute), nil
	}
	schedule, err := cron.Parse(p.Schedule)
	if err != nil {
		return time.Time{}, err
	}
	slot, ok := schedule.Nearest(at, nearSlot)
	if !ok {
		return time.Time{}, fmt.Errorf("plan %q is not due within %s of %s: its schedule is %q in UTC+8; give the timer trigger the same one",
			p.Name, nearSlot, at.UTC().Format(time.RFC3339), p.Schedule)
	}
	return slot.UTC(), nil
}

// Next returns the first n due instants after the given one, ascending, in UTC.
// There are fewer where the schedule ends, and none without a schedule.
func (p Plan) Next(after time.Time, n int) []time.Time {
	schedule, err := cron.Parse(p.Schedule)
	if err != nil {
		return nil
	}
	var list []time.Time
	for at := schedule.Next(after); !at.IsZero() && len(list) < n; at = schedule.Next(at) {
		list = append(list, at.UTC())
	}
	return list
}

// Due returns the due instants after from, up to and including to, ascending, in
// UTC: the last most of them if there are more. There are none without a
// schedule.
func (p Plan) Due(from, to time.Time, most int) []time.Time {
	schedule, err := cron.Parse(p.Schedule)
	if err != nil || most <= 0 {
		return nil
	}
	first := schedule.Next(from)
	if first.IsZero() || first.After(to) {
		return nil // says so at once, also where from is far back
	}
	from = first.Add(-1)
	// Finding the next instant is far cheaper than finding the one before. So go
	// back in spans of growing length, and forward through each.
	const longest = 365 * 24 * time.Hour
	var list []time.Time // ascending
	for span := time.Hour; len(list) < most && to.After(from); span = min(2*span, longest) {
		start := to.Add(-span)
		if start.Before(from) {
			start = from
		}
		list = append(through(schedule, start, to), list...)
		to = start
	}
	return list[max(0, len(list)-most):]
}

// through returns the due instants after from, up to and including to.
func through(schedule cron.Schedule, from, to time.Time) []time.Time {
	var list []time.Time
	for at := schedule.Next(from); !at.IsZero() && !at.After(to); at = schedule.Next(at) {
		list = append(list, at.UTC())
	}
	return list
}
