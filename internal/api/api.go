// Package api is Image Ferry over HTTP: start exports, read where they stand, and
// look after plans.
//
//	POST /v1/exports               {"image":"img-…"} or {"plan":"nightly"}   202
//	GET  /v1/exports               open ones and those of the last days
//	GET  /v1/exports/{id}          one
//	POST /v1/exports/{id}/retry    one that failed, again under a new id     202
//	GET  /v1/plans                 when they are due, and what came of it
//	POST /v1/plans/{name}/preview  what the next slot would do; does nothing
//	POST /v1/plans/{name}/run      now                                       202
//	POST /v1/plans/{name}/resume   a suspended one
//	GET  /healthz                  no token needed
//	GET  /openapi.yaml             all of this for programs; no token needed
//	GET  /                         plans and exports for people
//
// Callers name images and plans. Buckets, prefixes and roles come from the
// deployment alone, so a stolen token can export, and cannot carry images away.
// Every request but two needs a bearer token, checked before anything else
// is done. A browser may give it as the password of basic authentication, and
// then sends it along whichever page asks: so requests that another site's page
// makes are refused. Errors are problem documents (package problem) with a hint.
package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/problem"
	"github.com/imageferry/imageferry/internal/secret"
)

// Driver is what the API drives.
type Driver interface {
	Exporter
	Planner
}

// Exporter starts exports, and knows where they stand.
type Exporter interface {
	Start(ctx context.Context, o export.Order) ([]export.Result, error)
	Status(ctx context.Context, id image.ExportID) (ledger.Entry, error)
	Recent(ctx context.Context, days, limit int) ([]ledger.Entry, error)
}

// Planner knows how plans stand, and what they would do.
type Planner interface {
	Overview(ctx context.Context) []export.Overview
	Preview(ctx context.Context, p plan.Plan) (export.Preview, error)
	Resume(ctx context.Context, p plan.Plan) (wasSuspended bool, err error)
}

// API answers requests.
type API struct {
	Exports Driver
	Plans   plan.Set
	Bucket  image.Bucket  // for plans that name none, and for single images
	Tokens  []secret.Text // any of them opens the API; none closes it
	Now     func() time.Time
}

// route is one method of one resource. Its path is a pattern of [http.ServeMux].
type route struct {
	method, path string
	serve        http.HandlerFunc
}

// open are the routes that need no token: they tell nothing of the deployment.
func (a *API) open() []route {
	return []route{
		{"GET", "/healthz", a.health},
		{"GET", "/openapi.yaml", document},
	}
}

// guarded are the routes that need a token.
func (a *API) guarded() []route {
	return []route{
		{"POST", "/v1/exports", a.create},
		{"GET", "/v1/exports", a.list},
		{"GET", "/v1/exports/{id}", a.read},
		{"POST", "/v1/exports/{id}/retry", bare(a.retry)},
		{"GET", "/v1/plans", a.plans},
		{"POST", "/v1/plans/{name}/preview", bare(a.ofPlan(a.preview))},
		{"POST", "/v1/plans/{name}/run", bare(a.ofPlan(a.run))},
		{"POST", "/v1/plans/{name}/resume", bare(a.ofPlan(a.resume))},
		{"GET", "/{$}", a.page},
	}
}

// Handler returns the routes.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	add := func(r route, h http.Handler) {
		mux.Handle(r.method+" "+r.path, h)
		methods[r.path] = append(methods[r.path], r.method)
		if r.method == http.MethodGet {
			methods[r.path] = append(methods[r.path], http.MethodHead)
		}
	}
	for _, r := range a.open() {
		add(r, r.serve)
	}
	for _, r := range a.guarded() {
		add(r, a.guard(r.serve))
	}
	for path, allowed := range methods {
		slices.Sort(allowed)
		mux.HandleFunc(path, wrongMethod(strings.Join(allowed, ", ")))
	}
	mux.HandleFunc("/", notFound)
	return mux
}

func wrongMethod(allow string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		problem.Write(w, problem.Problem{
			Status: http.StatusMethodNotAllowed, Detail: "this resource does not know " + r.Method, Hint: "use one of " + allow,
		})
	}
}

func notFound(w http.ResponseWriter, r *http.Request) {
	problem.Write(w, problem.Problem{
		Status: http.StatusNotFound, Detail: "no such resource: " + r.Method + " " + r.URL.Path,
		Hint: "GET /openapi.yaml describes all that there are",
	})
}
