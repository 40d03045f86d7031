package api

import (
	_ "embed"
	"net/http"
)

// openAPI is written by hand; a test holds it to the routes and to the forms that
// are sent.
//
//go:embed openapi.yaml
var openAPI []byte

// document serves the description of the API.
func document(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml") // RFC 9512
	_, _ = w.Write(openAPI)                            // an error means that the caller has gone
}
