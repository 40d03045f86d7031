package api

import (
	"net/http"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/problem"
)

// How far the list goes back, and how long it gets.
const (
	listDays = 2
	listMost = 100
)

const tryAgain = "send the request again"

// View is an export as the API shows it. The stored form is package ledger's own
// affair and may change without this.
type View struct {
	ID       image.ExportID   `json:"id"`
	State    ledger.State     `json:"state"`             // as in the ledger; empty while nothing is decided
	Verdict  ledger.State     `json:"verdict,omitempty"` // COMPLETE, FAILED or PARTIAL, once it is reached
	Plan     string           `json:"plan,omitempty"`
	Origin   ledger.Origin    `json:"origin"`
	Instance image.InstanceID `json:"instance,omitempty"` // of which the image is made
	Image    image.ID         `json:"image,omitempty"`
	Name     string           `json:"imageName,omitempty"`
	Bucket   image.Bucket     `json:"bucket"`
	Format   image.Format     `json:"format"`
	Expected []string         `json:"expected,omitempty"`
	Files    []ledger.File    `json:"files,omitempty"`
	TaskID   uint64           `json:"taskId,omitempty"`
	Attempts int              `json:"attempts,omitempty"`
	Asked    time.Time        `json:"asked"`
	Started  time.Time        `json:"started,omitzero"`
	Ended    time.Time        `json:"ended,omitzero"`
	Deadline time.Time        `json:"deadline"`
	Next     time.Time        `json:"notBefore,omitzero"` // when a RETRY goes on
	Reason   string           `json:"reason,omitempty"`
	Detail   string           `json:"detail,omitempty"`
	Hint     string           `json:"hint,omitempty"`

	// Deliveries is who was told of the verdict, by channel; "manifest" is no channel.
	Deliveries map[string]DeliveryView `json:"deliveries,omitempty"`

	Problem string `json:"problem,omitempty"` // answers to POST only: why it went no further just now
}

// DeliveryView is one channel's side of telling people.
type DeliveryView struct {
	State    ledger.DeliveryState `json:"state"` // sending, sent, later or undelivered
	Attempts int                  `json:"attempts,omitempty"`
	Next     time.Time            `json:"notBefore,omitzero"` // when it is tried again
	Detail   string               `json:"detail,omitempty"`   // what went wrong the last time
	For      string               `json:"for,omitempty"`      // the channel that could not deliver it
}

func viewOf(e ledger.Entry) View {
	r := e.Request
	var deliveries map[string]DeliveryView
	for name, d := range e.Deliveries {
		if deliveries == nil {
			deliveries = map[string]DeliveryView{}
		}
		deliveries[name] = DeliveryView{State: d.State, Attempts: d.Attempt, Next: d.NotBefore, Detail: d.Detail, For: d.For}
	}
	return View{
		ID: r.ID, State: e.State, Verdict: e.Verdict, Plan: r.Plan, Origin: r.Origin, Instance: r.Instance, Image: r.Image.ID, Name: r.Image.Name,
		Bucket: r.Bucket, Format: r.Format, Expected: e.Expected, Files: e.Landed, TaskID: e.TaskID, Attempts: e.Attempt,
		Asked: r.Slot, Started: e.Started, Ended: e.Ended, Deadline: r.Deadline, Next: e.NotBefore,
		Reason: e.Reason, Detail: e.Detail, Hint: e.Hint, Deliveries: deliveries,
	}
}

func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"status": "ok", "api": len(a.Tokens) > 0, "plans": len(a.Plans)})
}

func (a *API) read(w http.ResponseWriter, r *http.Request) {
	if e, ok := a.find(w, r); ok {
		writeJSON(w, http.StatusOK, viewOf(e))
	}
}

// find returns the export that the path names. Where it is not found, that is
// already answered. News are kept as exports are, and are none.
func (a *API) find(w http.ResponseWriter, r *http.Request) (ledger.Entry, bool) {
	id, err := image.ParseExportID(r.PathValue("id"))
	if err != nil {
		problem.Write(w, problem.Problem{Status: http.StatusNotFound, Detail: err.Error(), Hint: "GET /v1/exports lists ids"})
		return ledger.Entry{}, false
	}
	e, err := a.Exports.Status(r.Context(), id)
	switch {
	case err != nil:
		problem.Write(w, unavailable(err, tryAgain))
	case e.Seq == 0, id.IsNews():
		problem.Write(w, problem.Problem{Status: http.StatusNotFound, Detail: "no export " + string(id), Hint: "GET /v1/exports lists ids"})
	default:
		return e, true
	}
	return ledger.Entry{}, false
}

func (a *API) list(w http.ResponseWriter, r *http.Request) {
	entries, err := a.Exports.Recent(r.Context(), listDays, listMost)
	if err != nil {
		problem.Write(w, unavailable(err, tryAgain))
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"exports": views(entries), "days": listDays})
}

func views(entries []ledger.Entry) []View {
	list := make([]View, len(entries))
	for i, e := range entries {
		list[i] = viewOf(e)
	}
	return list
}
