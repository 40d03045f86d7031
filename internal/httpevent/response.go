package httpevent

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"
)

// maxResponse is the largest result in bytes that the platform takes from a
// function that somebody waits for: 6 MB (583/96099), read as the smaller unit.
const maxResponse = 6_000_000

// Response is a handler's answer. Its JSON is the shape that Function URLs and
// API Gateway ask of a function (583/96099, 583/12513):
//
//	{"isBase64Encoded":false,"statusCode":200,"headers":{"Content-Type":"text/html"},"body":"…"}
//
// A header that is repeated becomes an array. A body that is not UTF-8 is
// encoded as base64, since JSON could not hold it.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte
}

// MarshalJSON implements json.Marshaler. It does not fail.
func (r Response) MarshalJSON() ([]byte, error) {
	wire := struct {
		IsBase64Encoded bool           `json:"isBase64Encoded"`
		StatusCode      int            `json:"statusCode"`
		Headers         map[string]any `json:"headers"`
		Body            string         `json:"body"`
	}{
		IsBase64Encoded: !utf8.Valid(r.Body),
		StatusCode:      r.StatusCode,
		Headers:         make(map[string]any, len(r.Header)),
		Body:            string(r.Body),
	}
	if wire.IsBase64Encoded {
		wire.Body = base64.StdEncoding.EncodeToString(r.Body)
	}
	for name, values := range r.Header {
		switch len(values) {
		case 0:
		case 1:
			wire.Headers[name] = values[0]
		default:
			wire.Headers[name] = values
		}
	}
	return json.Marshal(wire)
}

// tooLarge measures the encoded form: JSON makes up to six bytes of one.
func (r Response) tooLarge() bool {
	if len(r.Body) < maxResponse/10 {
		return false // with room for the headers
	}
	b, err := json.Marshal(r)
	return err != nil || len(b) > maxResponse
}

// recorder collects what a handler writes, by the rules of http.ResponseWriter.
type recorder struct {
	header   http.Header // the handler's, until it is sent
	sent     http.Header // a copy, from WriteHeader on
	status   int         // 0 until WriteHeader
	body     bytes.Buffer
	overflow bool
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

func (w *recorder) Header() http.Header { return w.header }

// WriteHeader ignores informational statuses and all but the first final one.
// It panics for what is no status at all, as net/http does.
func (w *recorder) WriteHeader(status int) {
	switch {
	case status < 100 || status > 999:
		panic(fmt.Sprintf("invalid status code %d", status))
	case status < 200 || w.status != 0:
		return
	}
	w.status, w.sent = status, w.header.Clone()
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if !bodyAllowed(w.status) {
		return 0, http.ErrBodyNotAllowed
	}
	if w.overflow = w.overflow || w.body.Len()+len(p) > maxResponse; w.overflow {
		return 0, errors.New("response too large for the platform")
	}
	return w.body.Write(p)
}

// response returns what was recorded, with the content type that net/http
// would have guessed. A HEAD request is answered without the body.
func (w *recorder) response(method string) Response {
	w.WriteHeader(http.StatusOK)
	resp := Response{StatusCode: w.status, Header: w.sent, Body: w.body.Bytes()}
	if _, set := resp.Header["Content-Type"]; !set && len(resp.Body) > 0 {
		resp.Header.Set("Content-Type", http.DetectContentType(resp.Body))
	}
	if method == http.MethodHead {
		resp.Body = nil
	}
	return resp
}

func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}
