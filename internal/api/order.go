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
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
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

// order reads a request.
func (a *API) order(w http.ResponseWriter, r *http.Request) (export.Order, error) {
	c, err := decode(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return export.Order{}, err
	}
	key, err := keyOf(r)
	switch {
	case err != nil:
		return export.Order{}, err
	case c.Image != "" && c.Plan != "":
		return export.Order{}, errors.New(`the body names both "image" and "plan"; want one`)
	case c.Plan != "" && (c.Format != "" || c.RootDiskOnly):
		return export.Order{}, errors.New(`"format" and "rootDiskOnly" go with "image"; a plan brings its own`)
	case c.Plan != "":
		p, err := a.Plans.Find(c.Plan)
		return a.planOrder(p, key), err
	case c.Image != "":
		return a.imageOrder(c, key)
	}
	return export.Order{}, errors.New(`the body names neither "image" nor "plan"; want one`)
}

// keyOf returns the Idempotency-Key of a request, if it has one.
func keyOf(r *http.Request) (string, error) {
	key := r.Header.Get("Idempotency-Key")
	switch {
	case len(key) > maxKey:
		return "", fmt.Errorf("the Idempotency-Key has %d bytes; at most %d", len(key), maxKey)
	case strings.ContainsRune(key, utf8.RuneError):
		// An event is JSON, which has one character for all that is not UTF-8: two
		// such keys can arrive as one, and the second export would not happen.
		return "", errors.New("the Idempotency-Key is not UTF-8")
	}
	return key, nil
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
	p := plan.Default()
	p.Images, p.Format, p.RootDiskOnly = []plan.Selector{{ID: id}}, format, c.RootDiskOnly
	name := image.RequestedID(key)
	return export.Order{
		Plan: p, Origin: ledger.Requested, Slot: a.now(), Bucket: a.Bucket,
		Name: func(string) image.ExportID { return name }, Names: string(name),
	}, nil
}

// planOrder asks for what a plan asks for, now.
func (a *API) planOrder(p plan.Plan, key string) export.Order {
	o := export.PlanOrder(p, a.now(), a.Bucket)
	o.Origin = ledger.Requested
	if key != "" { // which counts within its plan: with another plan it is another request
		o.Names = string(image.RequestedID(p.Name+"\n"+key)) + "-"
		o.Name = func(what string) image.ExportID { return image.ExportID(o.Names + what) }
	}
	return o
}

// now is the slot of a request: to the second, as ids write it.
func (a *API) now() time.Time { return a.Now().UTC().Truncate(time.Second) }
