// Package mail is the mail server of the sandbox: it takes what Image Ferry sends
// by SMTP, as strictly as a provider's submission service does, and hands it on to
// be read.
//
// A mail server cannot be played behind an HTTP proxy, so this one stands on
// loopback ports of its own: one where TLS begins at once (as on port 465), one
// where STARTTLS must come first (as on port 587). Both want a password, and none
// takes it before the connection is encrypted. What goes wrong is asked of the
// sandbox's faults: their host is "mail", their action the command, such as RCPT,
// and DATA for the moment at which a mail has arrived whole.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"

	"github.com/imageferry/imageferry/internal/sandbox/fault"
)

// Host is what fault rules know the server by.
const Host = "mail"

// MaxBytes is the largest mail that is taken, as the SIZE extension announces it.
const MaxBytes = 1 << 20

// Config is what a server needs. Certificate, User and Password are required.
type Config struct {
	Certificate    *tls.Certificate
	User, Password string
	Faults         *fault.Set // nil: nothing goes wrong
	// Deliver gets each mail that was taken, before its sender is told so. Calls may
	// overlap.
	Deliver func(Mail)
}

// Mail is what came in one transaction.
type Mail struct {
	From string   // of the envelope; empty for a bounce
	To   []string // of the envelope
	Data []byte   // header and body, lines end in CRLF
}

// Server is a mail server on loopback. It is safe for concurrent use.
type Server struct {
	cfg  Config
	tls  *tls.Config
	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup

	mu    sync.Mutex
	open  map[net.Conn]bool
	ports []net.Listener
}

// New returns a server that listens nowhere yet.
func New(c Config) *Server {
	s := &Server{cfg: c, open: map[net.Conn]bool{}}
	s.tls = &tls.Config{Certificates: []tls.Certificate{*c.Certificate}, MinVersion: tls.VersionTLS12}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s
}

// Listen serves a free loopback port until Close and returns its address. With
// implicit, TLS begins at once; without, by STARTTLS.
func (s *Server) Listen(implicit bool) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return "", errors.Join(net.ErrClosed, l.Close())
	}
	s.ports = append(s.ports, l)
	s.work.Go(func() { s.accept(l, implicit) })
	return l.Addr().String(), nil
}

// Close ends all sessions, in the middle of whatever they are at, and returns when
// nothing of the server runs any more.
func (s *Server) Close() error {
	s.stop()
	s.mu.Lock()
	var err error
	for _, l := range s.ports {
		err = errors.Join(err, l.Close())
	}
	for c := range s.open {
		c.Close() // who is still talking gets no answer
	}
	s.ports, s.open = nil, map[net.Conn]bool{}
	s.mu.Unlock()
	s.work.Wait()
	return err
}

func (s *Server) accept(l net.Listener, implicit bool) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return // closed
		}
		if !s.track(conn) {
			return
		}
		s.work.Go(func() {
			defer s.forget(conn)
			newSession(s, conn, implicit).serve()
		})
	}
}

// track notes a connection for Close, which may have been called meanwhile.
func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		conn.Close()
		return false
	}
	s.open[conn] = true
	return true
}

func (s *Server) forget(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, conn)
	conn.Close()
}
