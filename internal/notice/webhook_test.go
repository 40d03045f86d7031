package notice_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/secret"
)

const (
	region = "ap-guangzhou"
	path   = "/hook/canary-path?key=canary-key"
)

var key = "whsec_" + base64.StdEncoding.EncodeToString([]byte("canary-key-of-32-bytes-canary-32"))

// receiver is a webhook's other side.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	requests []request
}

type request struct {
	method, uri string
	header      http.Header
	body        []byte
}

func newReceiver(t *testing.T, status int) *receiver {
	t.Helper()
	return newReceiverFunc(t, func(w http.ResponseWriter) { w.WriteHeader(status) })
}

func newReceiverFunc(t *testing.T, answer func(http.ResponseWriter)) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.requests = append(r.requests, request{req.Method, req.RequestURI, req.Header, body})
		r.mu.Unlock()
		answer(w)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

func (r *receiver) last() request { all := r.all(); return all[len(all)-1] }

func (r *receiver) send(t *testing.T, e ledger.Entry) error {
	t.Helper()
	return channel(t, r.URL+path, time.Minute).Send(t.Context(), notice.WebhookName, e)
}

func channel(t *testing.T, address string, timeout time.Duration) *notice.Webhook {
	t.Helper()
	rt := &http.Transport{}
	t.Cleanup(rt.CloseIdleConnections)
	w, err := notice.NewWebhook(rt, secret.New(address), secret.New(key), region, timeout)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestSend(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 204)
	for range 2 {
		if err := r.send(t, completeThree()); err != nil {
			t.Fatal(err)
		}
	}
	got := r.last()
	if got.method != "POST" || got.uri != path || got.header.Get("Content-Type") != "application/cloudevents+json; charset=utf-8" {
		t.Errorf("%s %s with type %q", got.method, got.uri, got.header.Get("Content-Type"))
	}
	verifier, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(got.body, got.header); err != nil {
		t.Errorf("signature: %v", err)
	}
	if err := verifier.Verify(append(got.body, ' '), got.header); err == nil {
		t.Error("the signature does not cover the body")
	}
	first := r.all()[0]
	if first.header.Get("Webhook-Id") != got.header.Get("Webhook-Id") || string(first.body) != string(got.body) {
		t.Error("a repeat is another notice")
	}
	if n := notice.Of(completeThree(), region); got.header.Get("Webhook-Id") != n.ID {
		t.Errorf("id %q, want %q", got.header.Get("Webhook-Id"), n.ID)
	}
	if at, err := strconv.ParseInt(got.header.Get("Webhook-Timestamp"), 10, 64); err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
		t.Errorf("timestamp %q is not of now", got.header.Get("Webhook-Timestamp"))
	}
}

// The CloudEvents SDK is the oracle for the form of the event.
func TestCloudEvent(t *testing.T) {
	t.Parallel()
	for _, e := range []ledger.Entry{completeOne(), completeThree(), partial(), refused(), unmanaged()} {
		r := newReceiver(t, 200)
		if err := r.send(t, e); err != nil {
			t.Fatal(err)
		}
		var ce event.Event
		if err := json.Unmarshal(r.last().body, &ce); err != nil {
			t.Fatal(err)
		}
		if err := ce.Validate(); err != nil {
			t.Error(err)
		}
		n := notice.Of(e, region)
		if ce.SpecVersion() != "1.0" || ce.ID() != n.ID || ce.Type() != n.Type || ce.Source() != "/imageferry/ap-guangzhou" ||
			ce.Subject() != string(e.Request.ID) || !ce.Time().Equal(e.Ended) || ce.DataContentType() != "application/json" {
			t.Errorf("attributes:\n%v", ce)
		}
		if len(ce.Extensions()) > 0 {
			t.Errorf("extensions that nobody documented: %v", ce.Extensions())
		}
		var data struct{ Export, Subject, Text string }
		if err := ce.DataAs(&data); err != nil || data.Export != ce.Subject() || data.Subject != n.Subject || data.Text != n.Text {
			t.Errorf("data %+v, %v", data, err)
		}
	}
}

func TestStatuses(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]outcome.Kind{
		300: outcome.Later, 304: outcome.Later, 307: outcome.Later, 400: outcome.Later, 401: outcome.Later, 404: outcome.Later, 408: outcome.Later,
		410: outcome.Config, 429: outcome.Later, 500: outcome.Unknown, 502: outcome.Unknown, 503: outcome.Unknown, 504: outcome.Unknown, 599: outcome.Unknown,
	} {
		err := newReceiver(t, status).send(t, completeOne())
		if !outcome.Is(err, want) {
			t.Errorf("%d: %v is %s, want %s", status, err, outcome.Of(err), want)
		} else if !strings.Contains(err.Error(), strconv.Itoa(status)) {
			t.Errorf("%d: error does not name the status: %v", status, err)
		}
	}
	for _, status := range []int{200, 201, 202, 204, 299} {
		if err := newReceiver(t, status).send(t, completeOne()); err != nil {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	other := newReceiver(t, 200)
	for _, status := range []int{301, 302, 303, 307, 308} {
		r := newReceiverFunc(t, func(w http.ResponseWriter) {
			w.Header().Set("Location", other.URL+"/canary-target")
			w.WriteHeader(status)
		})
		err := r.send(t, completeOne())
		if !outcome.Is(err, outcome.Later) || strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("%d: %v", status, err)
		}
		if n := len(r.all()); n != 1 {
			t.Errorf("%d: sent %d times", status, n)
		}
	}
	if n := len(other.all()); n != 0 {
		t.Errorf("%d notices went where a redirect led", n)
	}
}

// An answer without an end is left after what is read of it.
func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	chunk, written, gone := make([]byte, 32<<10), 0, make(chan struct{})
	r := newReceiverFunc(t, func(w http.ResponseWriter) {
		defer close(gone)
		w.WriteHeader(http.StatusOK)
		for {
			n, err := w.Write(chunk)
			if written += n; err != nil || written > 1<<30 {
				return
			}
		}
	})
	if err := r.send(t, completeOne()); err != nil {
		t.Errorf("the status stands whatever the body does: %v", err)
	}
	<-gone
	if written > 256<<20 {
		t.Errorf("%d bytes were taken", written)
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	closed := newReceiver(t, 200)
	closed.Close()
	hold := make(chan struct{})
	silent := newReceiverFunc(t, func(http.ResponseWriter) { <-hold })
	t.Cleanup(func() { close(hold) }) // before the receiver's own cleanup, which waits for it
	broken := newReceiverFunc(t, func(http.ResponseWriter) { panic(http.ErrAbortHandler) })
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := map[string]func() error{
		"refused connection": func() error { return closed.send(t, completeOne()) },
		"no such host": func() error {
			return channel(t, "https://canary-host.invalid"+path, time.Minute).Send(t.Context(), notice.WebhookName, completeOne())
		},
		"time-out": func() error {
			return channel(t, silent.URL+path, 50*time.Millisecond).Send(t.Context(), notice.WebhookName, completeOne())
		},
		"cut connection": func() error { return broken.send(t, completeOne()) },
		"cancelled": func() error {
			return channel(t, silent.URL+path, time.Minute).Send(cancelled, notice.WebhookName, completeOne())
		},
	}
	for name, send := range tests {
		err := send()
		if err == nil || !outcome.Is(err, outcome.Unknown) {
			t.Errorf("%s: %v is %s, want unknown", name, err, outcome.Of(err))
		}
		for _, word := range []string{"canary", "http:", "https:", "127.0.0.1"} {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), word) {
				t.Errorf("%s: the error tells the address: %v", name, err)
			}
		}
		if errors.Unwrap(err) != nil {
			t.Errorf("%s: the error carries another one along: %v", name, errors.Unwrap(err))
		}
	}
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	if _, err := notice.NewWebhook(http.DefaultTransport, secret.New("https://x"), secret.New("whsec_canary!"), region, time.Second); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("a key that is no base64: %v", err)
	}
	err := channel(t, "https://canary\x7f/", time.Second).Send(t.Context(), notice.WebhookName, completeOne())
	if !outcome.Is(err, outcome.Config) || strings.Contains(err.Error(), "canary") {
		t.Errorf("an address that is none: %v", err)
	}
}

// A channel that was announced by an older deployment may not exist any more.
func TestChannels(t *testing.T) {
	t.Parallel()
	w := channel(t, "https://x", time.Second)
	if got := w.Channels(); !slices.Equal(got, []string{"webhook"}) {
		t.Errorf("channels %q", got)
	}
	if err := w.Send(t.Context(), "mail", completeOne()); !outcome.Is(err, outcome.Config) || !strings.Contains(err.Error(), "mail") {
		t.Errorf("unknown channel: %v", err)
	}
	var none *notice.Webhook
	if got := none.Channels(); len(got) != 0 {
		t.Errorf("channels %q of no webhook", got)
	}
	if err := none.Send(t.Context(), "webhook", completeOne()); !outcome.Is(err, outcome.Config) {
		t.Errorf("no webhook: %v", err)
	}
}

func TestWebhookPrintsNoSecret(t *testing.T) {
	t.Parallel()
	w := channel(t, "https://example.com"+path, time.Second)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if got := fmt.Sprintf(format, w); strings.Contains(got, "canary") {
			t.Errorf("%s tells the address: %s", format, got)
		}
	}
}
