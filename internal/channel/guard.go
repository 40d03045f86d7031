package channel

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// forbidden says why a target is none of ours to call. It never holds the address.
type forbidden struct{ reason string }

func (f *forbidden) Error() string { return f.reason }

var (
	errInner    = &forbidden{"the address lies in a private or special network"}
	errOddHost  = &forbidden{"want a host name in ASCII, or an IP address in its usual form"}
	errNotHTTPS = &forbidden{"want an https address"}
	errUserinfo = &forbidden{"want an address without a user name or password in it"}
)

// guard is the transport of notices. An address comes from a setting, and a name
// can be pointed anywhere, so that a function could be led to call what only it
// can reach. The address is therefore checked where it is connected to, after the
// name was resolved: a resolver that changes its mind gains nothing.
//
// Where the environment names a proxy for the target, the proxy connects, and
// which addresses it allows is its operator's policy; an inner address that is
// written out in the target is refused all the same.
type guard struct {
	private         bool // inner addresses are allowed
	direct, proxied *http.Transport
	proxy           func(*http.Request) (*url.URL, error)
}

func newClient(o Options, private bool) *http.Client {
	dial := (&net.Dialer{Control: allowAddress}).DialContext
	if private {
		dial = (&net.Dialer{}).DialContext
	}
	if o.Dial != nil {
		dial = o.Dial
	}
	g := &guard{private: private, proxy: o.Proxy, direct: newTransport(o, dial), proxied: newTransport(o, (&net.Dialer{}).DialContext)}
	if g.proxy == nil {
		g.proxy = http.ProxyFromEnvironment
	}
	g.proxied.Proxy = g.proxy
	return &http.Client{Transport: g, Timeout: o.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a redirect could lead anywhere; to follow it would also repeat the send
	}}
}

// newTransport is as careful with connections as the cloud's clients are
// (tencent.NewTransport): an idle one is not trusted for long, because an instance
// is frozen between events, and HTTP/2 could repeat a request by itself.
func newTransport(o Options, dial func(context.Context, string, string) (net.Conn, error)) *http.Transport {
	t := &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{RootCAs: o.Roots},
		TLSHandshakeTimeout:    o.Timeout,
		IdleConnTimeout:        15 * time.Second,
		MaxResponseHeaderBytes: maxAnswer,
		DisableCompression:     true, // a small answer could become a large one
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	return t
}

// RoundTrip implements http.RoundTripper.
func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	var proxy *url.URL
	err := allowTarget(req.URL, g.private)
	if err == nil {
		proxy, err = g.proxy(req)
	}
	if err != nil {
		req.Body.Close()
		return nil, err
	}
	if proxy != nil {
		return g.proxied.RoundTrip(req)
	}
	return g.direct.RoundTrip(req)
}

// allowAddress is net.Dialer.Control: it sees what a name resolved to.
func allowAddress(_, address string, _ syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(address); err != nil || !public(a.Addr()) {
		return errInner
	}
	return nil
}

// allowTarget refuses what can be told from the text of an address: who else
// reads it, such as a proxy, may take more forms of a host than we do.
func allowTarget(u *url.URL, private bool) error {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	switch {
	case u.Scheme != "https" || host == "":
		return errNotHTTPS
	case u.User != nil:
		return errUserinfo
	}
	a, err := netip.ParseAddr(host)
	isAddress := err == nil && (a.Is4() || strings.HasPrefix(u.Host, "["))
	switch {
	case !isAddress && !isName(host):
		return errOddHost
	case private:
		return nil
	case isAddress && !public(a), host == "localhost", strings.HasSuffix(host, ".localhost"), strings.HasPrefix(host, "localhost."):
		return errInner
	}
	return nil
}

// isName reports whether a host is a name in ASCII. One that ends in a number,
// such as 127.1 or 0x7f000001, is an IP address to many programs (WHATWG URL,
// "ends in a number").
func isName(host string) bool {
	for _, r := range host {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789-_.", r) {
			return false
		}
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	digits := strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == ""
	return host[0] != '.' && !strings.Contains(host, "..") && !digits
}
