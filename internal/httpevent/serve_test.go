package httpevent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/event"
	"github.com/imageferry/imageferry/internal/httpevent"
)

// TestServeMux takes the whole way: the payload of the platform, Decode, a
// ServeMux with patterns, and the JSON that the function returns.
func TestServeMux(t *testing.T) {
	t.Parallel()
	type key struct{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/plans/{name}/run", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, "%s %v %s %s", r.PathValue("name"), r.Context().Value(key{}), r.FormValue("dry"), body)
	})
	ctx := context.WithValue(context.Background(), key{}, "ctx")
	tests := []struct{ method, path, want string }{
		{"POST", "/v1/plans/nightly/run", `{"isBase64Encoded":false,"statusCode":202,"headers":{"Content-Type":"text/plain"},"body":"nightly ctx 1 {}"}`},
		{"POST", "/v1/plans/a%2Fb/run", `{"isBase64Encoded":false,"statusCode":202,"headers":{"Content-Type":"text/plain"},"body":"a/b ctx 1 {}"}`},
		{"GET", "/v1/plans/nightly/run", `{"isBase64Encoded":false,"statusCode":405,"headers":{"Allow":"POST","Content-Type":"text/plain; charset=utf-8","X-Content-Type-Options":"nosniff"},"body":"Method Not Allowed\n"}`},
		{"POST", "/v2", `{"isBase64Encoded":false,"statusCode":404,"headers":{"Content-Type":"text/plain; charset=utf-8","X-Content-Type-Options":"nosniff"},"body":"404 page not found\n"}`},
	}
	for _, tt := range tests {
		t.Run(tt.method+tt.path, func(t *testing.T) {
			t.Parallel()
			raw := fmt.Sprintf(`{"httpMethod":%q,"path":%q,"headers":{},"queryString":{"dry":"1"},"body":"{}"}`, tt.method, tt.path)
			e, err := event.Decode([]byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.Marshal(httpevent.Serve(ctx, mux, e.(event.HTTP)))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestFailures swaps the default logger, so it is not parallel.
func TestFailures(t *testing.T) {
	var logged bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&logged, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })

	const unfinished, tooLarge = "the request could not be finished", "the answer is larger than the platform delivers"
	var nowhere *event.HTTP
	tests := []struct {
		name   string
		serve  func(http.ResponseWriter)
		detail string
		logs   string
	}{
		{"panic with a string", func(http.ResponseWriter) { panic("CANARY") }, unfinished, `"type":"string"`},
		{"panic with an error", func(http.ResponseWriter) { panic(fmt.Errorf("CANARY: %w", io.EOF)) }, unfinished, `"type":"*fmt.wrapError"`},
		{"nil pointer", func(http.ResponseWriter) { _ = nowhere.Body }, unfinished, `"type":"runtime.errorString"`},
		{"abort", func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, unfinished, `"type":"*errors.errorString"`},
		{"panic after an answer", func(w http.ResponseWriter) { _, _ = io.WriteString(w, "CANARY"); panic(1) }, unfinished, `"type":"int"`},
		{"no status", func(w http.ResponseWriter) { w.WriteHeader(7) }, unfinished, `"type":"string"`},
		{"too much in one piece", func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 6_000_001)) }, tooLarge, `"limit":6000000`},
		{"too much in pieces", func(w http.ResponseWriter) {
			var err error
			for range 100 {
				_, err = w.Write(make([]byte, 100_000))
			}
			if err == nil {
				panic("not told")
			}
		}, tooLarge, `"limit":6000000`},
		{"too much once encoded", func(w http.ResponseWriter) { _, _ = io.WriteString(w, strings.Repeat("<", 1_000_000)) }, tooLarge, `"limit":6000000`},
		{"too much in base64", func(w http.ResponseWriter) { _, _ = w.Write(bytes.Repeat([]byte{0xff}, 4_500_000)) }, tooLarge, `"limit":6000000`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			logged.Reset()
			h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { tt.serve(w) })
			resp := httpevent.Serve(context.Background(), h, event.HTTP{Method: "GET", Path: "/", Header: http.Header{"Authorization": {"CANARY"}}})
			want := fmt.Sprintf("{\"title\":\"Internal Server Error\",\"status\":500,\"detail\":%q}\n", tt.detail)
			if resp.StatusCode != 500 || string(resp.Body) != want {
				t.Errorf("got %d %.200s\nwant %s", resp.StatusCode, resp.Body, want)
			}
			if log := logged.String(); !strings.Contains(log, tt.logs) || strings.Contains(log, "CANARY") {
				t.Errorf("logged %s", log)
			}
			if log := logged.String(); tt.detail == unfinished && !strings.Contains(log, `"at":"github.com/imageferry/imageferry/internal/httpevent`) {
				t.Errorf("logged no place: %s", log)
			}
		})
	}
}
