package channel

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/imageferry/imageferry/internal/outcome"
)

const (
	maxAnswer = 64 << 10       // bytes of an answer that are read; services say less than one KB
	maxAfter  = 24 * time.Hour // that a service can have us wait
)

// letter is one request to make.
type letter struct {
	address string // a secret
	header  http.Header
	body    []byte
}

// answer is what came back.
type answer struct {
	status int
	body   []byte        // the first maxAnswer bytes; it can quote secrets, so it is shown to nobody
	after  time.Duration // Retry-After; 0: not said
}

// post sends a letter once and follows no redirect.
func (r *route) post(ctx context.Context, l letter) (answer, error) {
	var connected atomic.Bool
	trace := httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, &trace), http.MethodPost, l.address, bytes.NewReader(l.body))
	if err != nil {
		return answer{}, r.fail(outcome.Config, "BadAddress", "the address cannot be read", "correct {url}")
	}
	req.Header = l.header
	req.Header.Set("User-Agent", "ImageFerry") // some receivers refuse Go's own
	resp, err := r.client.Do(req)
	if err != nil {
		return answer{}, r.unanswered(err, connected.Load())
	}
	defer resp.Body.Close()
	// The status stands, whatever becomes of the rest.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return answer{resp.StatusCode, body, retryAfter(resp.Header.Get("Retry-After"), r.now())}, nil
}

// unanswered says what it means that no answer came. err itself goes no further:
// its text holds the address.
func (r *route) unanswered(err error, connected bool) error {
	if refused, ok := errors.AsType[*forbidden](err); ok {
		return r.fail(outcome.Config, "ForbiddenAddress", refused.Error(), "give an address that the internet can reach in {url}")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return r.fail(outcome.Later, "BadCertificate", "the certificate of the receiver is not trusted", "have it renewed, or correct the host in {url}")
	}
	if !connected {
		return r.fail(outcome.Later, "NotReached", "no connection to the receiver could be made", "check the host in {url}, and that functions may reach it")
	}
	return r.fail(outcome.Unknown, "NoAnswer", "the receiver gave no answer", "")
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3), at most maxAfter.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(s, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxAfter)
	}
	if at, err := http.ParseTime(s); err == nil {
		return min(max(at.Sub(now), 0), maxAfter)
	}
	return 0
}

// encode writes JSON without the escapes that HTML would need: services count bytes.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only texts and flags of ours get here
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// jsonLetter is a letter with a JSON body.
func jsonLetter(address string, v any) letter {
	return letter{address, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, encode(v)}
}
