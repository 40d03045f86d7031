package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/imageferry/imageferry/internal/sandbox/proxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const known = "ledger-1250000000.cos.ap-guangzhou.myqcloud.com"

// run starts a proxy that plays the known host with h, and returns it with its
// address and a client that uses it.
func run(t *testing.T, h http.HandlerFunc) (*proxy.Proxy, string, *http.Client) {
	t.Helper()
	ca, err := proxy.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := proxy.New(ca, func(host string) http.Handler {
		if host == known {
			return h
		}
		return nil
	})
	p.ErrorLog = log.New(io.Discard, "", 0)
	p.Direct = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "dashboard") })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- p.Serve(l) }()
	tr := &http.Transport{
		Proxy:             http.ProxyURL(&url.URL{Scheme: "http", Host: l.Addr().String()}),
		TLSClientConfig:   &tls.Config{RootCAs: ca.Pool()},
		ForceAttemptHTTP2: true,
	}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := p.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-done; err != http.ErrServerClosed {
			t.Errorf("Serve: %v", err)
		}
	})
	return p, l.Addr().String(), &http.Client{Transport: tr, Timeout: time.Minute}
}

func read(t *testing.T, resp *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// describe answers with what a handler can see of a request.
func describe(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "%s %s %s tls=%t abs=%t from=%t proxy-header=%q", r.Proto, r.Host, r.RequestURI,
		r.TLS != nil, r.URL.IsAbs(), strings.HasPrefix(r.RemoteAddr, "127.0.0.1:"), r.Header.Get("Proxy-Connection"))
}

func TestHandlersSeeTheRequestAsTheHostWould(t *testing.T) {
	p, _, client := run(t, describe)
	for scheme, tls := range map[string]bool{"https": true, "http": false} {
		resp, err := client.Get(scheme + "://" + known + "/a%2Fb%20c+d?x=1&y")
		want := fmt.Sprintf(`HTTP/1.1 %s /a%%2Fb%%20c+d?x=1&y tls=%t abs=false from=true proxy-header=""`, known, tls)
		if got := read(t, resp, err); got != want {
			t.Errorf("%s:\n got %s\nwant %s", scheme, got, want)
		}
	}
	if got, want := p.Counts()[known], (proxy.Count{Connections: 1, Requests: 2}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestOneTunnelServesManyRequests(t *testing.T) {
	p, _, client := run(t, describe)
	for range 20 {
		resp, err := client.Get("https://" + strings.ToUpper(known) + "/")
		read(t, resp, err)
	}
	if got, want := p.Counts()[known], (proxy.Count{Connections: 1, Requests: 20}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestBodiesAreStreamed(t *testing.T) {
	var reached, length = make(chan struct{}), int64(0)
	_, _, client := run(t, func(w http.ResponseWriter, r *http.Request) {
		if length = r.ContentLength; length < 0 { // chunked: answer while the client still sends
			io.ReadFull(r.Body, make([]byte, 5))
			close(reached)
		}
		h := sha256.New()
		io.Copy(h, r.Body)
		w.Write(bytes.Repeat(h.Sum(nil), 1<<15)) // 1 MiB back
	})
	body := bytes.Repeat([]byte("image ferry "), 1<<20)
	sum := sha256.Sum256(body)
	want := string(bytes.Repeat(sum[:], 1<<15))

	req, _ := http.NewRequest(http.MethodPut, "https://"+known+"/big", bytes.NewReader(body))
	req.Header.Set("Expect", "100-continue")
	resp, err := client.Do(req)
	if read(t, resp, err) != want || length != int64(len(body)) {
		t.Errorf("body with length %d came differently", length)
	}

	pr, pw := io.Pipe()
	go func() {
		pw.Write([]byte("early"))
		<-reached // the handler has those bytes before the rest is written
		pw.Write(body)
		pw.Close()
	}()
	resp, err = client.Post("https://"+known+"/chunked", "", pr)
	if read(t, resp, err) != want || length != -1 {
		t.Errorf("chunked body came differently")
	}
}

func TestForeignHostsAreRefused(t *testing.T) {
	p, addr, client := run(t, describe)
	for _, target := range []string{"example.com:443", known + ":8443", "127.0.0.1:443", "[::1]:443", "evil" + known + ":443"} {
		resp, body := connect(t, addr, target)
		if resp.StatusCode != http.StatusForbidden || resp.Header.Get("X-Sandbox-Refused") != target ||
			!strings.Contains(body, fmt.Sprintf("does not know %q", target)) {
			t.Errorf("CONNECT %s: %s %v %q", target, resp.Status, resp.Header, body)
		}
	}
	_, err := client.Get("https://example.com/")
	if err == nil || !strings.Contains(err.Error(), "Forbidden by the Image Ferry sandbox: example.com:443") {
		t.Errorf("a Go client says %v", err)
	}
	resp, err := client.Get("http://example.com/path")
	if body := read(t, resp, err); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, `"example.com"`) {
		t.Errorf("plain: %s %q", resp.Status, body)
	}
	if got, want := p.Counts()["example.com"], (proxy.Count{Refused: 3}); got != want {
		t.Errorf("counts %+v, want %+v", got, want)
	}
}

func TestTunnelToPort80IsPlain(t *testing.T) {
	_, addr, _ := run(t, describe)
	conn := dial(t, addr)
	// The request does not wait for the 200: bytes sent early must not get lost.
	fmt.Fprintf(conn, "CONNECT %[1]s:80 HTTP/1.1\r\nHost: %[1]s:80\r\n\r\nGET /x HTTP/1.1\r\nHost: %[1]s\r\nConnection: close\r\n\r\n", known)
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(got, []byte("HTTP/1.1 200 Connection established\r\n\r\n")) ||
		!bytes.Contains(got, []byte("/x tls=false")) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestTunnelLeadsToItsHostOnly(t *testing.T) {
	_, _, client := run(t, describe)
	req, _ := http.NewRequest(http.MethodGet, "https://"+known+"/", nil)
	req.Host = "cvm.tencentcloudapi.com"
	resp, err := client.Do(req)
	if read(t, resp, err); resp.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("other Host in a tunnel: %s", resp.Status)
	}
}

func TestDirectRequests(t *testing.T) {
	_, addr, _ := run(t, describe)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get("http://" + addr + "/")
	if got := read(t, resp, err); got != "dashboard" {
		t.Errorf("direct: %q", got)
	}
	req, _ := http.NewRequest(http.MethodGet, "http://"+addr+"/", nil)
	req.Host = "rebind.example.com"
	resp, err = client.Do(req)
	if read(t, resp, err); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("foreign name for the loopback address: %s", resp.Status)
	}
}

func TestOwnAddressThroughTheProxy(t *testing.T) {
	_, addr, _ := run(t, describe)
	for name, request := range map[string]string{
		"absolute URL": "GET http://%[1]s/ HTTP/1.1\r\nHost: %[1]s\r\nConnection: close\r\n\r\n",
		"tunnel":       "CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\n\r\nGET / HTTP/1.1\r\nHost: %[1]s\r\nConnection: close\r\n\r\n",
	} {
		conn := dial(t, addr)
		fmt.Fprintf(conn, request, addr)
		if got, err := io.ReadAll(conn); err != nil || !bytes.HasSuffix(got, []byte("dashboard")) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if resp, _ := connect(t, addr, "127.0.0.1:1"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("another port of the machine: %s", resp.Status)
	}
}

func TestAbortedHandlerLooksLikeALostConnection(t *testing.T) {
	_, _, client := run(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := client.Post("https://"+known+"/", "", strings.NewReader("x"))
	if ue, ok := err.(*url.Error); !ok || ue.Err != io.EOF {
		t.Errorf("got %v, want EOF", err)
	}
}

func TestShutdownGivesUpOnAHangingHandler(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{})
	p, _, client := run(t, func(http.ResponseWriter, *http.Request) { close(entered); <-release })
	failed := make(chan error, 1)
	go func() {
		_, err := client.Get("https://" + known + "/")
		failed <- err
	}()
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Shutdown(ctx); err == nil {
		t.Error("Shutdown says that nothing was in progress")
	}
	if err := <-failed; err == nil {
		t.Error("the client got an answer")
	}
	close(release)
}

func TestServeRefusesOtherAddresses(t *testing.T) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	ca, err := proxy.NewCA(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	err = proxy.New(ca, nil).Serve(l)
	if err == nil || !strings.Contains(err.Error(), "not a loopback address") {
		t.Errorf("got %v", err)
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

func connect(t *testing.T, addr, target string) (*http.Response, string) {
	t.Helper()
	conn := dial(t, addr)
	fmt.Fprintf(conn, "CONNECT %[1]s HTTP/1.1\r\nHost: %[1]s\r\n\r\n", target)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	return resp, read(t, resp, err)
}
