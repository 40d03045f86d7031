package fault

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// bodyTaken is how much of a request's body is read before its fate befalls it.
const bodyTaken = 1 << 20

// Wrap returns a handler that lets the set's rules interfere with next.
func (s *Set) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait, fate := s.decide(ask(r))
		if fate.Kind == LostAnswer || fate.Kind == Lost500 || fate.Kind == CrashAfter {
			// The promise is that the effect happens, even when the client has gone.
			r = r.WithContext(context.WithoutCancel(r.Context()))
		}
		if fate.Kind == CrashAfter {
			s.crash(r)
		}
		if hold(r, wait) != nil {
			panic(http.ErrAbortHandler)
		}
		switch fate.Kind {
		case CrashBefore:
			s.crash(r)
			panic(http.ErrAbortHandler)
		case LostAnswer, CrashAfter:
			next.ServeHTTP(discard{}, r)
			panic(http.ErrAbortHandler) // net/http's way to end a connection without an answer
		case Lost500:
			next.ServeHTTP(discard{}, r)
			fail(w, r, http.StatusInternalServerError)
		case Reset:
			reset(w, r)
		case Error500:
			fail(w, r, http.StatusInternalServerError)
		case Error503:
			fail(w, r, http.StatusServiceUnavailable)
		case Throttle:
			throttle(w, r, fate.Delay)
		case Answer:
			answer(w, cmp.Or(fate.Status, http.StatusOK), fate.Body)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// hold waits, or returns an error if the client goes away first. net/http
// notices that only after the body is read.
func hold(r *http.Request, wait time.Duration) error {
	if wait == 0 {
		return nil
	}
	if err := takeIn(r); err != nil {
		return err
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// takeIn reads the body, if it is not a big one, and puts it back. From here on
// the whole request is in our hands and the client has nothing left to send.
func takeIn(r *http.Request) error {
	head, err := io.ReadAll(io.LimitReader(r.Body, bodyTaken))
	if err != nil {
		return err
	}
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), r.Body), r.Body}
	return nil
}

// crash kills who sent the request, once the request is in our hands.
func (s *Set) crash(r *http.Request) {
	if takeIn(r) != nil {
		panic(http.ErrAbortHandler)
	}
	if s.Kill != nil {
		s.Kill(r)
	}
}

// reset cuts the connection so that the client's kernel reports a reset, not an
// end of file. A client still sending would see an error of its own making.
func reset(w http.ResponseWriter, r *http.Request) {
	if takeIn(r) != nil {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // not HTTP/1.1: the closest thing to it
	}
	for { // through TLS and tunnels, down to TCP
		upper, ok := conn.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		conn = upper.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// discard is the answer that nobody gets.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
func (discard) FlushError() error           { return nil }

// ask says what a request is about.
func ask(r *http.Request) question {
	key := strings.TrimPrefix(r.URL.Path, "/")
	return question{host: hostname(r.Host), action: action(r, key == ""), key: key}
}

// hostname is a host without its port, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(host)
}

// action names what a request does, as Rule.Action describes.
func action(r *http.Request, bucket bool) string {
	query := r.URL.Query()
	switch serviceOf(r) {
	case cloudAPI:
		if a := r.Header.Get("X-TC-Action"); a != "" {
			return a
		}
		return query.Get("Action")
	case cos:
		return cosAction(r, query, bucket)
	}
	return r.Method
}

// cosAction tells apart what COS does under one method.
func cosAction(r *http.Request, query map[string][]string, bucket bool) string {
	has := func(name string) bool { _, ok := query[name]; return ok }
	switch {
	case r.Method == http.MethodGet && has("uploads"):
		return "LIST-UPLOADS"
	case r.Method == http.MethodGet && bucket && !has("versioning") && !has("location"):
		return "LIST"
	case r.Method == http.MethodPost && has("uploads"):
		return "INITIATE"
	case r.Method == http.MethodPost && has("uploadId"):
		return "COMPLETE"
	case r.Method == http.MethodPost && has("append"):
		return "APPEND"
	case r.Method == http.MethodPost && has("delete"):
		return http.MethodDelete
	case r.Method == http.MethodPut && has("partNumber"):
		return "PART"
	case r.Method == http.MethodPut && r.Header.Get("x-cos-copy-source") != "":
		return "COPY"
	case r.Method == http.MethodDelete && has("uploadId"):
		return "ABORT"
	}
	return r.Method
}
