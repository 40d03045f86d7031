package api

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/problem"
)

const (
	maxBody = 64 << 10 // bytes of a request
	maxKey  = 255      // bytes of an Idempotency-Key
)

// creation is the body of POST /v1/exports.
type creation struct {
	Image        string `json:"image"`
	Plan         string `json:"plan"`
	Format       string `json:"format"`       // with image only; default RAW
	RootDiskOnly bool   `json:"rootDiskOnly"` // with image only
}

// create starts exports. A repeat with the same Idempotency-Key starts nothing
// and answers where the first ones stand.
func (a *API) create(w http.ResponseWriter, r *http.Request) {
	order, err := a.order(w, r)
	if err != nil {
		problem.Write(w, badRequest(err))
		return
	}
	results, err := a.Exports.Start(r.Context(), order)
	if err != nil {
		problem.Write(w, unavailable(err, "nothing was started; send the request again"))
		return
	}
	if len(results) == 1 {
		one := results[0]
		if p, ok := refused(one, order); ok {
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

// order reads a request.
func (a *API) order(w http.ResponseWriter, r *http.Request) (export.Order, error) {
	c, err := decode(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return export.Order{}, err
	}
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return export.Order{}, fmt.Errorf("the Idempotency-Key has %d bytes; at most %d", len(key), maxKey)
	}
	switch {
	case c.Image != "" && c.Plan != "":
		return export.Order{}, errors.New(`the body names both "image" and "plan"; want one`)
	case c.Plan != "":
		return a.planOrder(c, key)
	case c.Image != "":
		return a.imageOrder(c, key)
	}
	return export.Order{}, errors.New(`the body names neither "image" nor "plan"; want one`)
}

// decode reads a body: one JSON object, and nothing that it does not know. Its
// errors are for the caller's eyes.
func decode(body io.Reader) (creation, error) {
	var c creation
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			return c, nil
		}
	}
	wrongType, _ := errors.AsType[*json.UnmarshalTypeError](err)
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		return c, err
	case err == nil:
		err = errors.New("something follows its JSON object")
	case err == io.EOF:
		err = errors.New("it is empty")
	case wrongType != nil && wrongType.Field != "":
		err = fmt.Errorf("field %q cannot be a JSON %s", wrongType.Field, wrongType.Value)
	case wrongType != nil:
		err = fmt.Errorf("it is a JSON %s", wrongType.Value)
	}
	return c, fmt.Errorf("the body is not the JSON object that is wanted: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func (a *API) imageOrder(c creation, key string) (export.Order, error) {
	id, err := image.ParseID(c.Image)
	if err != nil {
		return export.Order{}, err
	}
	format, err := image.ParseFormat(c.Format)
	if err != nil {
		return export.Order{}, err
	}
	if key == "" {
		key = rand.Text()
	}
	name := image.RequestedID(key)
	return export.Order{
		Origin: ledger.Requested, Slot: a.now(), Images: []image.ID{id}, Bucket: a.Bucket, Format: format,
		RootOnly: c.RootDiskOnly, Within: plan.DefaultDeadline,
		Name: func(image.ID) image.ExportID { return name }, Names: string(name),
	}, nil
}

func (a *API) planOrder(c creation, key string) (export.Order, error) {
	if c.Format != "" || c.RootDiskOnly {
		return export.Order{}, errors.New(`"format" and "rootDiskOnly" go with "image"; a plan brings its own`)
	}
	p, err := a.Plans.Find(c.Plan)
	if err != nil {
		return export.Order{}, err
	}
	o := export.PlanOrder(p, a.now(), a.Bucket)
	o.Origin = ledger.Requested
	if key != "" { // which counts within its plan: with another plan it is another request
		o.Names = string(image.RequestedID(p.Name+"\n"+key)) + "-"
		o.Name = func(id image.ID) image.ExportID { return image.ExportID(o.Names + id.Suffix()) }
	}
	return o, nil
}

// now is the slot of a request: to the second, as ids write it.
func (a *API) now() time.Time { return a.Now().UTC().Truncate(time.Second) }

// refused says why the only export of a request will not happen. One that was
// started and failed later is no refusal: that is where the export stands.
func refused(r export.Result, o export.Order) (problem.Problem, bool) {
	e := r.Entry
	p := problem.Problem{Status: http.StatusUnprocessableEntity, Instance: location(r.ID)}
	switch {
	case o.Plan == "" && (e.Request.Image.ID != o.Images[0] || e.Request.Format != o.Format || e.Request.RootOnly != o.RootOnly):
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
