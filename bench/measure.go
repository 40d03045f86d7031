package main

import (
	"fmt"
	"slices"
	"time"
)

// warmCalls is how often each process is invoked after its first reply.
const warmCalls = 20

// variant is one way to do the job.
type variant struct {
	name  string
	start func() (*instance, error)
	next  func() (call, error) // a new event, made outside of what is measured
	cold  traffic              // what the first invocation of a process must cause
	later traffic              // what each later one must cause
}

// sample is what one process showed.
type sample struct {
	first time.Duration // from the start of the process to its first reply
	cpu   time.Duration // processor time until then
	peak  int64         // bytes of memory, at the end
	warm  time.Duration // median of the invocations after the first
	cold  traffic
	later traffic // of all invocations after the first together
}

// sampleOf starts a process, lets it work, and ends it.
func (c *cloud) sampleOf(v variant) (s sample, err error) {
	e, err := v.next()
	if err != nil {
		return s, err
	}
	before, begin := c.traffic(), time.Now()
	i, err := v.start()
	if err != nil {
		return s, err
	}
	defer i.stop()
	if err := i.do(e); err != nil {
		return s, err
	}
	s.first = time.Since(begin)
	if s.cpu, err = i.cpu(); err != nil {
		return s, err
	}
	s.cold = c.traffic().since(before)
	if err := c.warm(i, v, &s); err != nil {
		return s, err
	}
	s.peak, err = i.peak()
	return s, err
}

func (c *cloud) warm(i *instance, v variant, s *sample) error {
	var times []time.Duration
	for range warmCalls {
		e, err := v.next()
		if err != nil {
			return err
		}
		before, begin := c.traffic(), time.Now()
		if err := i.do(e); err != nil {
			return err
		}
		times = append(times, time.Since(begin))
		t := c.traffic().since(before)
		s.later = traffic{s.later.requests + t.requests, s.later.connections + t.connections}
	}
	s.warm = median(times)
	return nil
}

// do invokes the function and looks whether it did what it was told.
func (i *instance) do(e call) error {
	answer, err := i.invoke(e.event, e.environment)
	if err != nil {
		return err
	}
	return e.check(answer)
}

// interleaved measures all variants in turn, round after round, so that a busy
// moment of the machine meets all of them.
func (c *cloud) interleaved(variants []variant, rounds int, progress func(round int)) (map[string][]sample, error) {
	all := map[string][]sample{}
	for round := range rounds {
		for _, v := range variants {
			s, err := c.sampleOf(v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", v.name, err)
			}
			all[v.name] = append(all[v.name], s)
		}
		progress(round + 1)
	}
	return all, nil
}

// median returns the middle value of field over all samples.
func of[T any, N ~int64](samples []T, field func(T) N) N {
	values := make([]N, len(samples))
	for i, s := range samples {
		values[i] = field(s)
	}
	return median(values)
}

func median[N ~int64](values []N) N {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
