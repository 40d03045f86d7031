package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/problem"
)

func badRequest(err error, hint string) problem.Problem {
	p := problem.Problem{Status: http.StatusBadRequest, Detail: err.Error(), Hint: hint}
	if e, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		p.Status, p.Detail = http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", e.Limit)
	}
	return p
}

// unavailable is for what kept a whole request from being served. What the cloud
// said is passed on: it names no secret (package outcome), and is what an
// operator needs.
func unavailable(err error, hint string) problem.Problem {
	p := problem.Problem{Status: http.StatusServiceUnavailable, Detail: err.Error(), Hint: hint}
	if e, ok := errors.AsType[*outcome.Error](err); ok && e.Hint != "" {
		p.Hint = e.Hint
	}
	if errors.Is(err, ledger.ErrVersioned) {
		p.Hint = "create a bucket that never had versioning and name it in FERRY_STATE_BUCKET"
	}
	return p
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // an error means that the caller has gone
}
