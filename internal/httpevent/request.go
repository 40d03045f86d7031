package httpevent

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/imageferry/imageferry/internal/event"
)

// newRequest builds the request that net/http's server would have built. Its
// errors are fit for the caller's eyes.
func newRequest(ctx context.Context, e event.HTTP) (*http.Request, error) {
	body := []byte(e.Body)
	if e.Base64 {
		var err error
		if body, err = base64.StdEncoding.DecodeString(e.Body); err != nil {
			return nil, errors.New("the body is marked as base64 and is not")
		}
	}
	u, err := requestURL(e)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, e.Method, "/", bytes.NewReader(body))
	if err != nil { // all else being constant, it is the method
		return nil, errors.New("the method is not a valid one")
	}
	r.URL, r.RequestURI = u, u.RequestURI()
	r.Header = e.Header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Host = r.Header.Get("Host")
	r.Header.Del("Host") // as net/http does
	r.RemoteAddr = remoteAddr(e)
	return r, nil
}

// requestURL takes the path as it would stand in a request line. The platform
// has decoded the query already, so that is encoded again.
func requestURL(e event.HTTP) (*url.URL, error) {
	path, err := url.PathUnescape(e.Path)
	if err != nil {
		return nil, errors.New("the path is not validly percent-encoded")
	}
	return &url.URL{Path: path, RawPath: e.Path, RawQuery: e.Query.Encode()}, nil
}

// remoteAddr has the form "address:0", or is empty where the event does not
// tell. What the platform states outside the headers comes first: whether a
// caller can forge the header is disputed. It is for show, never for deciding
// who may do something.
func remoteAddr(e event.HTTP) string {
	for _, addr := range []string{e.SourceIP, e.Header.Get("X-Scf-Remote-Addr")} {
		if net.ParseIP(addr) != nil {
			return net.JoinHostPort(addr, "0")
		}
	}
	return ""
}
