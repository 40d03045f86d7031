package fault_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvm "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"
	"github.com/tencentyun/cos-go-sdk-v5"
	"go.uber.org/goleak"

	"github.com/imageferry/imageferry/internal/sandbox/fault"
	"github.com/imageferry/imageferry/internal/sandbox/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const bucketHost = "ledger-1250000000.cos.ap-guangzhou.myqcloud.com"

// wire is a cloud behind the real proxy, with faults on the way. Its services
// count effects and accept everything.
type wire struct {
	*fault.Set
	client  *http.Client
	effects atomic.Int32
}

func newWire(t *testing.T) *wire {
	t.Helper()
	ca, err := proxy.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Set: fault.New(1)}
	services := w.Wrap(http.HandlerFunc(w.serve))
	p := proxy.New(ca, func(string) http.Handler { return services })
	p.ErrorLog = log.New(io.Discard, "", 0)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go p.Serve(l)
	tr := &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: l.Addr().String()}),
		TLSClientConfig: &tls.Config{RootCAs: ca.Pool()},
	}
	w.client = &http.Client{Transport: tr, Timeout: time.Minute}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return w
}

func (w *wire) serve(rw http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	w.effects.Add(1)
	rw.Header().Set("ETag", `"x"`)
	if strings.HasPrefix(r.Host, "cvm.") {
		io.WriteString(rw, `{"Response":{"TotalCount":7,"RequestId":"r"}}`)
	}
}

func (w *wire) add(t *testing.T, r fault.Rule) string {
	t.Helper()
	id, err := w.Add(r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// put writes an object with the COS SDK, without its hidden retries.
func (w *wire) put(ctx context.Context, key string) error {
	base := &cos.BaseURL{BucketURL: &url.URL{Scheme: "https", Host: bucketHost}}
	c := cos.NewClient(base, w.client)
	c.Conf.RetryOpt.Count = 1
	c.Conf.EnableCRC = false
	_, err := c.Object.Put(ctx, key, bytes.NewReader([]byte("fact")), nil)
	return err
}

// describe calls the Cloud API with its SDK.
func (w *wire) describe() error {
	c, err := cvm.NewClient(common.NewCredential("id", "key"), "ap-guangzhou", profile.NewClientProfile())
	if err != nil {
		return err
	}
	c.WithHttpTransport(w.client.Transport)
	_, err = c.DescribeImages(cvm.NewDescribeImagesRequest())
	return err
}

// code returns the code of a service's error, or the rest of any other.
func code(err error) string {
	var cosErr *cos.ErrorResponse
	var apiErr *sdkerrors.TencentCloudSDKError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &cosErr):
		return cosErr.Response.Status[:3] + " " + cosErr.Code
	case errors.As(err, &apiErr):
		return apiErr.Code
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case errors.Is(err, io.EOF):
		return "EOF"
	}
	return err.Error()
}

func TestFaultsAsSDKsSeeThem(t *testing.T) {
	for _, tt := range []struct {
		kind     fault.Kind
		cos, api string
		effects  int32
	}{
		{fault.LostAnswer, "EOF", "ClientError.NetworkError", 1},
		{fault.Reset, "reset", "ClientError.NetworkError", 0},
		{fault.Error500, "500 InternalError", "InternalError", 0},
		{fault.Error503, "503 ServiceUnavailable", "InternalError", 0},
		{fault.Lost500, "500 InternalError", "InternalError", 1},
		{fault.Throttle, "503 SlowDown", "RequestLimitExceeded", 0},
	} {
		t.Run(string(tt.kind), func(t *testing.T) {
			w := newWire(t)
			w.add(t, fault.Rule{Kind: tt.kind, Host: "*.myqcloud.com", Action: "PUT", Key: "v1/open/*", Count: 1})
			w.add(t, fault.Rule{Kind: tt.kind, Host: "cvm.*", Action: "DescribeImages", Count: 1})
			for _, try := range []struct {
				want, got string
				effects   int32
			}{
				{tt.cos, code(w.put(t.Context(), "v1/open/a/b")), tt.effects},
				{"ok", code(w.put(t.Context(), "v1/open/a/b")), tt.effects + 1}, // spent
			} {
				if try.got != try.want {
					t.Errorf("COS says %q, want %q", try.got, try.want)
				}
			}
			if got := w.effects.Load(); got != tt.effects+1 {
				t.Errorf("%d effects, want %d", got, tt.effects+1)
			}
			if got := code(w.describe()); got != tt.api {
				t.Errorf("Cloud API says %q, want %q", got, tt.api)
			}
			if got := code(w.describe()); got != "ok" {
				t.Errorf("Cloud API says %q after the fault is spent", got)
			}
			for _, s := range w.Rules() {
				if s.Matched != 2 || s.Hits != 1 {
					t.Errorf("%s: matched %d, hits %d", s.Rule.ID, s.Matched, s.Hits)
				}
			}
		})
	}
}

func TestThrottledWebhook(t *testing.T) {
	w := newWire(t)
	w.add(t, fault.Rule{Kind: fault.Throttle, Host: "hooks.*", Delay: 1500 * time.Millisecond})
	resp, err := w.client.Post("https://hooks.imageferry.test/hook", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "2" {
		t.Errorf("%s, Retry-After %q", resp.Status, resp.Header.Get("Retry-After"))
	}
}

func TestChatsAreRefusedInTheirOwnWords(t *testing.T) {
	for _, tt := range []struct {
		rule   fault.Rule
		url    string
		status int
		body   string
	}{
		{fault.Rule{Kind: fault.Throttle}, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", 200, `{"errcode":45009,`},
		{fault.Rule{Kind: fault.Throttle}, "https://oapi.dingtalk.com/robot/send", 200, `{"errcode":130101,`},
		{fault.Rule{Kind: fault.Throttle}, "https://open.feishu.cn/open-apis/bot/v2/hook/h", 200, `{"code":11232,`},
		{fault.Rule{Kind: fault.Throttle, Delay: 7 * time.Second}, "https://api.telegram.org/bot1:t/sendMessage", 429, `{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}`},
		{fault.Rule{Kind: fault.Answer, Body: `{"errcode":310000,"errmsg":"keywords not in content"}`}, "https://oapi.dingtalk.com/robot/send", 200, `{"errcode":310000,`},
		{fault.Rule{Kind: fault.Answer, Status: 410, Body: "channel_is_archived"}, "https://hooks.slack.com/services/T/B/X", 410, "channel_is_archived"},
	} {
		s := fault.New(1)
		if _, err := s.Add(tt.rule); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		s.Wrap(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodPost, tt.url, strings.NewReader("{}")))
		if w.Code != tt.status || !strings.HasPrefix(w.Body.String(), tt.body) || strings.HasPrefix(tt.body, "{") != (w.Header().Get("Content-Type") == "application/json") {
			t.Errorf("%s at %s: %d %s", tt.rule.Kind, tt.url, w.Code, w.Body)
		}
	}
}

func TestFateOfOtherThanRequests(t *testing.T) {
	s := fault.New(1)
	for _, r := range []fault.Rule{{Kind: fault.Latency, Host: "mail", Delay: time.Minute}, {Kind: fault.Error503, Host: "mail", Action: "RCPT", Key: "*@example.com*"}} {
		if _, err := s.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if wait, kind := s.Fate("mail", "RCPT", "TO:<a@example.com>"); wait != time.Minute || kind != fault.Error503 {
		t.Errorf("%v, %q", wait, kind)
	}
	if wait, kind := s.Fate("mail", "DATA", ""); wait != time.Minute || kind != "" {
		t.Errorf("%v, %q", wait, kind)
	}
	if wait, kind := s.Fate("other", "RCPT", ""); wait != 0 || kind != "" {
		t.Errorf("%v, %q", wait, kind)
	}
}

func TestLatencyDelaysAndEndsWithItsClient(t *testing.T) {
	w := newWire(t)
	short := w.add(t, fault.Rule{Kind: fault.Latency, Delay: 30 * time.Millisecond})
	begin := time.Now()
	if err := w.put(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < 30*time.Millisecond {
		t.Errorf("took %v", took)
	}
	w.Remove(short)

	w.add(t, fault.Rule{ID: "day", Kind: fault.Latency, Delay: 24 * time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	go w.cancelOnHit(cancel)
	if err := w.put(ctx, "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := w.effects.Load(); got != 1 { // and goleak sees that nobody waits for a day
		t.Errorf("%d effects, want 1", got)
	}
}

func TestRequestLandsAfterItsClientGaveUp(t *testing.T) {
	w := newWire(t)
	w.add(t, fault.Rule{Kind: fault.LostAnswer, Delay: 50 * time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	go w.cancelOnHit(cancel)
	req, _ := http.NewRequestWithContext(ctx, http.MethodDelete, "https://"+bucketHost+"/k", nil)
	if _, err := w.client.Do(req); err == nil {
		t.Fatal("the client has an answer")
	}
	for deadline := time.Now().Add(30 * time.Second); w.effects.Load() != 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the effect never came")
		}
	}
}

// cancelOnHit makes a client give up once its request is under the first rule.
func (w *wire) cancelOnHit(cancel context.CancelFunc) {
	for w.Rules()[0].Hits == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
}

// TestCrash kills the caller, and then has its request come in, or not.
func TestCrash(t *testing.T) {
	for _, tt := range []struct {
		kind    fault.Kind
		effects int32
	}{{fault.CrashBefore, 0}, {fault.CrashAfter, 1}} {
		w := newWire(t)
		var killed atomic.Int32
		w.Kill = func(r *http.Request) {
			if w.effects.Load() != 0 || r.Header.Get("X-Tc-Action") != "DescribeImages" {
				t.Errorf("%s: killed after %d effects by %s", tt.kind, w.effects.Load(), r.Header.Get("X-Tc-Action"))
			}
			killed.Add(1)
		}
		w.add(t, fault.Rule{Kind: tt.kind, Action: "DescribeImages", Count: 1, Delay: 20 * time.Millisecond})
		if got := code(w.describe()); got != "ClientError.NetworkError" || killed.Load() != 1 || w.effects.Load() != tt.effects {
			t.Errorf("%s: %q, %d killed, %d effects, want %d", tt.kind, got, killed.Load(), w.effects.Load(), tt.effects)
		}
		if got := code(w.describe()); got != "ok" || killed.Load() != 1 {
			t.Errorf("%s: %q when it is spent", tt.kind, got)
		}
	}
}

func TestActions(t *testing.T) {
	for _, tt := range []struct{ want, method, url, header string }{
		{"HEAD", "HEAD", "https://" + bucketHost + "/a", ""},
		{"GET", "GET", "https://" + bucketHost + "/a?x=1", ""},
		{"GET", "GET", "https://" + bucketHost + "/?versioning", ""},
		{"LIST", "GET", "https://" + bucketHost + "/?prefix=a", ""},
		{"LIST-UPLOADS", "GET", "https://" + bucketHost + "/?uploads", ""},
		{"PUT", "PUT", "https://" + bucketHost + "/a", ""},
		{"COPY", "PUT", "https://" + bucketHost + "/a", "x-cos-copy-source"},
		{"PART", "PUT", "https://" + bucketHost + "/a?partNumber=1&uploadId=u", ""},
		{"INITIATE", "POST", "https://" + bucketHost + "/a?uploads", ""},
		{"COMPLETE", "POST", "https://" + bucketHost + "/a?uploadId=u", ""},
		{"APPEND", "POST", "https://" + bucketHost + "/a?append&position=0", ""},
		{"ABORT", "DELETE", "https://" + bucketHost + "/a?uploadId=u", ""},
		{"DELETE", "DELETE", "https://" + bucketHost + "/a", ""},
		{"DELETE", "POST", "https://" + bucketHost + "/?delete", ""},
		{"exportimages", "GET", "https://cvm.tencentcloudapi.com/?Action=ExportImages", ""},
		{"POST", "POST", "https://hooks.imageferry.test/hook", ""},
	} {
		s := fault.New(1)
		if _, err := s.Add(fault.Rule{Action: tt.want, Kind: fault.Error500}); err != nil {
			t.Fatal(err)
		}
		h := s.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		r, _ := http.NewRequest(tt.method, tt.url, http.NoBody)
		if tt.header != "" {
			r.Header.Set(tt.header, "x")
		}
		h.ServeHTTP(discard{}, r)
		if s.Rules()[0].Hits != 1 {
			t.Errorf("%s %s is not %s", tt.method, tt.url, tt.want)
		}
	}
}

// discard is a response nobody looks at.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}
