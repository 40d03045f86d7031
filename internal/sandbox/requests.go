package sandbox

import (
	"cmp"
	"net/http"
	"strings"
	"sync"
)

// requestLog keeps what programs asked the cloud for, so that tests can count
// and people can see. It keeps names only: no headers, no bodies.
type requestLog struct {
	mu   sync.Mutex
	list []string
}

// requestsKept bounds the log; older lines go first.
const requestsKept = 100_000

func (l *requestLog) note(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.add(describe(r))
		next.ServeHTTP(w, r)
	})
}

func (l *requestLog) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == requestsKept {
		l.list = append(l.list[:0], l.list[requestsKept/2:]...)
	}
	l.list = append(l.list, line)
}

// Requests returns what was asked so far, such as "cvm ExportImages" or
// "cos state GET imageferry/v1/…", in order of arrival.
func (s *Sandbox) Requests() []string {
	s.requests.mu.Lock()
	defer s.requests.mu.Unlock()
	return append([]string(nil), s.requests.list...)
}

func describe(r *http.Request) string {
	switch {
	case strings.HasSuffix(r.Host, ".tencentcloudapi.com"):
		action := cmp.Or(r.Header.Get("X-TC-Action"), r.URL.Query().Get("Action"), "?")
		service, _, _ := strings.Cut(r.Host, ".")
		return service + " " + action
	case isCOS(r.Host):
		bucket, _, _ := strings.Cut(r.Host, "-"+AppID)
		return "cos " + bucket + " " + operation(r) + " " + strings.TrimPrefix(r.URL.Path, "/")
	}
	if r.Host == webhookHost {
		return r.Host + " " + r.Method + " " + r.URL.Path
	}
	return r.Host + " " + r.Method // a chat's path is a password
}

// operation names a COS request by what it does.
func operation(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case q.Has("versioning"):
		return "VERSIONING"
	case q.Has("uploads") && r.Method == http.MethodGet:
		return "UPLOADS"
	case r.URL.Path == "/" && r.Method == http.MethodGet:
		return "LIST " + q.Get("prefix")
	}
	return r.Method
}
