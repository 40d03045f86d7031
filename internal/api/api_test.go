package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/api"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/problem"
	"github.com/imageferry/imageferry/internal/secret"
)

const (
	token = "canary-token-0123456789"
	spare = "canary-spare-0123456789"
)

var (
	now    = time.Date(2026, 11, 22, 3, 0, 5, 700_000_000, time.FixedZone("", 8*60*60))
	bucket = image.Bucket{Name: "images", AppID: "1250000000"}
)

// exporter remembers requests by id, as the ledger does, and starts nothing. What
// it says of plans is put there by the test.
type exporter struct {
	overview []export.Overview
	preview  export.Preview
	resumed  []string

	mu      sync.Mutex
	calls   int
	entries map[image.ExportID]ledger.Entry
	order   export.Order                // the last
	decide  func(e *ledger.Entry) error // what becomes of a new export; its error is the result's
	err     error                       // of every call
	lost    bool                        // Start gives its error alone
}

func (x *exporter) Start(_ context.Context, o export.Order) ([]export.Result, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls++
	x.order = o
	if x.lost {
		return nil, x.err
	}
	var results []export.Result
	_, named := o.Plan.SelectImages(nil) // of nothing, all are absent
	for _, id := range named {
		name := o.Name(id.Suffix())
		e, known := x.entries[name]
		var err error
		if !known {
			e = ledger.Entry{Seq: 1, State: ledger.Intent, Request: ledger.Request{
				ID: name, Origin: o.Origin, Plan: o.Plan.Name, Slot: o.Slot, Image: image.Image{ID: id}, Bucket: o.Bucket, Format: o.Plan.Format, RootOnly: o.Plan.RootDiskOnly,
				Prefix: image.Prefix(o.Plan.Prefix, name), Deadline: o.Slot.Add(o.Plan.Deadline), Role: o.Plan.Role, MaxInFlight: o.Plan.MaxInFlight, Hears: o.Plan.Notify,
			}}
			if x.decide != nil {
				err = x.decide(&e)
			}
			x.entries[name] = e
		}
		results = append(results, export.Result{ID: name, Entry: e, Err: err})
	}
	return results, x.err
}

func (x *exporter) Status(_ context.Context, id image.ExportID) (ledger.Entry, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls++
	return x.entries[id], x.err
}

func (x *exporter) Recent(_ context.Context, days, limit int) ([]ledger.Entry, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls++
	var list []ledger.Entry
	for _, e := range x.entries {
		list = append(list, e)
	}
	if days < 1 || limit < 1 {
		return nil, x.err
	}
	return list, x.err
}

func (x *exporter) Overview(context.Context) []export.Overview {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls++
	return x.overview
}

func (x *exporter) Preview(_ context.Context, p plan.Plan) (export.Preview, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls++
	v := x.preview
	v.Plan = p.Name
	return v, x.err
}

func (x *exporter) Resume(_ context.Context, p plan.Plan) (bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.calls++
	was := !slices.Contains(x.resumed, p.Name)
	x.resumed = append(x.resumed, p.Name)
	return was, x.err
}

func newAPI(tokens ...string) (*exporter, http.Handler) {
	x := &exporter{entries: map[image.ExportID]ledger.Entry{}}
	return x, apiOf(x, plan.Set{
		"nightly": {Name: "nightly", Images: []plan.Selector{{ID: "img-a"}, {ID: "img-b"}}, Format: image.QCOW2, Deadline: 12 * time.Hour, Prefix: "team"},
		"single":  {Name: "single", Images: []plan.Selector{{ID: "img-a"}}, Format: image.RAW, Deadline: 12 * time.Hour},
	}, tokens...)
}

func apiOf(d api.Driver, plans plan.Set, tokens ...string) http.Handler {
	a := &api.API{Exports: d, Bucket: bucket, Now: func() time.Time { return now }, Plans: plans}
	for _, t := range tokens {
		a.Tokens = append(a.Tokens, secret.New(t))
	}
	return a.Handler()
}

// do sends one request; headers are pairs.
func do(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// as sends one request with a valid token.
func as(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	return do(h, method, target, body, append(headers, "Authorization", "Bearer "+token)...)
}

// wantProblem checks that w is a problem document of that status with a hint.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int) problem.Problem {
	t.Helper()
	var p problem.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%d, no problem document: %v: %s", w.Code, err, w.Body)
	}
	if w.Code != status || p.Status != status || w.Header().Get("Content-Type") != problem.ContentType || p.Detail == "" || p.Hint == "" || p.Title == "" {
		t.Errorf("want a problem %d with detail and hint, got %d %s: %+v", status, w.Code, w.Header().Get("Content-Type"), p)
	}
	return p
}

func views(t *testing.T, w *httptest.ResponseRecorder, status int) []api.View {
	t.Helper()
	var body struct{ Exports []api.View }
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != status {
		t.Fatalf("want %d with exports, got %d: %v: %s", status, w.Code, err, w.Body)
	}
	return body.Exports
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, target string
		status         int
		allow          string
	}{
		{"GET", "/healthz", 200, ""},
		{"HEAD", "/healthz", 200, ""},
		{"GET", "/", 200, ""},
		{"GET", "/openapi.yaml", 200, ""},
		{"GET", "/v1/exports", 200, ""},
		{"GET", "/v1/plans", 200, ""},
		{"POST", "/v1/plans/nightly/preview", 200, ""},
		{"POST", "/v1/plans/nightly/run", 202, ""},
		{"POST", "/v1/plans/nightly/resume", 200, ""},
		{"POST", "/v1/plans/weekly/preview", 404, ""},
		{"POST", "/v1/plans/weekly/run", 404, ""},
		{"POST", "/v1/plans/weekly/resume", 404, ""},
		{"POST", "/v1/exports/nobody/retry", 404, ""},
		{"POST", "/v1/exports/NO_ID/retry", 404, ""},
		{"GET", "/v1/plans/nightly", 404, ""},
		{"GET", "/v1/exports/nobody", 404, ""},
		{"GET", "/v1/exports/NO_ID", 404, ""},
		{"GET", "/v1/exports/..%2fx", 404, ""},
		{"GET", "/v1/exports/", 404, ""},
		{"GET", "/v1", 404, ""},
		{"GET", "/favicon.ico", 404, ""},
		{"POST", "/v1/exports/x/y", 404, ""},
		{"POST", "/healthz", 405, "GET, HEAD"},
		{"DELETE", "/v1/exports", 405, "GET, HEAD, POST"},
		{"PUT", "/v1/exports/x", 405, "GET, HEAD"},
		{"POST", "/", 405, "GET, HEAD"},
		{"GET", "/v1/plans/nightly/run", 405, "POST"},
		{"GET", "/v1/exports/x/retry", 405, "POST"},
		{"POST", "/v1/plans", 405, "GET, HEAD"},
	}
	for _, tt := range tests {
		_, h := newAPI(token)
		w := as(h, tt.method, tt.target, "")
		if w.Code != tt.status || w.Header().Get("Allow") != tt.allow {
			t.Errorf("%s %s = %d, allow %q; want %d, %q", tt.method, tt.target, w.Code, w.Header().Get("Allow"), tt.status, tt.allow)
		}
		if tt.status >= 400 {
			wantProblem(t, w, tt.status)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	x.err = context.DeadlineExceeded
	w := do(h, "GET", "/healthz", "")
	if want := `{"api":true,"plans":2,"status":"ok"}`; w.Code != 200 || strings.TrimSpace(w.Body.String()) != want || x.calls != 0 {
		t.Errorf("%d %s after %d calls; want %s and none", w.Code, w.Body, x.calls, want)
	}
	_, h = newAPI()
	if got := do(h, "GET", "/healthz", "").Body.String(); !strings.Contains(got, `"api":false`) {
		t.Errorf("without a token: %s", got)
	}
}
