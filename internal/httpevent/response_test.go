package httpevent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/event"
	"github.com/imageferry/imageferry/internal/httpevent"
)

// serve answers a request of the method with f.
func serve(method string, f func(http.ResponseWriter)) httpevent.Response {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { f(w) })
	return httpevent.Serve(context.Background(), h, event.HTTP{Method: method, Path: "/"})
}

// TestDocumentedShapes holds the answers against those of the documents.
func TestDocumentedShapes(t *testing.T) {
	t.Parallel()
	const page = "<html><body><h1>Exports</h1><p>All landed.</p></body></html>"
	tests := map[string]func(http.ResponseWriter){
		"testdata/gateway.json": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, page)
		},
		"testdata/gateway.repeated.json": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			for _, v := range []string{"value1", "value2", "value3"} {
				w.Header().Add("key", v)
			}
			_, _ = io.WriteString(w, page)
		},
		"testdata/functionurl.json": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Location", "/v1/exports/nightly-1")
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, `{ "id": "nightly-1" }`)
		},
	}
	for file, f := range tests {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// Function URLs are documented without isBase64Encoded; false is its default.
			want := map[string]any{"isBase64Encoded": false}
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, asJSON(t, serve("GET", f))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func asJSON(t *testing.T, r httpevent.Response) map[string]any {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestResponse(t *testing.T) {
	t.Parallel()
	type header = map[string]any
	tests := []struct {
		name   string
		method string
		f      func(http.ResponseWriter)
		status float64
		header header
		body   string
		base64 bool
	}{
		{"nothing", "GET", func(http.ResponseWriter) {}, 200, header{}, "", false},
		{"guessed type", "GET", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>") },
			200, header{"Content-Type": "text/html; charset=utf-8"}, "<html>", false},
		{"binary", "GET", func(w http.ResponseWriter) { _, _ = w.Write([]byte{0, 1, 0xff}) },
			200, header{"Content-Type": "application/octet-stream"}, "AAH/", true},
		{"null byte is text", "GET", func(w http.ResponseWriter) {
			w.Header()["Content-Type"] = nil
			_, _ = w.Write([]byte{0})
		}, 200, header{}, "\x00", false},
		{"head", "HEAD", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "text") },
			200, header{"Content-Type": "text/plain; charset=utf-8"}, "", false},
		{"no content", "DELETE", func(w http.ResponseWriter) {
			w.WriteHeader(204)
			if _, err := io.WriteString(w, "text"); err != http.ErrBodyNotAllowed {
				panic(err)
			}
		}, 204, header{}, "", false},
		{"first status counts", "GET", func(w http.ResponseWriter) {
			w.WriteHeader(103)
			w.WriteHeader(418)
			w.WriteHeader(200)
		}, 418, header{}, "", false},
		{"headers after the status are late", "GET", func(w http.ResponseWriter) {
			w.Header().Set("A", "1")
			w.WriteHeader(200)
			w.Header().Set("A", "2")
			w.Header().Set("B", "2")
		}, 200, header{"A": "1"}, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := map[string]any{"statusCode": tt.status, "headers": tt.header, "body": tt.body, "isBase64Encoded": tt.base64}
			if diff := cmp.Diff(want, asJSON(t, serve(tt.method, tt.f))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestLargeResponse(t *testing.T) {
	t.Parallel()
	for name, body := range map[string][]byte{
		"text":   bytes.Repeat([]byte("x"), 5_900_000),
		"binary": bytes.Repeat([]byte{0xff}, 4_400_000),
	} {
		resp := serve("GET", func(w http.ResponseWriter) { _, _ = w.Write(body) })
		if resp.StatusCode != 200 || !bytes.Equal(resp.Body, body) {
			t.Errorf("%s: status %d, %d bytes of %d", name, resp.StatusCode, len(resp.Body), len(body))
		}
	}
}
