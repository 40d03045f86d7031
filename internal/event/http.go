package event

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// HTTP is a request that came through a Function URL, or through API Gateway
// in its older and larger shape.
//
// The headers may hold credentials: String, GoString and LogValue show the
// method and the path alone, and JSON leaves everything else out.
type HTTP struct {
	Method string
	Path   string      // begins with a slash; as the platform gives it, which includes any gateway prefix
	Query  url.Values  `json:"-"` // decoded by the platform; "?name" is {"name": {""}}
	Header http.Header `json:"-"` // canonical names
	Body   string      `json:"-"`
	Base64 bool        `json:"-"` // Body is base64 (standard alphabet, padded)

	// SourceIP is the caller's address as the platform states it outside the
	// headers; empty for most Function URL requests.
	SourceIP string `json:"-"`
	// Gateway says that the event is API Gateway's.
	Gateway bool
}

// Kind returns "http".
func (HTTP) Kind() string { return "http" }

func (HTTP) sealed() {}

// String returns the method and the path.
func (h HTTP) String() string { return h.Method + " " + h.Path }

// GoString returns the same as String, so that %#v shows no headers either.
func (h HTTP) GoString() string { return h.String() }

// LogValue returns the method and the path.
func (h HTTP) LogValue() slog.Value {
	return slog.GroupValue(slog.String("method", h.Method), slog.String("path", h.Path))
}

// isHTTPField reports whether a top-level field name, in any case, marks a
// request. "body" is no mark: dead-letter messages have one.
func isHTTPField(name string) bool {
	return slices.ContainsFunc([]string{"httpMethod", "path", "headers", "queryString", "requestContext"},
		func(mark string) bool { return strings.EqualFold(name, mark) })
}

func decodeHTTP(top fields) (Event, error) {
	for _, name := range []string{"httpMethod", "path", "headers"} {
		if !top.has(name) {
			return Unknown{Reason: fmt.Sprintf("like an HTTP request, but without field %q", name)}, nil
		}
	}
	h, err := readHTTP(top)
	if err != nil {
		return nil, malformed("http: %w", err)
	}
	switch {
	case h.Method == "":
		return nil, malformed("http: field %q is empty", "httpMethod")
	case !strings.HasPrefix(h.Path, "/"):
		return nil, malformed("http: field %q does not begin with a slash", "path")
	}
	return h, nil
}

func readHTTP(top fields) (h HTTP, err error) {
	if h.Method, err = top.text("httpMethod"); err != nil {
		return h, err
	}
	if h.Path, err = top.text("path"); err != nil {
		return h, err
	}
	if h.Body, err = top.text("body"); err != nil {
		return h, err
	}
	query, err := top.lists("queryString")
	if err != nil {
		return h, err
	}
	headers, err := top.lists("headers")
	if err != nil {
		return h, err
	}
	h.Query, h.Header = query, canonical(headers)
	h.Base64 = slices.Contains([]string{`true`, `"true"`}, string(top["isBase64Encoded"]))
	return h, h.readContext(top)
}

// readContext reads what only API Gateway sends. A request context alone is
// not proof of the gateway: Function URLs have been seen to send one with
// just the caller's address.
func (h *HTTP) readContext(top fields) error {
	rc, err := top.object("requestContext")
	if err != nil {
		return err
	}
	h.Gateway = rc.has("serviceId")
	h.SourceIP, err = rc.text("sourceIp")
	return err
}

// canonical joins headers whose names differ only in case, in the byte order
// of their names.
func canonical(headers map[string][]string) http.Header {
	h := make(http.Header, len(headers))
	names := make([]string, 0, len(headers))
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		key := http.CanonicalHeaderKey(name)
		h[key] = append(h[key], headers[name]...)
	}
	return h
}
