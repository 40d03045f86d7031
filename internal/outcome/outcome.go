// Package outcome is what the answer of a remote call means for us.
//
// A call ends in one of three ways: it worked, it was refused, or nobody knows.
// The third is why this package exists. A time-out after the request was sent,
// a 5xx, an answer that cannot be read: the effect may or may not have happened,
// and it must be taken for neither. ExportImages has no client token and its
// task cannot be queried, so repeating an unknown call may export twice.
//
// Adapters classify once, at the edge; each [Kind] has one consequence, decided
// by whoever asked.
package outcome

import (
	"errors"
	"fmt"
	"time"
)

// Kind is what to do about an error.
type Kind int

// The kinds. The zero value is Unknown on purpose: what nobody classified is
// not known to have failed.
const (
	Unknown  Kind = iota // the effect may have happened: look for evidence before repeating
	Later                // refused for now (limit, busy): try again at a later tick
	Image                // refused for this image for good: report and go on
	Config               // a person must change settings or permissions
	Bug                  // our request is wrong
	NotFound             // the object does not exist
	Exists               // the object exists already
	Full                 // refused for now, and so would be all that are like it: stop asking until a later tick
	Gone                 // refused for good: the receiver wants to be asked nothing more, ever
)

var names = [...]string{"unknown", "later", "image", "config", "bug", "not-found", "exists", "full", "gone"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind(%d)", int(k))
	}
	return names[k]
}

// Error is a classified answer. Its text names the call and the service's code,
// and never an address, a signature or a body: those carry secrets.
type Error struct {
	Kind      Kind
	Op        string // the call, such as "ExportImages"
	Code      string // the service's own code, such as "LimitExceeded.ExportImageTaskLimitExceeded"
	Message   string // the service's words
	Hint      string // the way out, for people; may be empty
	RequestID string // for a support ticket
	// After is how long to wait before the next try, where the service says so.
	After time.Duration
}

func (e *Error) Error() string {
	s := e.Op + ": " + e.Code
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	if e.RequestID != "" {
		s += " [request " + e.RequestID + "]"
	}
	return s
}

// Of returns the kind of an error: Unknown unless it says otherwise.
func Of(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Unknown
}

// Is reports whether err was classified as k. A nil error is of no kind.
func Is(err error, k Kind) bool { return err != nil && Of(err) == k }
