// Package httpevent is net/http inside an event: it lets an ordinary
// http.Handler answer the HTTP requests that the platform delivers as JSON.
//
// The handler is given what net/http's own server would give it, and its
// answer becomes the JSON document that the platform turns back into HTTP.
// A request always gets an answer: what goes wrong here, or a handler that
// panics, ends as a problem document with a status, never as an error of the
// function, for which a Function URL has no documented status (583/96099).
//
// The answer is all there is: no streaming, no hijacking, no informational
// responses. What a function returns is also written to its log by the
// platform, so an answer must hold no secrets.
package httpevent

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"

	"github.com/imageferry/imageferry/internal/event"
	"github.com/imageferry/imageferry/internal/problem"
)

// Serve lets h answer the request e. ctx becomes the request's context.
//
// A request that cannot be read is answered with status 400. A panic of h or an
// answer that is larger than the platform takes becomes status 500, without
// details; the type of the panic value and its place go to the default logger.
func Serve(ctx context.Context, h http.Handler, e event.HTTP) Response {
	r, err := newRequest(ctx, e)
	if err != nil {
		return Refuse(problem.Problem{Status: http.StatusBadRequest, Detail: err.Error()})
	}
	w := newRecorder()
	if panicked := run(h, w, r); panicked {
		return Refuse(problem.Problem{Status: http.StatusInternalServerError, Detail: "the request could not be finished"})
	}
	resp := w.response(r.Method)
	if w.overflow || resp.tooLarge() {
		slog.ErrorContext(ctx, "response too large", "request", e, "limit", maxResponse)
		return Refuse(problem.Problem{Status: http.StatusInternalServerError, Detail: "the answer is larger than the platform delivers"})
	}
	return resp
}

// run reports whether the handler panicked. The value is not logged: it may
// quote the request.
func run(h http.Handler, w http.ResponseWriter, r *http.Request) (panicked bool) {
	defer func() {
		if v := recover(); v != nil {
			panicked = true
			slog.ErrorContext(r.Context(), "handler panicked", "type", fmt.Sprintf("%T", v), "at", panicSite())
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// panicSite returns the function and line that panicked, while the panic is
// being recovered: the first frame below the runtime's own that raised it.
func panicSite() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
	raised := false
	for {
		f, more := frames.Next()
		if raised && !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s:%d", f.Function, f.Line)
		}
		raised = raised || f.Function == "runtime.gopanic"
		if !more {
			return "unknown"
		}
	}
}

// Refuse answers with a problem document without asking a handler, as is due to
// a caller whose event could not even be decoded.
func Refuse(p problem.Problem) Response {
	w := newRecorder()
	problem.Write(w, p)
	return w.response(http.MethodGet)
}
