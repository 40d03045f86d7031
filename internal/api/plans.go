package api

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/problem"
)

// PlanView is a plan as the API shows it.
type PlanView struct {
	Name      string                  `json:"name"`
	Schedule  string                  `json:"schedule,omitempty"` // seven fields, in UTC+8; empty: by request, or by a timer of any schedule
	Next      []time.Time             `json:"next"`               // due instants; none without a schedule
	Suspended bool                    `json:"suspended"`          // then nothing is exported until somebody resumes it
	Last      *LastView               `json:"last,omitempty"`
	Images    []plan.Selector         `json:"images,omitempty"`
	Instances []plan.InstanceSelector `json:"instances,omitempty"`
	Format    image.Format            `json:"format"`
	RootOnly  bool                    `json:"rootDiskOnly,omitempty"`
	Bucket    image.Bucket            `json:"bucket"`
	Problem   string                  `json:"problem,omitempty"` // why its ledger could not be read
}

// LastView is what became of the newest slot of a plan.
type LastView struct {
	Slot    time.Time `json:"slot"`
	Fate    string    `json:"fate"`              // filled, missed or suspended
	Exports int       `json:"exports"`           // of a filled one
	Failed  int       `json:"failed,omitempty"`  // of Exports, so far
	Skipped int       `json:"skipped,omitempty"` // left out, because the plan holds them
}

// plans lists the plans by name. It fails only if nothing could be read.
func (a *API) plans(w http.ResponseWriter, r *http.Request) {
	list, err := a.planViews(r.Context())
	if err != nil {
		problem.Write(w, unavailable(err, tryAgain))
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"plans": list})
}

// planViews returns an error if the ledger could be read for none of the plans.
func (a *API) planViews(ctx context.Context) ([]PlanView, error) {
	list := []PlanView{}
	var failed []error
	for _, o := range a.Exports.Overview(ctx) {
		list = append(list, a.planView(o))
		if o.Err != nil {
			failed = append(failed, o.Err)
		}
	}
	if len(failed) == len(list) {
		return list, errors.Join(failed...)
	}
	return list, nil
}

func (a *API) planView(o export.Overview) PlanView {
	p := a.Plans[o.Plan]
	v := PlanView{
		Name: o.Plan, Schedule: p.Schedule, Next: append([]time.Time{}, o.Next...), Suspended: o.Suspended,
		Images: p.Images, Instances: p.Instances, Format: p.Format, RootOnly: p.RootDiskOnly, Bucket: cmp.Or(p.Bucket, a.Bucket),
	}
	if l := o.Last; l != nil {
		fate := cmp.Or(string(l.Fate), "filled")
		v.Last = &LastView{Slot: l.Slot, Fate: fate, Exports: l.Exports, Failed: l.Failed, Skipped: l.Skipped}
	}
	if o.Err != nil {
		v.Problem = o.Err.Error()
	}
	return v
}

// ofPlan finds the plan that the path names.
func (a *API) ofPlan(next func(http.ResponseWriter, *http.Request, plan.Plan)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := a.Plans.Find(r.PathValue("name"))
		if err != nil {
			problem.Write(w, problem.Problem{Status: http.StatusNotFound, Detail: err.Error(), Hint: "GET /v1/plans lists them"})
			return
		}
		next(w, r, p)
	}
}

// preview says what the plan's next slot would do, and does nothing.
func (a *API) preview(w http.ResponseWriter, r *http.Request, p plan.Plan) {
	v, err := a.Exports.Preview(r.Context(), p)
	if err != nil {
		problem.Write(w, unavailable(err, tryAgain))
		return
	}
	v.Items = append([]export.PreviewItem{}, v.Items...) // a list that is empty, not absent
	writeJSON(w, http.StatusOK, v)
}

// run exports what a plan asks for, now: also while it is suspended.
func (a *API) run(w http.ResponseWriter, r *http.Request, p plan.Plan) {
	key, err := keyOf(r)
	if err != nil {
		problem.Write(w, badRequest(err, "send a shorter key, in UTF-8"))
		return
	}
	a.start(w, r, a.planOrder(p, key))
}

// resume lets a suspended plan run again. A repeat is harmless.
func (a *API) resume(w http.ResponseWriter, r *http.Request, p plan.Plan) {
	was, err := a.Exports.Resume(r.Context(), p)
	if err != nil {
		problem.Write(w, unavailable(err, tryAgain))
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"plan": p.Name, "wasSuspended": was})
}

// bare refuses a request that has a body: what it asks for would go unheard.
func bare(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if body = bytes.TrimSpace(body); err == nil && len(body) > 0 && string(body) != "{}" {
			err = errors.New("this request takes no body")
		}
		if err != nil {
			problem.Write(w, badRequest(err, "leave the body out"))
			return
		}
		next(w, r)
	}
}
