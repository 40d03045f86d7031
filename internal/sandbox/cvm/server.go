package cvm

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/signature"
)

const (
	apiVersion = "2017-03-12"
	maxBody    = 10 << 20 // bytes of a request signed by TC3
)

// action is one function of the API.
type action struct {
	perSecond int  // documented request rate
	anywhere  bool // needs no region
	run       func(*Server, *store, params) (any, error)
}

// bind makes an action of a function that takes its parameters as a struct.
// The function runs with s.mu held.
func bind[P any](f func(*Server, *store, P) (any, error)) func(*Server, *store, params) (any, error) {
	return func(s *Server, st *store, in params) (any, error) {
		var p P
		if err := in.into(&p); err != nil {
			return nil, err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return f(s, st, p)
	}
}

// actions by name, with the request rates that their pages give (213/16726,
// 213/33275, 213/15719, 213/15715, 213/15728, 213/15708, 213/73474).
var actions = map[string]action{
	"CreateImage":        {perSecond: 10, run: bind((*Server).createImage)},
	"DeleteImages":       {perSecond: 10, run: bind((*Server).deleteImages)},
	"DescribeImageQuota": {perSecond: 10, run: bind((*Server).describeImageQuota)},
	"DescribeImages":     {perSecond: 40, run: bind((*Server).describeImages)},
	"DescribeInstances":  {perSecond: 40, run: bind((*Server).describeInstances)},
	"DescribeRegions":    {perSecond: 20, anywhere: true, run: bind((*Server).describeRegions)},
	"ExportImages":       {perSecond: 20, run: bind((*Server).exportImages)},
}

// ServeHTTP answers one call of the API: POST with a JSON or form body, or GET
// with a query, signed by TC3-HMAC-SHA256. Refusals, too, have status 200.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	result, err := s.answer(w, r)
	var body []byte
	if err == nil {
		body, err = envelope(result)
	}
	if err != nil {
		body, _ = envelope(failure(err)) // two strings: cannot fail
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body) // a caller that has gone away is no matter
}

// envelope wraps the members of a result: {"Response":{…,"RequestId":"…"}}.
func envelope(result any) ([]byte, error) {
	text, err := json.Marshal(result)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	members["RequestId"] = json.RawMessage(`"` + requestID() + `"`)
	return json.Marshal(map[string]any{"Response": members})
}

// failure is the object that tells err; what is not a refusal of the API is an
// internal error.
func failure(err error) any {
	var refusal *Error
	var badSignature *signature.Error
	switch {
	case errors.As(err, &badSignature):
		refusal = &Error{Code(badSignature.Code), badSignature.Message}
	case !errors.As(err, &refusal):
		refusal = &Error{InternalError, err.Error()}
	}
	return struct{ Error *Error }{refusal}
}

// answer checks a call in the order in which gateway and service do: form,
// action, region, caller, rate, parameters.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) (any, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return nil, refuse(RequestTooLarge, "the request body cannot be read or exceeds %d bytes", maxBody)
	}
	name := r.Header.Get("X-TC-Action")
	act, st, err := s.lookUp(r, name)
	if err != nil {
		return nil, err
	}
	caller, err := signature.TC3(r, body, "cvm", s.cfg.Account, time.Now())
	if err != nil {
		return nil, err
	}
	if s.cfg.Allow != nil && !s.cfg.Allow(caller, "name/cvm:"+name) {
		return nil, refuse(Unauthorized, "you are not authorized to perform operation (cvm:%s) resource (*) has no permission", name)
	}
	if !s.limits.allow(name) {
		return nil, refuse(RequestLimitExceeded, "the request frequency limit of %s has been exceeded", name)
	}
	if err := s.plannedFor(name); err != nil {
		return nil, err
	}
	p, err := readParams(r, body)
	if err != nil {
		return nil, err
	}
	return act.run(s, st, p)
}

// lookUp finds what a request calls, and the region that it calls it in.
func (s *Server) lookUp(r *http.Request, name string) (action, *store, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return action{}, nil, refuse(UnsupportedProtocol, "the method %s is not supported, only GET and POST are", r.Method)
	}
	version, region := r.Header.Get("X-TC-Version"), r.Header.Get("X-TC-Region")
	if name == "" || version == "" {
		return action{}, nil, refuse(MissingParameter, "the headers X-TC-Action and X-TC-Version are required")
	}
	if version != apiVersion {
		return action{}, nil, refuse(NoSuchVersion, "the version %q does not exist", version)
	}
	act, ok := actions[name]
	switch {
	case !ok:
		return act, nil, refuse(InvalidAction, "the action %q does not exist or is not implemented here", name)
	case region == "" && !act.anywhere:
		return act, nil, refuse(MissingParameter, "the header X-TC-Region is required")
	case region != "" && regionName(region) == "":
		return act, nil, refuse(UnsupportedRegion, "the region %q is not supported", region)
	case region == s.cfg.Account.Region:
		return act, s.home, nil
	}
	return act, newStore(), nil
}

func readParams(r *http.Request, body []byte) (params, error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch {
	case r.Method == http.MethodGet:
		return formParams(r.URL.RawQuery)
	case kind == "application/json":
		return jsonParams(body)
	case kind == "application/x-www-form-urlencoded":
		return formParams(string(body))
	}
	return params{}, refuse(UnsupportedProtocol, "the content type %q is not supported", kind)
}

// requestID returns a random UUID.
func requestID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails since Go 1.24
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
