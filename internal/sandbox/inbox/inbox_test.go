package inbox_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/fault"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
	"github.com/imageferry/imageferry/internal/sandbox/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// people is an inbox behind the real proxy, with faults on the way, and a
// client that knows only the proxy.
type people struct {
	*inbox.Inbox
	faults *fault.Set
	client *http.Client
}

func newPeople(t *testing.T, c inbox.Config) *people {
	t.Helper()
	c.Clock = clock.New(0.001) // slow: a test stays within one second of any rate limit
	in, err := inbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := proxy.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	faults := fault.New(1)
	p := proxy.New(ca, func(host string) http.Handler {
		if h := in.Handler(host); h != nil {
			return faults.Wrap(h)
		}
		return nil
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go p.Serve(l)
	tr := &http.Transport{
		Proxy:           http.ProxyURL(&url.URL{Scheme: "http", Host: l.Addr().String()}),
		TLSClientConfig: &tls.Config{RootCAs: ca.Pool()},
	}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return &people{in, faults, &http.Client{Transport: tr, Timeout: time.Minute}}
}

// send posts a body and returns status and body of the answer in one line.
func (p *people) send(t *testing.T, url, body string, header ...string) string {
	t.Helper()
	resp, err := p.client.Do(request(t, http.MethodPost, url, body, header...))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", resp.StatusCode, b)
}

func (p *people) last(t *testing.T) inbox.Message {
	t.Helper()
	m := p.Messages()
	if len(m) == 0 {
		t.Fatal("nothing in the inbox")
	}
	return m[len(m)-1]
}

func request(t *testing.T, method, url, body string, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func TestOnlyKnownHostsAreOurs(t *testing.T) {
	in, err := inbox.New(inbox.Config{Clock: clock.New(1)})
	if err != nil {
		t.Fatal(err)
	}
	for host, ours := range map[string]bool{
		"hooks.imageferry.test": true, "qyapi.weixin.qq.com": true, "oapi.dingtalk.com": true, "open.feishu.cn": true,
		"open.larksuite.com": true, "hooks.slack.com": true, "api.telegram.org": true,
		"prod-12.westus.logic.azure.com": true, "default0.61.environment.api.powerplatform.com": true,
		"logic.azure.com": false, "evil-logic.azure.com": false, "slack.com": false, "hooks.slack.com.evil.test": false, "": false,
	} {
		if got := in.Handler(host) != nil; got != ours {
			t.Errorf("%q: %t, want %t", host, got, ours)
		}
	}
}

func TestBadWebhookSecretIsNotQuoted(t *testing.T) {
	_, err := inbox.New(inbox.Config{WebhookSecret: "whsec_no*base64"})
	if err == nil || strings.Contains(err.Error(), "no*") {
		t.Errorf("got %v", err)
	}
}

func TestMessagesAreKeptBounded(t *testing.T) {
	in, err := inbox.New(inbox.Config{Clock: clock.New(1)})
	if err != nil {
		t.Fatal(err)
	}
	var told int
	in.Subscribe(func(inbox.Message) { told++ })
	h := in.Handler("hooks.slack.com")
	for i := range 10_003 {
		r := httptest.NewRequest(http.MethodPost, "https://hooks.slack.com/services/T/B/X", strings.NewReader(fmt.Sprintf(`{"text":"%d"}`, i)))
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	m := in.Messages()
	if len(m) != 10_000 || in.Dropped() != 3 || told != 10_003 || m[0].Text != "3" || m[9_999].Text != "10002" {
		t.Errorf("%d kept, %d dropped, %d told, first %q, last %q", len(m), in.Dropped(), told, m[0].Text, m[len(m)-1].Text)
	}
}

func TestWhatIsKeptOfARequest(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	long := `{"text":"` + strings.Repeat("x", 100<<10) + `"}`
	got := p.send(t, "https://hooks.slack.com/services/T/B/X?token=secret", long, "Authorization", "Bearer secret", "X-Kept", "yes")
	m := p.last(t)
	if got != "200 ok" || len(m.Body) != 64<<10 || m.Header.Get("X-Kept") != "yes" || m.Host != "hooks.slack.com" || m.At.IsZero() {
		t.Errorf("%s: %d bytes, header %v, host %q, at %v", got, len(m.Body), m.Header, m.Host, m.At)
	}
	if strings.Contains(fmt.Sprint(m.Header, m.Path), "secret") {
		t.Errorf("secrets are kept: %v %s", m.Header, m.Path)
	}
	if got := p.send(t, "https://hooks.slack.com/services/T/B/X", strings.Repeat("x", 1<<20+1)); !strings.HasPrefix(got, "413 ") {
		t.Errorf("over 1 MiB: %s", got)
	}
	if m := p.last(t); m.Problem == "" || len(m.Body) != 64<<10 {
		t.Errorf("problem %q, %d bytes kept", m.Problem, len(m.Body))
	}
}

func TestLostAnswerStillReachedPeople(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	if _, err := p.faults.Add(fault.Rule{Kind: fault.LostAnswer, Host: "hooks.slack.com", Count: 1}); err != nil {
		t.Fatal(err)
	}
	const hook = "https://hooks.slack.com/services/T/B/X"
	_, err := p.client.Do(request(t, http.MethodPost, hook, `{"text":"first"}`))
	if ue, ok := err.(*url.Error); !ok || ue.Err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
	if m := p.last(t); m.Text != "first" || m.Problem != "" {
		t.Errorf("%q, problem %q", m.Text, m.Problem)
	}
	if got := p.send(t, hook, `{"text":"second"}`); got != "200 ok" || len(p.Messages()) != 2 {
		t.Errorf("%s, %d messages", got, len(p.Messages()))
	}
}

func TestPageShowsOneService(t *testing.T) {
	p := newPeople(t, inbox.Config{Robots: map[string]inbox.Robot{"h": {Name: "oncall"}}})
	p.send(t, slackURL, `{"text":"🔴 *Failed*\nsee <https://e.test/x?sign=1|the page> <!here>"}`)
	p.send(t, feishuURL, `{"msg_type":"text","content":{"text":"whole"}}`)
	page := func(query string) string {
		w := httptest.NewRecorder()
		p.Page().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/inbox"+query, nil))
		return w.Body.String()
	}
	for query, want := range map[string][]string{
		"":               {`<a href="?" aria-current="page">all 2</a>`, `<a href="?channel=slack">slack 1</a>`, "Failed", "<h2>whole</h2>", "<b>feishu</b> (oncall)"},
		"?channel=slack": {`<a href="?channel=slack" aria-current="page">slack 1</a>`, `<article class="error">`, `the page: <a href="https://e.test/x?sign=1" rel="noreferrer">https://e.test/x?…</a>`, "Calls: here"},
		"?channel=mail":  {`aria-current="page">mail 0</a>`, "Nothing yet."},
	} {
		body := page(query)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("page %q lacks %s:\n%s", query, w, body)
			}
		}
		if strings.Contains(body, "whole</h2>") != (query == "") {
			t.Errorf("page %q shows the wrong messages", query)
		}
	}
}

func TestPageEscapes(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	p.send(t, "https://hooks.slack.com/services/T/B/X", `{"text":"<script>alert(1)</script> & 镜像"}`)
	p.send(t, "https://hooks.slack.com/services/T/B/X", `{}`)
	w := httptest.NewRecorder()
	p.Page().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/inbox", nil))
	body := w.Body.String()
	for _, want := range []string{"&lt;script&gt;alert(1)&lt;/script&gt; &amp; 镜像", "no_text", "<b>slack</b>"} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if strings.Contains(body, "<script") || !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("a script could run on the page")
	}
	if strings.Index(body, "no_text") > strings.Index(body, "alert(1)") {
		t.Error("the newest message is not the first")
	}
}
