package scf

import (
	"fmt"
	"strings"
	"time"
)

// COSTrigger fires for objects in a bucket (583/9707, 583/39901).
type COSTrigger struct {
	Bucket string // full name, with the appid
	Event  string // such as cos:ObjectCreated:* or cos:ObjectCreated:Put
	Prefix string // of the key; may be empty
	Suffix string // of the key, starting with a dot; may be empty
}

// ObjectEvent is what happened to an object.
type ObjectEvent struct {
	Name         string // such as cos:ObjectCreated:CompleteMultipartUpload
	Bucket       string // full name, with the appid
	Key          string // raw
	ETag         string // with or without quotes
	StorageClass string // empty means STANDARD
	ContentType  string
	RequestID    string
	SourceIP     string // empty means 127.0.0.1
	Size         int64
	Time         time.Time
}

// cosBinding is a trigger of a function.
type cosBinding struct {
	COSTrigger
	function string
}

// cosEvents are the names that can be bound; a class ends in "*" too.
var cosEvents = map[string][]string{
	"cos:ObjectCreated": {"Put", "Post", "Copy", "CompleteMultipartUpload", "Origin", "Replication"},
	"cos:ObjectRemove":  {"Delete", "DeleteMarkerCreated"},
	"cos:ObjectRestore": {"Post", "Completed"},
}

// AddCOSTrigger binds a bucket's events to a function. One event fires at most
// one function, so a trigger that could share an event with another trigger of
// the bucket is refused.
func (r *Runtime) AddCOSTrigger(function string, t COSTrigger) error {
	if err := t.validate(r.cfg.Account.AppID); err != nil {
		return err
	}
	if _, err := r.function(function); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ofFunction, ofBucket := 0, 0
	for _, b := range r.buckets {
		if b.function == function {
			ofFunction++
		}
		if b.Bucket == t.Bucket {
			ofBucket++
		}
		if b.overlaps(t) {
			return fmt.Errorf("cos trigger %v of function %q overlaps with %v of function %q: an event fires at most one function", t, function, b.COSTrigger, b.function)
		}
	}
	if ofFunction >= maxTriggers || ofBucket >= maxTriggers {
		return fmt.Errorf("cos trigger %v: function %q has %d and the bucket %d, and neither may have more than %d", t, function, ofFunction, ofBucket, maxTriggers)
	}
	r.buckets = append(r.buckets, cosBinding{t, function})
	return nil
}

// ObjectEvent fires the trigger that is bound to the event, if there is one.
func (r *Runtime) ObjectEvent(e ObjectEvent) {
	r.mu.Lock()
	var bound *function
	for _, b := range r.buckets {
		if b.matches(e) {
			bound = r.functions[b.function]
		}
	}
	r.mu.Unlock()
	if bound != nil {
		r.deliver(bound, e.Key, newEvent("cos", r.cosPayload(e, bound.name)))
	}
}

// String describes the trigger as an operator would.
func (t COSTrigger) String() string {
	return fmt.Sprintf("%s on %s (prefix %q, suffix %q)", t.Event, t.Bucket, t.Prefix, t.Suffix)
}

func (t COSTrigger) validate(appID string) error {
	class, name := t.class()
	known := name == "*"
	for _, n := range cosEvents[class] {
		known = known || n == name
	}
	switch {
	case cosEvents[class] == nil || !known:
		return fmt.Errorf("cos trigger %v: no event %q", t, t.Event)
	case !strings.HasSuffix(t.Bucket, "-"+appID):
		return fmt.Errorf("cos trigger %v: bucket does not end in this account's appid %s", t, appID)
	case t.Suffix != "" && t.Suffix[0] != '.':
		return fmt.Errorf("cos trigger %v: a suffix must start with a dot", t)
	}
	return nil
}

// class cuts cos:ObjectCreated:Put into cos:ObjectCreated and Put.
func (t COSTrigger) class() (class, name string) {
	i := strings.LastIndex(t.Event, ":")
	return t.Event[:max(i, 0)], t.Event[i+1:]
}

func (t COSTrigger) matches(e ObjectEvent) bool {
	return t.Bucket == e.Bucket && namesMeet(t.Event, e.Name) &&
		strings.HasPrefix(e.Key, t.Prefix) && strings.HasSuffix(e.Key, t.Suffix)
}

// overlaps reports whether some event could fire both triggers.
func (t COSTrigger) overlaps(u COSTrigger) bool {
	return t.Bucket == u.Bucket && namesMeet(t.Event, u.Event) &&
		(strings.HasPrefix(t.Prefix, u.Prefix) || strings.HasPrefix(u.Prefix, t.Prefix)) &&
		(strings.HasSuffix(t.Suffix, u.Suffix) || strings.HasSuffix(u.Suffix, t.Suffix))
}

// namesMeet compares event names, of which either may end in "*".
func namesMeet(a, b string) bool {
	wide := func(a, b string) bool { return strings.HasSuffix(a, "*") && strings.HasPrefix(b, a[:len(a)-1]) }
	return a == b || wide(a, b) || wide(b, a)
}
