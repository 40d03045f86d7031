package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/problem"
)

// maxRetries ends a chain of retries that nobody means.
const maxRetries = 20

// retry exports again what failed. What is closed stays closed, so a retry is an
// export of its own, and its id follows from the old one: asking twice starts one.
// Where that one failed too, the next in the chain is started.
func (a *API) retry(w http.ResponseWriter, r *http.Request) {
	e, ok := a.find(w, r)
	if !ok {
		return
	}
	if p := final(e); p != nil {
		problem.Write(w, *p)
		return
	}
	for range maxRetries {
		next, err := a.Exports.Status(r.Context(), retryID(e.Request.ID))
		switch {
		case err != nil:
			problem.Write(w, unavailable(err, tryAgain))
			return
		case !failed(next): // there is none, or it is where it is
			a.start(w, r, again(e, a.now()))
			return
		}
		e = next
	}
	problem.Write(w, problem.Problem{
		Status: http.StatusConflict, Detail: fmt.Sprintf("it was retried %d times, the last time as %s", maxRetries, e.Request.ID), Instance: location(e.Request.ID),
		Hint: "see why that one failed; once it is put right, retry that one",
	})
}

func failed(e ledger.Entry) bool { return e.Verdict == ledger.Failed || e.Verdict == ledger.Partial }

// final says why an export is not retried; nil if it is.
func final(e ledger.Entry) *problem.Problem {
	p := problem.Problem{Status: http.StatusConflict, Instance: location(e.Request.ID)}
	switch {
	case e.Request.Origin == ledger.Observed:
		p.Detail, p.Hint = "this is a file that somebody else exported", `start an export of your own with POST /v1/exports and {"image":"img-…"}`
	case e.Verdict == "":
		p.Detail = fmt.Sprintf("export %s is not over: its state is %q", e.Request.ID, e.State)
		p.Hint = "wait for its verdict, which comes by itself; it is called missing after " + e.Request.Deadline.UTC().Format(time.RFC3339)
	case !failed(e):
		p.Detail, p.Hint = fmt.Sprintf("export %s is complete", e.Request.ID), `to have the image exported once more, send POST /v1/exports with {"image":"img-…"}`
	default:
		return nil
	}
	return &p
}

// again orders what an export was, from its own request: the plan may have changed
// or gone. Of an instance a new image is made, because the one that was made for
// the old export is subject to being pruned.
func again(e ledger.Entry, at time.Time) export.Order {
	r, id := e.Request, retryID(e.Request.ID)
	p := plan.Default()
	p.Name, p.Format, p.RootDiskOnly, p.Role, p.Deadline = r.Plan, r.Format, r.RootOnly, r.Role, r.Deadline.Sub(r.Slot)
	p.Prefix = strings.TrimSuffix(strings.TrimSuffix(r.Prefix, string(r.ID)), "_") // the inverse of image.Prefix
	p.MaxInFlight, p.KeepImages, p.Notify, p.AnyData = r.MaxInFlight, r.Keep, r.Hears, r.AnyData
	if r.Instance != "" {
		p.Instances = []plan.InstanceSelector{{ID: r.Instance}}
	} else {
		p.Images = []plan.Selector{{ID: r.Image.ID}}
	}
	return export.Order{
		Plan: p, Origin: ledger.Requested, Slot: at, Bucket: r.Bucket, Recovers: true,
		Name: func(string) image.ExportID { return id }, Names: string(id),
	}
}

// retryID names the retry of an export: id--2 for id, and id--3 for that one. What
// stands behind the slot or the digest of any other id holds no two dashes.
func retryID(id image.ExportID) image.ExportID {
	base, n := string(id), 2
	if i := strings.LastIndex(base, "--"); i >= 0 {
		if last, err := strconv.Atoi(base[i+2:]); err == nil {
			base, n = base[:i], last+1
		}
	}
	return image.ExportID(fmt.Sprintf("%s--%d", base, n))
}
