// Package event turns the raw payload of one function invocation into the
// thing that happened: a timer tick, an HTTP request, or objects that were
// created.
//
// The platform delivers every trigger as an untyped JSON document and says
// nowhere which trigger it was. Decode tells them apart by their fields, and
// is strict about it: an event that carries the marks of two kinds is Unknown,
// so that nobody who may send HTTP requests can make one that is taken for a
// timer. What no kind claims (test events of the console, EventBridge events,
// dead-letter messages) is Unknown too, which is not an error: an
// asynchronous invocation that fails is repeated, and repeating would not help.
//
//	Timer           "Type":"Timer"                      583/9708
//	HTTP            "httpMethod", "path", "headers"     583/96099, 583/12513
//	ObjectsCreated  "Records"[]."cos", "event"          583/9707
//
// (Numbers are pages of cloud.tencent.com/document/product.)
//
// Raw events are never logged and never quoted. They carry the signatures of
// whoever uploaded an object or called the function, so every error, Reason
// and Skipped text of this package is made of field names and limits only.
//
// Field names are matched in exact case, other than encoding/json does, and
// fields that this package does not know are ignored. Where a field is
// repeated, the last one counts.
package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Event is one of Timer, HTTP, ObjectsCreated and Unknown.
type Event interface {
	// Kind is "timer", "http", "objects" or "unknown": the word for logs.
	Kind() string

	sealed()
}

// Unknown is a JSON document that no kind of event claims. It is to be noted
// and otherwise left alone.
type Unknown struct {
	Reason string // made of field names, without any content
}

// Kind returns "unknown".
func (Unknown) Kind() string { return "unknown" }

func (Unknown) sealed() {}

// ErrMalformed marks a payload that is not JSON, or that claims to be of one
// kind and breaks its form. For an HTTP caller that is status 400.
var ErrMalformed = errors.New("malformed event")

// Decode reads the payload of one invocation.
//
// It returns an error that wraps ErrTooLarge or ErrMalformed; Event is nil
// then. The same bytes give the same error, so a retry is pointless.
func Decode(raw []byte) (Event, error) {
	if err := checkLimits(raw); err != nil {
		return nil, err
	}
	if !json.Valid(raw) {
		return nil, malformed("not valid JSON")
	}
	top, ok := parseFields(raw)
	if !ok {
		return Unknown{Reason: "the top level is not an object"}, nil
	}
	kinds := claims(top)
	switch {
	case len(kinds) == 0:
		return Unknown{Reason: foreign(top)}, nil
	case len(kinds) > 1:
		return Unknown{Reason: "fields of more than one kind: " + strings.Join(kinds, ", ")}, nil
	}
	switch kinds[0] {
	case HTTP{}.Kind():
		return decodeHTTP(top)
	case ObjectsCreated{}.Kind():
		return decodeObjects(top)
	default:
		return decodeTimer(top)
	}
}

// claims lists the kinds whose marks the event carries. Marks are looked for
// in any case although fields are read in exact case: an event with
// "Type":"Timer" and "httpmethod" is nothing that the platform sends.
func claims(top fields) []string {
	var timer, http, objects bool
	for name := range top {
		switch {
		case strings.EqualFold(name, "Type"):
			s, err := top.text(name)
			timer = timer || err == nil && s == "Timer"
		case strings.EqualFold(name, "Records"):
			objects = true
		case isHTTPField(name):
			http = true
		}
	}
	var kinds []string
	if timer {
		kinds = append(kinds, Timer{}.Kind())
	}
	if http {
		kinds = append(kinds, HTTP{}.Kind())
	}
	if objects {
		kinds = append(kinds, ObjectsCreated{}.Kind())
	}
	return kinds
}

// foreign says what an event is that no kind claims, as far as it is known.
func foreign(top fields) string {
	switch {
	case top.has("specversion"):
		return `a CloudEvents document of EventBridge (field "specversion")`
	case top.has("ErrorMessage") && top.has("Body"):
		return `a dead-letter message (fields "ErrorMessage" and "Body")`
	}
	return `no mark of a known kind (fields "Type", "httpMethod", "Records")`
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrMalformed, fmt.Errorf(format, args...))
}
