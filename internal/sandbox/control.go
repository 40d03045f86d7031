package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

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
//	POST   /_sandbox/fire/{timer}        fire a timer now
//	POST   /_sandbox/kill/{name}         kill all instances of a function
//	POST   /_sandbox/console-export      {"image","prefix"}: export as the console does
//	GET, POST, DELETE /_sandbox/faults   rules of package fault
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
	mux.HandleFunc("POST /_sandbox/fire/{timer}", reply(func(r *http.Request) (any, error) {
		id, err := s.SCF.Fire("export", r.PathValue("timer"))
		return map[string]string{"requestId": id}, err
	}))
	mux.HandleFunc("POST /_sandbox/kill/{name}", reply(func(r *http.Request) (any, error) {
		return map[string]int{"killed": s.SCF.KillInstances(r.PathValue("name"))}, known(r)
	}))
	mux.HandleFunc("POST /_sandbox/console-export", reply(s.consoleExport))
	mux.HandleFunc("/_sandbox/faults", reply(s.faults))
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
