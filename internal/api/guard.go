package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/imageferry/imageferry/internal/problem"
)

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
