package httpevent_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/event"
	"github.com/imageferry/imageferry/internal/httpevent"
)

// capture serves e and returns the request that the handler was given, with
// its body.
func capture(t testing.TB, e event.HTTP) (*http.Request, string) {
	t.Helper()
	var got *http.Request
	var body []byte
	resp := httpevent.Serve(context.Background(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}), e)
	if got == nil {
		t.Fatalf("refused: %d %s", resp.StatusCode, resp.Body)
	}
	return got, string(body)
}

func TestRequest(t *testing.T) {
	t.Parallel()
	r, body := capture(t, event.HTTP{
		Method: "POST",
		Path:   "/v1/plans/a%2Fb/run",
		Query:  url.Values{"l": {"1", "2 3"}, "bare": {""}, "p+": {"ü&="}},
		Header: http.Header{
			"Host":              {"ferry.example.com"},
			"Content-Type":      {"text/plain"},
			"X-Two":             {"1", "2"},
			"X-Scf-Remote-Addr": {"203.0.113.9"},
		},
		Body:   "aGVsbG8=",
		Base64: true,
	})
	got := fmt.Sprint(r.Method, " ", r.Host, " ", r.URL.Path, " ", r.URL.EscapedPath(), " ", r.RequestURI, " ", r.RemoteAddr, " ", r.ContentLength, " ", body)
	want := "POST ferry.example.com /v1/plans/a/b/run /v1/plans/a%2Fb/run" +
		" /v1/plans/a%2Fb/run?bare=&l=1&l=2+3&p%2B=%C3%BC%26%3D 203.0.113.9:0 5 hello"
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if diff := cmp.Diff(url.Values{"l": {"1", "2 3"}, "bare": {""}, "p+": {"ü&="}}, r.URL.Query()); diff != "" {
		t.Errorf("query: -want +got\n%s", diff)
	}
	if diff := cmp.Diff(http.Header{"Content-Type": {"text/plain"}, "X-Two": {"1", "2"}, "X-Scf-Remote-Addr": {"203.0.113.9"}}, r.Header); diff != "" {
		t.Errorf("header: -want +got\n%s", diff)
	}
}

func TestRequestLeavesEventAlone(t *testing.T) {
	t.Parallel()
	e := event.HTTP{Method: "GET", Path: "/", Header: http.Header{"Host": {"h"}, "A": {"1"}}}
	r, _ := capture(t, e)
	r.Header.Set("A", "2")
	if e.Header.Get("Host") != "h" || e.Header.Get("A") != "1" {
		t.Errorf("event's header is now %v", e.Header)
	}
}

func TestRemoteAddr(t *testing.T) {
	t.Parallel()
	tests := []struct{ source, header, want string }{
		{"", "", ""},
		{"203.0.113.1", "", "203.0.113.1:0"},
		{"", "2001:db8::1", "[2001:db8::1]:0"},
		{"203.0.113.1", "198.51.100.1", "203.0.113.1:0"},
		{"not an address", "198.51.100.1", "198.51.100.1:0"},
		{"", "1.2.3.4, 5.6.7.8", ""},
	}
	for _, tt := range tests {
		h := http.Header{}
		if tt.header != "" {
			h.Set("x-scf-remote-addr", tt.header)
		}
		r, _ := capture(t, event.HTTP{Method: "GET", Path: "/", Header: h, SourceIP: tt.source})
		if r.RemoteAddr != tt.want {
			t.Errorf("source %q, header %q: got %q, want %q", tt.source, tt.header, r.RemoteAddr, tt.want)
		}
	}
}

func TestBadRequest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		e      event.HTTP
		detail string
	}{
		{"base64", event.HTTP{Method: "POST", Path: "/", Body: "!CANARY", Base64: true}, "the body is marked as base64 and is not"},
		{"path", event.HTTP{Method: "GET", Path: "/%zz"}, "the path is not validly percent-encoded"},
		{"method", event.HTTP{Method: "GET /CANARY", Path: "/"}, "the method is not a valid one"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			resp := httpevent.Serve(context.Background(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				t.Error("handler was called")
			}), tt.e)
			want := fmt.Sprintf("{\"title\":\"Bad Request\",\"status\":400,\"detail\":%q}\n", tt.detail)
			if resp.StatusCode != 400 || string(resp.Body) != want {
				t.Errorf("got %d %s\nwant %s", resp.StatusCode, resp.Body, want)
			}
			if got := resp.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("content type %q", got)
			}
		})
	}
}

// TestSameAsServer holds that a handler cannot tell an event from a connection:
// the same request is made over net/http's server and as an event.
func TestSameAsServer(t *testing.T) {
	t.Parallel()
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %s %q %q %d %q", r.Method, r.Host, r.URL.Path, r.RequestURI, r.URL.Query(), r.Header["X-Test"], r.ContentLength, body)
	})
	server := httptest.NewServer(echo)
	t.Cleanup(server.Close)
	segment := rapid.StringOf(rapid.RuneFrom([]rune("az09-_.~ %/+é?#")))
	rapid.Check(t, func(t *rapid.T) {
		u, _ := url.Parse(server.URL)
		u.Path = "/" + segment.Draw(t, "path")
		query := url.Values(rapid.MapOfN(segment, rapid.SliceOfN(segment, 1, 3), 0, 3).Draw(t, "query"))
		u.RawQuery = query.Encode()
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		header := rapid.SliceOfN(rapid.StringMatching(`[a-z]{1,5}`), 1, 3).Draw(t, "header")

		want := overConnection(t, u, header, body)
		resp := httpevent.Serve(context.Background(), echo, event.HTTP{
			Method: "POST", Path: u.EscapedPath(), Query: query,
			Header: http.Header{"Host": {u.Host}, "X-Test": header},
			Body:   base64.StdEncoding.EncodeToString(body), Base64: true,
		})
		if got := string(resp.Body); got != want {
			t.Fatalf("\nevent  %s\nserver %s", got, want)
		}
	})
}

func overConnection(t *rapid.T, u *url.URL, header []string, body []byte) string {
	r, err := http.NewRequest("POST", u.String(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header["X-Test"] = header
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
