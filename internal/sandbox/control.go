package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/fault"
)

// direct answers requests to the sandbox's own address: the Function URL, and
// the control panel of whoever plays fate:
//
//	GET    /_sandbox/                    tasks, notices, invocations, for people
//	GET    /_sandbox/env                 shell exports for other programs
//	GET    /_sandbox/tasks               export tasks with progress
//	GET    /_sandbox/inbox               received notices and chat messages
//	GET    /_sandbox/inbox/page          the same for people
//	GET    /_sandbox/requests            what programs asked of the cloud, a line each
//	GET    /_sandbox/invocations/{name}  log of a function
//	GET    /_sandbox/timers              timers of the export function, with their next firing
//	POST   /_sandbox/timers/{timer}/off  disable a timer: its instants pass, and are missed; also: on
//	POST   /_sandbox/fire/{timer}        fire a timer now; ?time=2026-11-22T19:00:00Z is the event's time
//	POST   /_sandbox/kill/{name}         kill all instances of a function
//	POST   /_sandbox/tasks/{id}/kill     an export task dies silently
//	POST   /_sandbox/console-export      {"image","prefix"}: export as the console does
//	GET, POST, DELETE /_sandbox/faults   rules of package fault
//	DELETE /_sandbox/faults/{id}         one of them
//	ANY    /_sandbox/apigw/…             the export function behind the old API Gateway
func (s *Sandbox) direct() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/{$}", s.page)
	mux.HandleFunc("GET /_sandbox/env", func(w http.ResponseWriter, _ *http.Request) { s.writeExports(w) })
	mux.HandleFunc("GET /_sandbox/tasks", reply(func(*http.Request) (any, error) { return s.CVM.Tasks(), nil }))
	mux.HandleFunc("GET /_sandbox/inbox", reply(func(*http.Request) (any, error) { return s.Inbox.Messages(), nil }))
	mux.Handle("GET /_sandbox/inbox/page", s.Inbox.Page())
	mux.HandleFunc("GET /_sandbox/requests", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, strings.Join(append(s.Requests(), ""), "\n"))
	})
	mux.HandleFunc("GET /_sandbox/invocations/{name}", reply(func(r *http.Request) (any, error) {
		return s.SCF.Invocations(r.PathValue("name")), known(r)
	}))
	s.levers(mux)
	mux.Handle("/_sandbox/apigw/", http.StripPrefix("/_sandbox/apigw", s.SCF.LegacyAPIGateway("export")))
	mux.Handle("GET /_sandbox", http.RedirectHandler("/_sandbox/", http.StatusMovedPermanently))
	panel := http.NewCrossOriginProtection().Handler(mux) // any web page may send a POST to a loopback address
	url := s.SCF.FunctionURL("export")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_sandbox" || strings.HasPrefix(r.URL.Path, "/_sandbox/") {
			panel.ServeHTTP(w, r)
			return
		}
		url.ServeHTTP(w, r) // not through a mux: it would clean paths that the platform passes on
	})
}

// levers are what the panel pulls to change the course of things.
func (s *Sandbox) levers(mux *http.ServeMux) {
	mux.HandleFunc("GET /_sandbox/timers", reply(func(*http.Request) (any, error) { return s.SCF.Timers("export"), nil }))
	mux.HandleFunc("POST /_sandbox/timers/{timer}/{state}", reply(s.switchTimer))
	mux.HandleFunc("POST /_sandbox/fire/{timer}", reply(s.fire))
	mux.HandleFunc("POST /_sandbox/kill/{name}", reply(func(r *http.Request) (any, error) {
		return map[string]int{"killed": s.SCF.KillInstances(r.PathValue("name"))}, known(r)
	}))
	mux.HandleFunc("POST /_sandbox/tasks/{id}/kill", reply(s.killTask))
	mux.HandleFunc("POST /_sandbox/console-export", reply(s.consoleExport))
	mux.HandleFunc("/_sandbox/faults", reply(s.faults))
	mux.HandleFunc("DELETE /_sandbox/faults/{id}", reply(func(r *http.Request) (any, error) {
		return map[string]bool{"removed": s.Faults.Remove(r.PathValue("id"))}, nil
	}))
}

// reply answers in JSON, and takes a person who pressed a button back to the
// page; an error is the caller's mistake.
func reply(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err == nil && r.Method == http.MethodPost && strings.Contains(r.Header.Get("Accept"), "text/html") {
			http.Redirect(w, r, "/_sandbox/", http.StatusSeeOther)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			v = map[string]string{"error": err.Error()}
		}
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.Encode(v)
	}
}

// known refuses a path that names none of the functions.
func known(r *http.Request) error {
	if name := r.PathValue("name"); !slices.Contains(functions, name) {
		return fmt.Errorf("no function %q, there are %q", name, functions)
	}
	return nil
}

func (s *Sandbox) switchTimer(r *http.Request) (any, error) {
	state := r.PathValue("state")
	if state != "on" && state != "off" {
		return nil, fmt.Errorf("state %q: want on or off", state)
	}
	err := s.SCF.EnableTimer("export", r.PathValue("timer"), state == "on")
	return s.SCF.Timers("export"), err
}

func (s *Sandbox) fire(r *http.Request) (any, error) {
	at := s.Clock.Now()
	if text := r.URL.Query().Get("time"); text != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, fmt.Errorf("time %q: want one such as 2026-11-22T19:00:00Z", text)
		}
	}
	id, err := s.SCF.FireAt("export", r.PathValue("timer"), at)
	return map[string]string{"requestId": id}, err
}

func (s *Sandbox) killTask(r *http.Request) (any, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("task %q: want a number", r.PathValue("id"))
	}
	return map[string]bool{"killed": s.CVM.KillTask(id)}, nil
}

func (s *Sandbox) consoleExport(r *http.Request) (any, error) {
	var req struct{ Image, Prefix string }
	if err := json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&req); err != nil {
		return nil, fmt.Errorf(`want {"image":"img-…","prefix":"…"}: %w`, err)
	}
	id, err := s.CVM.ConsoleExport(req.Image, ImageBucket, req.Prefix)
	return map[string]uint64{"task": id}, err
}

func (s *Sandbox) faults(r *http.Request) (any, error) {
	switch r.Method {
	case http.MethodGet:
		return s.Faults.Rules(), nil
	case http.MethodDelete:
		s.Faults.Clear()
		return s.Faults.Rules(), nil
	case http.MethodPost:
		var rule fault.Rule
		if err := json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&rule); err != nil {
			return nil, fmt.Errorf(`want a rule such as {"kind":"error-500","host":"cvm.tencentcloudapi.com"}: %w`, err)
		}
		id, err := s.Faults.Add(rule)
		return map[string]string{"id": id}, err
	}
	return nil, errors.New("want GET, POST with a rule, or DELETE")
}
