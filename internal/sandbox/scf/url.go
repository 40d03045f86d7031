package scf

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// httpEvent is what a function gets for an HTTP request. The first five fields
// are the Function URL's (583/96099); API Gateway has the others too.
type httpEvent struct {
	Body        string            `json:"body"`
	Headers     map[string]string `json:"headers"`
	Method      string            `json:"httpMethod"`
	Path        string            `json:"path"`
	QueryString map[string]any    `json:"queryString"`

	*gatewayEvent
}

// FunctionURL serves the function as its Function URL does (583/96099,
// 583/96100), with AuthType NONE. What the documents leave open is done so:
//
//   - header names are lower-case, repeated values are joined with ", ";
//   - of a repeated query key the last value counts, and a bare ?x is empty;
//   - the path is passed as it was sent;
//   - bodies that are not UTF-8 are damaged, as the event has no base64 form;
//   - a function that fails gives status 500 and a JSON body with errorCode and
//     errorMessage; too large a request 413, too many at once 429.
func (r *Runtime) FunctionURL(function string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		e, err := readHTTP(req)
		if err != nil {
			writeFailure(w, err)
			return
		}
		for key, values := range req.URL.Query() {
			e.QueryString[key] = values[len(values)-1]
		}
		result, err := r.serve(req, function, "url", e)
		if err == nil {
			err = writeAnswer(w, result.Payload, true)
		}
		if err != nil {
			writeFailure(w, err)
		}
	})
}

func (r *Runtime) serve(req *http.Request, function, source string, e *httpEvent) (Result, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return Result{}, err
	}
	return r.invoke(req.Context(), function, newEvent(source, payload))
}

// readHTTP fills what both kinds of event have in common.
func readHTTP(req *http.Request) (*httpEvent, error) {
	body, err := io.ReadAll(io.LimitReader(req.Body, maxSyncEvent+1))
	if err != nil {
		return nil, fmt.Errorf("request body: %w", err)
	}
	if len(body) > maxSyncEvent {
		return nil, errTooLarge(CodeEventTooLarge, "request body", len(body), maxSyncEvent)
	}
	e := &httpEvent{
		Body:        string(body),
		Headers:     map[string]string{"host": req.Host},
		Method:      req.Method,
		Path:        req.URL.EscapedPath(),
		QueryString: map[string]any{},
	}
	for name, values := range req.Header {
		e.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	e.Headers["x-scf-remote-addr"] = remoteAddress(req) // over what the caller claims
	return e, nil
}

func remoteAddress(req *http.Request) string {
	if host, _, err := net.SplitHostPort(req.RemoteAddr); err == nil {
		return host
	}
	return req.RemoteAddr
}

// writeFailure answers for a function that did not.
func writeFailure(w http.ResponseWriter, err error) {
	failure := &Error{Code: CodeSystem, Type: "InternalError", Message: err.Error()}
	errors.As(err, &failure)
	status := http.StatusInternalServerError
	switch failure.Code {
	case CodeEventTooLarge:
		status = http.StatusRequestEntityTooLarge
	case CodeOverLimit:
		status = http.StatusTooManyRequests
	case CodeNotFound:
		status = http.StatusNotFound
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errorCode": failure.Code, "errorMessage": failure.Message})
}
