package cos_test

import (
	"bytes"
	"context"
	"errors"
	"hash/crc64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"

	sdk "github.com/tencentyun/cos-go-sdk-v5"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/cos"
)

const (
	region = "ap-guangzhou"
	images = "images-1250000000"
)

// cloud is a COS at its real host names for clients that dial through it.
type cloud struct {
	t    *testing.T
	dir  string
	acc  *account.Account
	key  account.Credential
	http *http.Transport // dials the server, whatever the host

	server *cos.Server
	mu     sync.Mutex
	events []cos.Event
}

// newCloud starts a COS with the one bucket images.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{t: t, dir: t.TempDir(), acc: account.New("1250000000", "100000000001", region)}
	c.key = c.acc.CreateKey()
	c.start()
	if err := c.server.CreateBucket(images); err != nil {
		t.Fatal(err)
	}
	return c
}

// start serves what the directory holds; called again, it is a restart.
func (c *cloud) start() {
	c.t.Helper()
	server, err := cos.New(cos.Config{Dir: c.dir, Account: c.acc, Clock: clock.New(1)})
	if err != nil {
		c.t.Fatal(err)
	}
	server.Subscribe(func(e cos.Event) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.events = append(c.events, e)
	})
	c.server = server
	srv := httptest.NewServer(server)
	c.t.Cleanup(srv.Close)
	c.http = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", srv.Listener.Addr().String())
	}}
	c.t.Cleanup(c.http.CloseIdleConnections)
}

// client is the official SDK for a bucket.
func (c *cloud) client(bucket string) *sdk.Client {
	c.t.Helper()
	u, err := sdk.NewBucketURL(bucket, region, false)
	if err != nil {
		c.t.Fatal(err)
	}
	service, _ := url.Parse("http://service.cos.myqcloud.com")
	return sdk.NewClient(&sdk.BaseURL{BucketURL: u, ServiceURL: service}, &http.Client{Transport: &sdk.AuthorizationTransport{
		SecretID: c.key.SecretID, SecretKey: c.key.SecretKey, Transport: c.http,
	}})
}

func (c *cloud) put(key, body string) *sdk.Response {
	c.t.Helper()
	resp, err := c.client(images).Object.Put(c.t.Context(), key, bytes.NewReader([]byte(body)), nil)
	if err != nil {
		c.t.Fatalf("put %q: %v", key, err)
	}
	return resp
}

func (c *cloud) get(key string) string {
	c.t.Helper()
	resp, err := c.client(images).Object.Get(c.t.Context(), key, nil)
	if err != nil {
		c.t.Fatalf("get %q: %v", key, err)
	}
	return readAll(c.t, resp.Body)
}

func (c *cloud) eventNames() (names []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.events {
		names = append(names, e.Name+" "+e.Key)
	}
	return names
}

func (c *cloud) lastEvent() cos.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.events[len(c.events)-1]
}

func readAll(t *testing.T, body io.ReadCloser) string {
	t.Helper()
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wantError fails unless err is the SDK's or our error with that status and code.
// A HEAD has no code: want "" then.
func wantError(t *testing.T, err error, status int, code string) {
	t.Helper()
	var remote *sdk.ErrorResponse
	var direct *cos.Error
	switch {
	case errors.As(err, &remote) && remote.Response.StatusCode == status && remote.Code == code:
		if code != "" && (remote.RequestID == "" || remote.TraceID == "" || remote.Resource == "") {
			t.Errorf("incomplete error body: %+v", remote)
		}
	case errors.As(err, &direct) && direct.Status == status && direct.Code == code:
	default:
		t.Errorf("err = %v, want %d %s", err, status, code)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func crcOf(body string) string {
	return strconv.FormatUint(crc64.Checksum([]byte(body), crc64.MakeTable(crc64.ECMA)), 10)
}

func forbidOverwrite() *sdk.ObjectPutOptions {
	return &sdk.ObjectPutOptions{ObjectPutHeaderOptions: &sdk.ObjectPutHeaderOptions{
		XOptionHeader: &http.Header{"x-cos-forbid-overwrite": {"true"}},
	}}
}
