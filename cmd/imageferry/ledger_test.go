package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/cos"
	"github.com/imageferry/imageferry/internal/sandbox/proxy"
	"github.com/imageferry/imageferry/internal/tencent"
)

// TestLedger runs scripts against a bucket in a sandbox's COS, behind its proxy, as
// the environment of imageferry sandbox env leads there.
func TestLedger(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/ledger",
		Setup: func(e *testscript.Env) error { return setLedger(t, e) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"remove": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(ts.Value(storeKey{}).(ledger.Store).Delete(t.Context(), args[0]))
			},
			"write": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(ts.Value(storeKey{}).(ledger.Store).Create(t.Context(), args[0], []byte(ts.ReadFile(args[1]))))
			},
		},
	})
}

const (
	stateBucket = "state-1250000000"
	region      = "ap-guangzhou"
)

type storeKey struct{}

func setLedger(t *testing.T, e *testscript.Env) error {
	slot := time.Now().UTC().Truncate(time.Hour)
	acc := account.New("1250000000", "100000000001", region)
	key := acc.CreateKey()
	server, err := cos.New(cos.Config{Dir: filepath.Join(e.WorkDir, ".cos"), Account: acc, Clock: clock.New(1)})
	if err != nil {
		return err
	}
	ca, err := proxy.NewCA(filepath.Join(e.WorkDir, ".ca"))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p := proxy.New(ca, func(host string) http.Handler {
		if host == stateBucket+".cos."+region+".myqcloud.com" {
			return server
		}
		return nil
	})
	p.ErrorLog = log.New(io.Discard, "", 0)
	served := make(chan error, 1)
	go func() { served <- p.Serve(listener) }()
	e.Defer(func() {
		_ = p.Shutdown(context.Background())
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	address := "http://" + listener.Addr().String()
	e.Vars = append(e.Vars, "HTTPS_PROXY="+address, "https_proxy="+address, "SSL_CERT_FILE="+ca.BundleFile(), "SSL_CERT_DIR="+e.WorkDir,
		"TENCENTCLOUD_SECRET_ID="+key.SecretID, "TENCENTCLOUD_SECRET_KEY="+key.SecretKey, "TENCENTCLOUD_REGION="+region, "FERRY_STATE_BUCKET="+stateBucket,
		"TODAY="+slot.Format(time.DateOnly))
	if err := server.CreateBucket(stateBucket); err != nil {
		return err
	}
	rt := tencent.NewTransport()
	rt.Proxy = func(*http.Request) (*url.URL, error) { return url.Parse(address) }
	rt.TLSClientConfig = &tls.Config{RootCAs: ca.Pool()}
	e.Defer(rt.CloseIdleConnections)
	creds := func() (string, string, string) { return key.SecretID, key.SecretKey, "" }
	store := tencent.NewCOS(rt, creds, region).Store(image.Bucket{Name: "state", AppID: "1250000000"})
	e.Values[storeKey{}] = store
	return fillLedger(t.Context(), store, slot)
}

// fillLedger writes one export that is closed and two that are not.
func fillLedger(ctx context.Context, store ledger.Store, slot time.Time) error {
	l := ledger.New(store, "imageferry/")
	request := func(id image.ExportID, origin ledger.Origin) ledger.Request {
		return ledger.Request{
			ID: id, Origin: origin, Plan: "nightly", Slot: slot, Format: image.RAW, Bucket: image.Bucket{Name: "images", AppID: "1250000000"}, Prefix: string(id),
			Image: image.Image{ID: "img-web", Name: "web", Disks: []image.Disk{{Snapshot: "snap-a", System: true}}}, Deadline: slot.Add(24 * time.Hour),
		}
	}
	done, running, waiting := request("api-done", ledger.Requested), request("api-running", ledger.Requested), request("api-waiting", ledger.Requested)
	waiting.Plan, running.Image.Name = "weekly", "web\x1b[31m\rdone"
	for _, r := range []ledger.Request{done, running, waiting} {
		if _, err := l.Open(ctx, r); err != nil {
			return err
		}
	}
	e := ledger.Entry{Request: done, At: slot}
	next := func(s ledger.State, change func(e *ledger.Entry)) (err error) {
		e = e.Next(s, e.At.Add(time.Minute))
		change(&e)
		_, err = l.Append(ctx, e)
		return err
	}
	err := errors.Join(
		next(ledger.Intent, func(e *ledger.Entry) { e.Attempt, e.Until = 1, e.At.Add(time.Minute) }),
		next(ledger.Retry, func(e *ledger.Entry) {
			e.Attempt, e.Refused, e.NotBefore, e.Reason, e.Detail = 0, 1, e.At.Add(time.Minute), "LimitExceeded", "too many"
		}),
		next(ledger.Intent, func(e *ledger.Entry) { e.Attempt, e.Until, e.Reason, e.Detail = 1, e.At.Add(time.Minute), "", "" }),
		next(ledger.Accepted, func(e *ledger.Entry) { e.TaskID, e.Started, e.Expected = 4711, e.At, done.Files() }),
		next(ledger.Complete, func(e *ledger.Entry) {
			e.Verdict, e.Ended, e.Until = ledger.Complete, e.At, e.At.Add(time.Minute)
			e.Landed = []ledger.File{{Key: done.Files()[0], Size: 42, CRC64: "7", Check: &diskimage.Report{Verdict: diskimage.Verified, Format: image.RAW, Bytes: 42, Contents: "ext4"}}}
			e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: e.NoticeID(), State: ledger.Sending, Attempt: 1}}
		}),
		next(ledger.Closed, func(e *ledger.Entry) {
			e.Deliveries = map[string]ledger.Delivery{"webhook": {ID: e.NoticeID(), State: ledger.Sent, Attempt: 1}}
		}),
		l.Close(ctx, ledger.OpenName(done), e),
	)
	if err != nil {
		return err
	}
	e = ledger.Entry{Request: running, At: slot}
	return next(ledger.Intent, func(e *ledger.Entry) { e.Attempt, e.Until, e.Detail = 1, e.At.Add(time.Minute), "line\nbreak" })
}
