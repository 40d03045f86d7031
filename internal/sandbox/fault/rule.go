// Package fault is what goes wrong between a program and the cloud: answers
// that come late, or not at all although the request took effect; servers that
// fail or throttle; events that are lost, doubled or late.
//
// A Set holds rules. Each says which requests or events it is about, what
// happens to them, and how often. Rules are asked in the order in which they
// were added: latencies add up, and the first rule of another kind decides. So a
// test, or a person at the control API, switches exactly one trouble on and off,
// while the services behind know nothing of it.
//
// Latency is real time, for the programs on the other side of the wire live in
// it. Delays of events are sandbox time.
package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Kind is what happens to a request or event.
type Kind string

// The effect of a request is whatever its handler does.
const (
	Latency    Kind = "latency"     // the request waits for Delay, then goes on
	LostAnswer Kind = "lost-answer" // effect, then the connection ends without an answer
	Reset      Kind = "reset"       // no effect; the connection is reset
	Error500   Kind = "error-500"   // no effect; internal error as the service says it
	Error503   Kind = "error-503"   // no effect; unavailable as the service says it
	Lost500    Kind = "lost-500"    // effect, then the answer of error-500
	Throttle   Kind = "throttle"    // no effect; too many requests as the service says it
	Answer     Kind = "answer"      // no effect; Status and Body of the rule, for words of any service

	// The function instance that sent the request is killed at that point.
	CrashBefore Kind = "crash-before" // no effect
	CrashAfter  Kind = "crash-after"  // killed, and after Delay the effect: the request was in flight

	EventLost    Kind = "event-lost"
	EventDoubled Kind = "event-doubled" // delivered at once and again after Delay
	EventLate    Kind = "event-late"    // delivered after Delay
)

var kinds = []Kind{Latency, LostAnswer, Reset, Error500, Error503, Lost500, Throttle, Answer, CrashBefore, CrashAfter, EventLost, EventDoubled, EventLate}

func (k Kind) event() bool { return strings.HasPrefix(string(k), "event-") }

// Rule says what happens to which requests or events. In Host, Action and Key,
// * stands for any text, slashes included, and ? for any character; an empty one
// matches everything.
type Rule struct {
	ID string `json:"id,omitempty"` // chosen by Add if empty
	// Host is the name of the service, without port. Requests only.
	Host string `json:"host,omitempty"`
	// Action is X-TC-Action for the Cloud API. For COS it is what the request
	// does: HEAD, GET, PUT, DELETE, COPY, APPEND, LIST, LIST-UPLOADS, INITIATE,
	// PART, COMPLETE, ABORT. For others, the method. Requests only; in any case.
	Action string `json:"action,omitempty"`
	// Key is the object key or path, decoded and without its leading slash;
	// for events, the name that Deliver gets.
	Key  string `json:"key,omitempty"`
	Kind Kind   `json:"kind"`
	// Probability is the share of matching requests that the rule acts upon,
	// from 0 to 1. Zero means all, as 1 does.
	Probability float64 `json:"probability,omitempty"`
	// Seed makes the choices of Probability others; 0 means the set's own.
	Seed uint64 `json:"seed,omitempty"`
	// Count is how many times the rule acts before it is spent; 0 is for ever.
	Count int `json:"count,omitempty"`
	// Delay is the length of a latency or of an event's delay, and Throttle's
	// Retry-After, 1 s if zero. Any other fault happens after it; in JSON it is
	// text such as "1.5s".
	Delay time.Duration `json:"-"`
	// Status and Body are what kind Answer says; the status is 200 if zero, as chat
	// services have it even for refusals.
	Status int    `json:"status,omitempty"`
	Body   string `json:"body,omitempty"`
}

// jsonRule carries the Delay as text.
type jsonRule struct {
	plainRule
	Delay string `json:"delay,omitempty"`
}

type plainRule Rule // Rule without its methods

// MarshalJSON writes the form that UnmarshalJSON reads.
func (r Rule) MarshalJSON() ([]byte, error) {
	j := jsonRule{plainRule: plainRule(r)}
	if r.Delay != 0 {
		j.Delay = r.Delay.String()
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads a rule and checks it. Unknown fields are errors.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var j jsonRule
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return fmt.Errorf("fault: %w", err)
	}
	rule := Rule(j.plainRule)
	if j.Delay != "" {
		var err error
		if rule.Delay, err = time.ParseDuration(j.Delay); err != nil {
			return fmt.Errorf("fault: delay %q: want a duration such as 1.5s", j.Delay)
		}
	}
	if err := rule.validate(); err != nil {
		return err
	}
	*r = rule
	return nil
}

func (r Rule) validate() error {
	switch {
	case !slices.Contains(kinds, r.Kind):
		return fmt.Errorf("fault: kind %q: want one of %s", r.Kind, kindList())
	case !(r.Probability >= 0 && r.Probability <= 1): // NaN as well
		return fmt.Errorf("fault: probability %v: want 0 to 1", r.Probability)
	case r.Count < 0:
		return fmt.Errorf("fault: count %d: want 0 or more", r.Count)
	case r.Delay < 0:
		return fmt.Errorf("fault: delay %q: want 0 or more", r.Delay)
	case r.Delay == 0 && (r.Kind == Latency || r.Kind == EventLate):
		return fmt.Errorf("fault: kind %q needs a delay", r.Kind)
	case r.Kind != Answer && (r.Status != 0 || r.Body != ""):
		return fmt.Errorf("fault: kind %q takes no status or body; %q does", r.Kind, Answer)
	case r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("fault: status %d: want 200 to 599", r.Status)
	case r.Kind.event() && (r.Host != "" || r.Action != ""):
		return fmt.Errorf("fault: kind %q takes a key, but no host or action", r.Kind)
	}
	return nil
}

func kindList() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}
