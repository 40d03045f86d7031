// Package problem is how Image Ferry says over HTTP that a request failed: a
// problem document (RFC 9457), with a hint on what to do about it.
//
// Whatever is put in a problem is sent to the caller. It is written for that
// reader, and never made of an error from inside.
package problem

import (
	"encoding/json"
	"net/http"
)

// ContentType is the media type of a problem document.
const ContentType = "application/problem+json"

// Problem is one problem document. Only Status is needed.
type Problem struct {
	Type     string `json:"type,omitempty"`     // URI of the kind of problem; without one the status says it all
	Title    string `json:"title"`              // the same for every problem of a kind; by default the status text
	Status   int    `json:"status"`             // HTTP status code, 400 to 599
	Detail   string `json:"detail,omitempty"`   // what is wrong with this request
	Hint     string `json:"hint,omitempty"`     // what the reader can do about it; an extension of the RFC
	Instance string `json:"instance,omitempty"` // URI of this occurrence, such as a request id
}

// Write sends p as the whole response. Headers that w already has are kept.
func Write(w http.ResponseWriter, p Problem) {
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Length") // it would be that of the answer that went wrong
	w.WriteHeader(p.Status)
	// The one possible error is a caller who has gone.
	_ = json.NewEncoder(w).Encode(p)
}
