package api

import (
	"net/http"
	"strings"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/problem"
)

// create starts exports. A repeat with the same Idempotency-Key starts nothing
// and answers where the first ones stand.
func (a *API) create(w http.ResponseWriter, r *http.Request) {
	order, err := a.order(w, r)
	if err != nil {
		problem.Write(w, badRequest(err, `send {"image":"img-…"} or {"plan":"NAME"}`))
		return
	}
	a.start(w, r, order)
}

// start starts what is ordered, and answers where it stands. An error beside
// results concerns other exports, which later ticks see to.
func (a *API) start(w http.ResponseWriter, r *http.Request, o export.Order) {
	results, err := a.Exports.Start(r.Context(), o)
	if err != nil && len(results) == 0 {
		problem.Write(w, unavailable(err, "nothing was started; send the request again"))
		return
	}
	if len(results) == 1 {
		one := results[0]
		if p, ok := refused(one, o); ok {
			problem.Write(w, p)
			return
		}
		w.Header().Set("Location", location(one.ID))
	}
	list := make([]View, len(results))
	for i, res := range results {
		list[i] = viewOf(res.Entry)
		list[i].Problem = hitch(res)
	}
	writeJSON(w, http.StatusAccepted, map[string]any{"exports": list})
}

// hitch says what it means for the caller that an export could not be driven as
// far as possible. Only one with a log is sure to be found by a later tick.
func hitch(r export.Result) string {
	switch {
	case r.Err == nil:
		return ""
	case r.Entry.Seq == 0:
		return "nobody knows whether it was recorded; send the request again with the same Idempotency-Key"
	}
	return "it could not be driven on now; a later tick does"
}

func location(id image.ExportID) string { return "/v1/exports/" + string(id) }

// refused says why the only export of a request will not happen. One that was
// started and failed later is no refusal: that is where the export stands.
func refused(r export.Result, o export.Order) (problem.Problem, bool) {
	e := r.Entry
	p := problem.Problem{Status: http.StatusUnprocessableEntity, Instance: location(r.ID)}
	switch {
	case o.Plan.Name == "" && (e.Request.Image.ID != o.Plan.Images[0].ID || e.Request.Format != o.Plan.Format || e.Request.RootOnly != o.Plan.RootDiskOnly):
		p.Detail, p.Hint = "this Idempotency-Key was used for another request", "use a new key, or repeat the first request unchanged"
	case e.Verdict == ledger.Failed && e.Started.IsZero():
		p.Type, p.Title = "urn:imageferry:reason:"+strings.ToLower(e.Reason), "Not exportable"
		p.Detail, p.Hint = e.Detail, e.Hint
	case r.Err != nil && e.Seq == 0:
		p.Status, p.Detail, p.Hint = http.StatusServiceUnavailable, "the export could not be recorded for certain", hitch(r)
	default:
		return problem.Problem{}, false
	}
	return p, true
}
