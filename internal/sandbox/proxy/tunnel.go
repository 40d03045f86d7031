package proxy

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// tunnel is a client's connection after a granted CONNECT: below TLS if there
// is any, and with the host that it leads to.
type tunnel struct {
	net.Conn
	sent    *bufio.Reader // what the client sent without waiting for our 200, then the connection
	proxy   *Proxy
	host    string
	user    string
	handler http.Handler
}

func (t *tunnel) Read(b []byte) (int, error) { return t.sent.Read(b) }

// NetConn returns the client's TCP connection, as tls.Conn's method of that
// name does for the layer above.
func (t *tunnel) NetConn() net.Conn { return t.Conn }

// tunnels is the listener of the inner server: it accepts what connect hands
// over.
type tunnels struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newTunnels() *tunnels {
	return &tunnels{conns: make(chan net.Conn), done: make(chan struct{})}
}

// hand gives a tunnel to the inner server, under TLS if there is a certificate
// for it.
func (ts *tunnels) hand(t *tunnel, leaf *tls.Certificate) {
	var conn net.Conn = t
	if leaf != nil {
		conn = tls.Server(t, &tls.Config{
			Certificates: []tls.Certificate{*leaf},
			NextProtos:   []string{"http/1.1"},
			MinVersion:   tls.VersionTLS12,
		})
	}
	select {
	case ts.conns <- conn:
	case <-ts.done:
		t.Close()
	}
}

func (ts *tunnels) Accept() (net.Conn, error) {
	select {
	case c := <-ts.conns:
		return c, nil
	case <-ts.done:
		return nil, net.ErrClosed
	}
}

func (ts *tunnels) Close() error {
	ts.once.Do(func() { close(ts.done) })
	return nil
}

func (ts *tunnels) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

type tunnelKey struct{}

// tunnelContext lets a request find the tunnel that it came through.
func tunnelContext(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	return withUser(context.WithValue(ctx, tunnelKey{}, c), c.(*tunnel).user)
}

// serveTunnel answers a request inside a tunnel by the host that it leads to.
func serveTunnel(w http.ResponseWriter, r *http.Request) {
	t := r.Context().Value(tunnelKey{}).(*tunnel)
	if hostname(r.Host) != t.host {
		// The handler would play one host and check signatures for another.
		http.Error(w, "this connection leads to "+t.host+" only", http.StatusMisdirectedRequest)
		return
	}
	t.proxy.counts.add(t.host, Count{Requests: 1})
	t.handler.ServeHTTP(w, r)
}
