package scf

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/rpc"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

// Limits on what travels (583/11637).
const (
	maxSyncEvent  = 6 << 20
	maxAsyncEvent = 128 << 10
	maxResponse   = 6 << 20
)

// Invocation is one try of one event, as the function's log keeps it.
type Invocation struct {
	RequestID string // the same for all tries of an event
	Source    string // "invoke", "async", "url", "cos", or "timer:" and the trigger's name
	Retry     int    // 0 for the first try
	Dropped   bool   // asynchronous, and this failed try was the last

	Start    time.Time     // sandbox time
	Duration time.Duration // real time, without the start of an instance
	Memory   int64         // bytes, the instance's peak so far; 0 if it died
	Status   int           // CodeOK or the error's code

	ErrorType, ErrorMessage string
	Stack                   []string // of a panic
	Log                     []string // lines of the instance's output; the first 64 KiB are kept
}

// Result is what a synchronous caller gets.
type Result struct {
	Invocation
	Payload []byte // JSON that the handler returned; empty on error
}

// event is what waits for an instance.
type event struct {
	id      string
	source  string
	payload []byte
	env     map[string]string // the trigger's own variables
	retry   int
}

// Invoke runs an event and waits for the answer. A failure of the function is an
// *Error, as are a payload above 6 MB (406), an answer above 6 MB (407), and more
// events than the function may run at once (432). If ctx ends earlier, Invoke
// returns its error, while the function runs on, as on the platform.
func (r *Runtime) Invoke(ctx context.Context, name string, payload []byte) (Result, error) {
	return r.invoke(ctx, name, event{id: requestID(), source: "invoke", payload: payload})
}

func (r *Runtime) invoke(ctx context.Context, name string, e event) (Result, error) {
	fn, err := r.function(name)
	if err != nil {
		return Result{}, err
	}
	if len(e.payload) > maxSyncEvent {
		return Result{}, errTooLarge(CodeEventTooLarge, "event", len(e.payload), maxSyncEvent)
	}
	p, err := r.reserve(fn, (*pool).tryReserve)
	if err != nil {
		return Result{}, err
	}
	type answer struct {
		result Result
		err    error
	}
	done := make(chan answer, 1)
	if err := r.start(func() {
		fn.begin()
		defer fn.finish()
		result, err := r.try(fn, p, e)
		fn.record(result.Invocation)
		done <- answer{result, err}
	}); err != nil {
		p.release()
		return Result{}, err
	}
	select {
	case a := <-done:
		return a.result, a.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// reserve gets a place in the pool that serves the function now.
func (r *Runtime) reserve(fn *function, reserve func(*pool) error) (*pool, error) {
	for {
		p := fn.current()
		err := reserve(p)
		if !errors.Is(err, errReplaced) {
			return p, err
		}
		if r.ctx.Err() != nil {
			return nil, errClosed
		}
	}
}

// try runs an event in a reserved place of p, and releases the place.
func (r *Runtime) try(fn *function, p *pool, e event) (Result, error) {
	defer p.release()
	result := Result{Invocation: Invocation{RequestID: e.id, Source: e.source, Retry: e.retry, Start: r.cfg.Clock.Now()}}
	i, err := p.take(r.ctx)
	if err != nil {
		return result.failed(startError(err))
	}
	begin := time.Now()
	payload, failure := r.call(i, p.Function, e)
	result.Duration = time.Since(begin)
	result.Memory = peakMemory(i.cmd.Process.Pid)
	i.freeze()
	result.Log = i.out.take()
	p.give(i, failure.spent())
	if failure != nil {
		return result.failed(failure)
	}
	result.Status, result.Payload = CodeOK, payload
	return result, nil
}

func (r Result) failed(e *Error) (Result, error) {
	r.Status, r.ErrorType, r.ErrorMessage, r.Stack = e.Code, e.Type, e.Message, e.Stack
	return r, e
}

// startError says why there is no instance: the function's fault or ours.
func startError(err error) *Error {
	e := &Error{Code: CodeSystem, Type: "InternalError", Message: fmt.Sprintf("no instance: %v", err)}
	if exit := (*Error)(nil); errors.As(err, &exit) {
		e.Code, e.Type = exit.Code, exit.Type
	}
	return e
}

// call sends the event to the instance and waits for its answer, its end, or the
// deadline, at which it is killed.
func (r *Runtime) call(i *instance, f Function, e event) ([]byte, *Error) {
	deadline := time.Now().Add(f.Timeout)
	timer := time.NewTimer(f.Timeout)
	defer timer.Stop()
	var response messages.InvokeResponse
	call := i.rpc.Go("Function.Invoke", r.request(f, e, deadline), &response, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		if call.Error == nil {
			return answer(response)
		}
		i.kill() // the connection broke; an instance that lives is of no use
		return nil, errExit(i.cmd.ProcessState.String())
	case <-timer.C:
		i.kill()
		return nil, errTimeout(f.Timeout)
	case <-r.ctx.Done():
		i.kill()
		return nil, errExit(errClosed.Error())
	}
}

// answer reads what the handler gave back.
func answer(response messages.InvokeResponse) ([]byte, *Error) {
	if e := response.Error; e != nil {
		failure := &Error{Code: CodeUserError, Type: e.Type, Message: e.Message}
		for _, f := range e.StackTrace {
			failure.Stack = append(failure.Stack, fmt.Sprintf("%s:%d %s", f.Path, f.Line, f.Label))
		}
		return nil, failure
	}
	if n := len(response.Payload); n > maxResponse {
		return nil, errTooLarge(CodeResponseTooLarge, "answer", n, maxResponse)
	}
	return response.Payload, nil
}

// requestID returns a random UUID.
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
