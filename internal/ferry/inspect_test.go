package ferry

import (
	"context"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/manifest"
	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/cos"
	"github.com/imageferry/imageferry/internal/tencent"
)

// A manifest lies beside the ledger always, beside the files where that is wanted,
// and never beside files that are not ours.
func TestKeep(t *testing.T) {
	t.Parallel()
	own := ledger.Entry{Verdict: ledger.Complete, Request: ledger.Request{ID: "nightly-20261122t030000z-a", Prefix: "nightly-20261122t030000z-a", Bucket: images, Format: image.RAW}}
	strange := own
	strange.Request.ID, strange.Request.Prefix, strange.Request.Origin = "seen-1", "web", ledger.Observed
	for name, test := range map[string]struct {
		e      ledger.Entry
		beside bool
		taken  string // what stands under the manifest's key
		want   string // what is there in the end; empty: nothing
	}{
		"ours":             {own, true, "", `"export": "nightly-20261122t030000z-a"`},
		"not wanted":       {own, false, "", ""},
		"not ours":         {strange, true, "", ""},
		"the key is taken": {own, true, "theirs", "theirs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newCOS(t, filepath.Join(t.TempDir(), "cos"))
			l, key := ledger.New(ledger.NewMemory(), ""), manifest.Key(test.e.Request)
			if test.taken != "" {
				if err := client.Put(t.Context(), images, key, []byte(test.taken)); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // a repeat changes nothing
				if err := (keeper{l, client, "ap-guangzhou", test.beside}).Keep(t.Context(), test.e); err != nil {
					t.Fatal(err)
				}
			}
			if body, err := l.Manifest(t.Context(), test.e.Request.ID); err != nil || !strings.Contains(string(body), string(test.e.Request.ID)) {
				t.Errorf("beside the ledger: %s, %v", body, err)
			}
			body, err := client.Store(images).Get(t.Context(), key)
			if (err == nil) != (test.want != "") || !strings.Contains(string(body), test.want) {
				t.Errorf("beside the files: %s, %v", body, err)
			}
		})
	}
}

var images = image.Bucket{Name: "images", AppID: "1250000000"}

// newCOS returns a client of a COS that has the bucket.
func newCOS(t *testing.T, dir string) *tencent.COS {
	t.Helper()
	acc := account.New(images.AppID, "100000000001", "ap-guangzhou")
	server, err := cos.New(cos.Config{Dir: dir, Account: acc, Clock: clock.New(1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.CreateBucket(images.String()); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewTLSServer(server)
	t.Cleanup(web.Close)
	key := acc.AssumeRole("ferry", time.Hour)
	rt := tencent.NewTransport()
	t.Cleanup(rt.CloseIdleConnections)
	rt.Proxy = nil
	rt.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", web.Listener.Addr().String())
	}
	rt.TLSClientConfig.RootCAs, rt.TLSClientConfig.ServerName = x509.NewCertPool(), "example.com"
	rt.TLSClientConfig.RootCAs.AddCert(web.Certificate())
	return tencent.NewCOS(rt, func() (string, string, string) { return key.SecretID, key.SecretKey, key.Token }, "ap-guangzhou")
}
