package scf

import (
	"errors"
	"fmt"
	"time"
)

// Status codes of invocations (583/55008). The platform has more; these are the
// ones that the sandbox gives.
const (
	CodeOK               = 200
	CodeNotFound         = 404 // not of that list: the API's ResourceNotFound.Function
	CodeEventTooLarge    = 406
	CodeResponseTooLarge = 407
	CodeUserError        = 430 // the handler returned an error or panicked
	CodeOverLimit        = 432 // more events at once than instances are allowed
	CodeTimeout          = 433
	CodeNoHandler        = 437
	CodeProcessExit      = 439
	CodeSystem           = 500
)

// Error is an invocation that failed, or was not begun.
type Error struct {
	Code    int      // of the list above
	Type    string   // Go type of the handler's error or panic value, or the platform's word
	Message string   // as the caller sees it
	Stack   []string // of a panic, innermost first, as "path:line function"
}

func (e *Error) Error() string { return fmt.Sprintf("scf %d %s: %s", e.Code, e.Type, e.Message) }

// spent reports whether the instance cannot take another event after this.
func (e *Error) spent() bool {
	return e != nil && (e.Code == CodeTimeout || e.Code == CodeProcessExit || e.Stack != nil)
}

var errClosed = errors.New("scf runtime is closed")

func errNoHandler(format string, args ...any) *Error {
	return &Error{Code: CodeNoHandler, Type: "HandlerNotFound", Message: fmt.Sprintf(format, args...)}
}

func errTimeout(d time.Duration) *Error {
	return &Error{Code: CodeTimeout, Type: "FunctionTimeout", Message: fmt.Sprintf("Invoking task timed out after %g seconds", d.Seconds())}
}

func errExit(state string) *Error {
	return &Error{Code: CodeProcessExit, Type: "ProcessExit", Message: "process ended before it answered: " + state}
}

func errTooLarge(code int, what string, size, limit int) *Error {
	return &Error{Code: code, Type: "LimitExceeded", Message: fmt.Sprintf("%s has %d bytes, more than %d", what, size, limit)}
}
