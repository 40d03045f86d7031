package tencent_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/cos"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/tencent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const region = "ap-guangzhou"

var (
	images = image.Bucket{Name: "images", AppID: "1250000000"}
	state  = image.Bucket{Name: "state", AppID: "1250000000"}
)

// unlimited is for tests that are not about request rates.
var unlimited = map[string]int{"DescribeImages": 1e6, "DescribeInstances": 1e6, "ExportImages": 1e6, "CreateImage": 1e6, "DeleteImages": 1e6}

// cloud is both services behind TLS at one listener, to which the production
// transport dials whatever the host. Requests keep their real host, so that
// signatures are checked over it.
type cloud struct {
	t     *testing.T
	cos   *cos.Server
	cvm   *cvm.Server
	rt    *http.Transport
	key   account.Credential
	conns atomic.Int64 // dialled

	mu     sync.Mutex
	answer http.HandlerFunc // instead of the services, if set
	seen   []request
}

// request is what a server got.
type request struct {
	host, action string // action: of CVM, else the method
	header       http.Header
	body         string
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	acc := account.New("1250000000", "100000000001", region)
	c := &cloud{t: t, key: acc.AssumeRole("ferry", 1<<40)}
	fast, dir := clock.New(1e5), t.TempDir()
	var err error
	if c.cos, err = cos.New(cos.Config{Dir: filepath.Join(dir, "cos"), Account: acc, Clock: fast}); err != nil {
		t.Fatal(err)
	}
	for _, b := range []image.Bucket{images, state} {
		if err := c.cos.CreateBucket(b.String()); err != nil {
			t.Fatal(err)
		}
	}
	c.cvm = cvm.New(cvm.Config{Account: acc, Clock: fast, Storage: storage{c.cos}, Dir: dir, Limits: unlimited})
	server := httptest.NewUnstartedServer(c)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are part of the tests
	server.StartTLS()
	t.Cleanup(func() { c.rt.CloseIdleConnections(); server.Close(); c.cvm.Close() })

	c.rt = tencent.NewTransport()
	c.rt.Proxy = nil
	c.rt.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		c.conns.Add(1)
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	c.rt.TLSClientConfig.RootCAs = x509.NewCertPool()
	c.rt.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	c.rt.TLSClientConfig.ServerName = "example.com" // of httptest's certificate
	return c
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	got := request{host: r.Host, action: r.Method, header: r.Header.Clone(), body: string(body)}
	if a := r.Header.Get("X-TC-Action"); a != "" {
		got.action = a
	}
	c.mu.Lock()
	c.seen = append(c.seen, got)
	answer := c.answer
	c.mu.Unlock()
	switch {
	case answer != nil:
		answer(w, r)
	case strings.HasPrefix(r.Host, "cvm."):
		c.cvm.ServeHTTP(w, r)
	default:
		c.cos.ServeHTTP(w, r)
	}
}

// say has every request answered by h from here on, and forgets those before.
func (c *cloud) say(h http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answer, c.seen = h, nil
}

func (c *cloud) requests() []request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.seen)
}

func (c *cloud) creds() (id, key, token string) {
	return c.key.SecretID, c.key.SecretKey, c.key.Token
}

func (c *cloud) newCOS() *tencent.COS { return tencent.NewCOS(c.rt, c.creds, region) }

func (c *cloud) newCVM(form tencent.BucketForm) *tencent.CVM {
	c.t.Helper()
	client, err := tencent.NewCVM(c.rt, c.creds, region, form)
	if err != nil {
		c.t.Fatal(err)
	}
	return client
}

type storage struct{ *cos.Server }

func (storage) BucketExists(name string) bool { return name == images.String() }

func (s storage) StartUpload(bucket, key string) (cvm.Upload, error) {
	return s.Server.StartUpload(bucket, key)
}

// status answers with a status and a body.
func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// cut ends the connection without an answer.
func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// hang answers when the client has given up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
