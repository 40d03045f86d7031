// Package api is Image Ferry over HTTP: start exports, read where they stand.
//
//	POST /v1/exports        {"image":"img-…"} or {"plan":"nightly"}   202
//	GET  /v1/exports        open ones and those of the last days
//	GET  /v1/exports/{id}   one
//	GET  /healthz           no token needed
//	GET  /                  the same list for people
//
// Callers name images and plans. Buckets, prefixes and roles come from the
// deployment alone, so a stolen token can export, and cannot carry images away.
// Every request but /healthz needs a bearer token, checked before anything else
// is done. A browser may give it as the password of basic authentication, and
// then sends it along whichever page asks: so requests that another site's page
// makes are refused. Errors are problem documents (package problem) with a hint.
package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/problem"
	"github.com/imageferry/imageferry/internal/secret"
)

// Exporter is what the API drives.
type Exporter interface {
	Start(ctx context.Context, o export.Order) ([]export.Result, error)
	Status(ctx context.Context, id image.ExportID) (ledger.Entry, error)
	Recent(ctx context.Context, days, limit int) ([]ledger.Entry, error)
}

// API answers requests.
type API struct {
	Exports Exporter
	Plans   plan.Set
	Bucket  image.Bucket  // for plans that name none, and for single images
	Tokens  []secret.Text // any of them opens the API; none closes it
	Now     func() time.Time
}

// Handler returns the routes.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", a.health)
	mux.Handle("POST /v1/exports", a.guard(a.create))
	mux.Handle("GET /v1/exports", a.guard(a.list))
	mux.Handle("GET /v1/exports/{id}", a.guard(a.read))
	mux.Handle("GET /{$}", a.guard(a.page))
	for path, allow := range map[string]string{"/healthz": "GET, HEAD", "/v1/exports": "GET, HEAD, POST", "/v1/exports/{id}": "GET, HEAD", "/{$}": "GET, HEAD"} {
		mux.HandleFunc(path, wrongMethod(allow))
	}
	mux.HandleFunc("/", notFound)
	return mux
}

// guard lets a request through that carries a token.
func (a *API) guard(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case len(a.Tokens) == 0:
			problem.Write(w, problem.Problem{
				Status: http.StatusServiceUnavailable, Detail: "this deployment has no API token, so nobody may call it",
				Hint: "set FERRY_TOKEN in the function's environment",
			})
		case !a.allowed(given(r)):
			w.Header().Set("WWW-Authenticate", `Basic realm="imageferry", Bearer realm="imageferry"`)
			problem.Write(w, problem.Problem{
				Status: http.StatusUnauthorized, Detail: "the request carries no valid token",
				Hint: "send Authorization: Bearer with the value of FERRY_TOKEN",
			})
		case new(http.CrossOriginProtection).Check(r) != nil:
			problem.Write(w, problem.Problem{
				Status: http.StatusForbidden, Detail: "a page of another site made this request",
				Hint: "call the API from a program, or from its own page",
			})
		default:
			next(w, r)
		}
	})
}

// given returns the token of a request.
func given(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// allowed compares digests, so that the time it takes tells neither content nor
// length, and goes through all tokens always. No token is never the right one.
func (a *API) allowed(token string) bool {
	sum, ok := sha256.Sum256([]byte(token)), 0
	for _, t := range a.Tokens {
		want := sha256.Sum256([]byte(t.Reveal()))
		ok |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	return ok == 1 && token != ""
}

func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"status": "ok", "api": len(a.Tokens) > 0, "plans": len(a.Plans)})
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
		Hint: "see POST /v1/exports, GET /v1/exports, GET /v1/exports/{id}, GET /healthz",
	})
}
