package main

import (
	"fmt"
	"time"
)

const (
	longRun = 2000 // invocations of one process
	newEach = 10   // of which every tenth brings something new; the others are repeats
	settled = 200  // after so many, nothing may grow any more
)

// endurance is what a process shows after a long life.
type endurance struct {
	peak        int64 // bytes of memory, after all invocations
	early, late int   // descriptors open after the first ones, and after all
}

// endure invokes one process longRun times.
func endure(start func() (*instance, error), next func(n int) (call, error)) (e endurance, err error) {
	i, err := start()
	if err != nil {
		return e, err
	}
	defer i.stop()
	for n := range longRun {
		event, err := next(n)
		if err != nil {
			return e, err
		}
		if err := i.do(event); err != nil {
			return e, fmt.Errorf("invocation %d: %w", n+1, err)
		}
		if n+1 == settled {
			if e.early, err = i.descriptors(); err != nil {
				return e, err
			}
		}
	}
	if e.late, err = i.descriptors(); err != nil {
		return e, err
	}
	e.peak, err = i.peak()
	return e, err
}

// sweepRequests is what a sweep asks of the cloud. It is the process's second one: the
// first connects, and ends what is still to be ended.
func (c *cloud) sweepRequests(start func() (*instance, error), prefix string) (int64, error) {
	i, err := start()
	if err != nil {
		return 0, err
	}
	defer i.stop()
	if err := i.do(c.tick(prefix, `{"sweep":true}`, 0)); err != nil {
		return 0, err
	}
	before := c.traffic()
	err = i.do(c.tick(prefix, `{"sweep":true}`, 1))
	return c.traffic().since(before).requests, err
}

// claims compares a plan of a hundred images with a hundred plans of one, in one
// warm process each. The images are refused ones, so that the ledger's work is
// measured and not the pace of ExportImages, which the function keeps to 20 a
// second.
func (c *cloud) claims(start func() (*instance, error)) (together, oneByOne time.Duration, err error) {
	timed := func(message string, first, n int) (time.Duration, error) {
		i, err := start()
		if err != nil {
			return 0, err
		}
		defer i.stop()
		var begin time.Time
		for k := range n + 1 { // the first makes connections and does not count
			e := c.tick("claims/", message, first+k)
			delete(e.environment, "FERRY_WEBHOOK_URL") // refusals would be told
			if k == 1 {
				begin = time.Now()
			}
			if err := i.do(e); err != nil {
				return 0, err
			}
		}
		return time.Since(begin), nil
	}
	if together, err = timed(planHundred, 0, 1); err != nil {
		return 0, 0, err
	}
	oneByOne, err = timed(planRefused, 0, len(refusedImages()))
	return together, oneByOne, err
}
