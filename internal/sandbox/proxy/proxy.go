// Package proxy is the sandbox's only door: an HTTP(S) forward proxy on
// loopback that does not forward anything. It terminates every connection
// itself, under certificates of its own CA, and hands the requests to the
// handler that plays the host they name. A host that nobody plays is refused,
// so a program that is pointed here by HTTPS_PROXY and a CA file reaches the
// sandbox or nothing.
//
// Two servers of net/http do the work. The outer one speaks to clients as a
// proxy: plain requests with an absolute URL, and CONNECT. A CONNECT that is
// granted turns its connection into a tunnel, which the inner server accepts as
// if a client had dialled the host: TLS on port 443, plain HTTP on port 80. So
// keep-alive, chunked bodies, 100-continue and shutdown are net/http's own.
//
// Tunnels offer HTTP/1.1 only. Under HTTP/2 one lost answer would be a reset
// stream in a healthy connection, where programs shall see a broken connection.
package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// headerTimeout bounds the wait for a TLS handshake or request header that has
// begun, so that a client which hangs half-way does not stay for ever.
const headerTimeout = time.Minute

// Proxy serves the hosts that its route function knows. Set the exported
// fields before Serve.
type Proxy struct {
	// Direct answers requests made to the proxy's own loopback address, such
	// as a person's browser; also those that a program sends through the proxy,
	// because it does not know NO_PROXY. Nil refuses them.
	Direct http.Handler
	// ErrorLog receives what net/http logs, above all the TLS handshakes of
	// clients that do not trust the CA. Nil means the standard logger.
	ErrorLog *log.Logger

	ca      *CA
	route   func(host string) http.Handler
	outer   http.Server
	inner   http.Server
	tunnels *tunnels
	counts  counts
}

// New returns a proxy. The route function returns the handler that plays a
// host, whose name comes in lower case and without port, or nil to refuse it.
// Handlers see requests as the host itself would: Host and path as sent, TLS
// set where the client used it, RemoteAddr the client's.
func New(ca *CA, route func(host string) http.Handler) *Proxy {
	p := &Proxy{ca: ca, route: route, tunnels: newTunnels()}
	p.outer = http.Server{Handler: http.HandlerFunc(p.serveOuter), ReadHeaderTimeout: headerTimeout}
	p.inner = http.Server{Handler: http.HandlerFunc(serveTunnel), ReadHeaderTimeout: headerTimeout, ConnContext: tunnelContext}
	return p
}

// Serve accepts clients on l, which must be a loopback address, until Shutdown;
// then it returns http.ErrServerClosed.
func (p *Proxy) Serve(l net.Listener) error {
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return fmt.Errorf("proxy: %v is not a loopback address", l.Addr())
	}
	p.outer.ErrorLog, p.inner.ErrorLog = p.ErrorLog, p.ErrorLog
	go p.inner.Serve(p.tunnels) // ends with Shutdown, like this function
	return p.outer.Serve(l)
}

// Shutdown stops accepting, waits for requests in progress and closes every
// connection. When ctx ends first it cuts what is left and returns ctx's error.
func (p *Proxy) Shutdown(ctx context.Context) error {
	// The outer server first: once it is done no new tunnel can appear.
	err := errors.Join(p.outer.Shutdown(ctx), p.inner.Shutdown(ctx))
	if err != nil {
		p.outer.Close()
		p.inner.Close()
	}
	return err
}

// Counts returns what has come for each host so far, refused ones included.
func (p *Proxy) Counts() map[string]Count { return p.counts.snapshot() }

func (p *Proxy) serveOuter(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		p.connect(w, r)
	case r.URL.IsAbs():
		p.forward(w, r)
	case p.Direct != nil && loopback(hostname(r.Host)):
		p.Direct.ServeHTTP(w, r)
	default:
		// A foreign Host on a loopback address is a web page trying DNS rebinding.
		http.Error(w, "this is the Image Ferry sandbox's proxy; set HTTPS_PROXY and HTTP_PROXY to it", http.StatusBadRequest)
	}
}

// forward answers a plain request whose target is an absolute URL. Some HTTP
// libraries send https URLs so too; the host then sees a request without TLS.
func (p *Proxy) forward(w http.ResponseWriter, r *http.Request) {
	if p.own(r, r.URL.Host) {
		p.Direct.ServeHTTP(w, originForm(r))
		return
	}
	host := hostname(r.URL.Host)
	h := p.route(host)
	if port := r.URL.Port(); h == nil || port != "" && port != "80" {
		p.counts.add(host, Count{Refused: 1})
		w.Header().Set(refusedHeader, r.URL.Host)
		http.Error(w, refusal(r.URL.Host), http.StatusForbidden)
		return
	}
	p.counts.add(host, Count{Requests: 1})
	h.ServeHTTP(w, originForm(r))
}

// originForm is the request as the host itself would have received it.
func originForm(r *http.Request) *http.Request {
	o := r.Clone(withUser(r.Context(), proxyUser(r)))
	o.URL.Scheme, o.URL.Host, o.URL.User = "", "", nil
	o.RequestURI = r.URL.RequestURI()
	o.Header.Del("Proxy-Connection")
	o.Header.Del("Proxy-Authorization")
	return o
}

// connect grants a tunnel to a host and port that are played, or refuses it.
func (p *Proxy) connect(w http.ResponseWriter, r *http.Request) {
	target := &url.URL{Host: r.Host}
	host := hostname(r.Host)
	h := p.route(host)
	granted := h != nil && (target.Port() == "443" || target.Port() == "80")
	if p.own(r, r.Host) {
		h, granted = p.Direct, true
	}
	var leaf *tls.Certificate
	if granted && target.Port() == "443" {
		var err error
		if leaf, err = p.ca.leaf(host); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	conn, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "CONNECT needs HTTP/1.1", http.StatusHTTPVersionNotSupported)
		return
	}
	if !granted {
		p.counts.add(host, Count{Refused: 1})
		refuseTunnel(conn, r.Host)
		return
	}
	p.counts.add(host, Count{Connections: 1})
	fmt.Fprint(conn, "HTTP/1.1 200 Connection established\r\n\r\n") // a dead client shows at the first read
	p.tunnels.hand(&tunnel{Conn: conn, sent: buf.Reader, proxy: p, host: host, user: proxyUser(r), handler: h}, leaf)
}

// own reports whether an authority means the address that the request came to.
func (p *Proxy) own(r *http.Request, authority string) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && p.Direct != nil && loopback(hostname(authority)) && (&url.URL{Host: authority}).Port() == strconv.Itoa(local.Port)
}

// hostname is the name in an authority, comparable: lower case, no port, no
// final dot.
func hostname(authority string) string {
	return strings.TrimSuffix(strings.ToLower((&url.URL{Host: authority}).Hostname()), ".")
}

func loopback(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || net.ParseIP(host).IsLoopback()
}
