// Package clock is the time by which the sandbox's Tencent Cloud lives.
//
// What the cloud does by itself (an export task that takes an hour, a retry one
// minute later, a timer trigger) goes by this clock, which can run faster than
// the wall. What programs sign and check (request signatures, credentials,
// invocation deadlines) stays on the wall clock, because the programs on the
// other side of the wire have no other.
package clock

import (
	"context"
	"time"
)

// Clock runs at a fixed multiple of real time. The zero value is not usable;
// call New.
type Clock struct {
	start time.Time
	speed float64
}

// New returns a clock that reads the wall clock's time now and from here on
// runs speed times as fast. A speed of zero or less means 1.
func New(speed float64) *Clock {
	if speed <= 0 {
		speed = 1
	}
	return &Clock{start: time.Now(), speed: speed}
}

// Speed returns how many sandbox seconds pass in a real one.
func (c *Clock) Speed() float64 { return c.speed }

// Now returns the sandbox time, in UTC.
func (c *Clock) Now() time.Time {
	return c.start.Add(time.Duration(float64(time.Since(c.start)) * c.speed)).UTC()
}

// Real converts a sandbox duration into the real time that it takes.
func (c *Clock) Real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.speed)
}

// Sleep waits for the sandbox duration d, or until ctx ends.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(c.Real(d))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// AfterFunc runs f in its own goroutine once the sandbox duration d has passed;
// stop reports whether it prevented that.
func (c *Clock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(c.Real(d), f).Stop
}
