package channel

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// refusedHosts are forms in which an address can be written that is no receiver's.
var refusedHosts = strings.Fields(`
	127.0.0.1 127.0.0.1:443 127.0.0.1. 127.1 127.0.1 127.255.255.254 127.000.000.001 0127.0.0.1 0177.0.0.1 0x7f.0.0.1 0X7F.0.0.1
	0x7f000001 0x7F000001 0x7f.1 2130706433 2130706433. 017700000001 0 0.0.0.0 0.0.0.0:8443 0x0 00 1 0x 1.2.3.4.5 256.1.1.1 1.2.3.256
	evil.com.127.1 evil.0x7f localhost LOCALHOST LocalHost localhost. LOCALHOST. localhost:8443 a.localhost a.b.LocalHost. localhost.localdomain
	10.0.0.0 10.0.0.1 10.255.255.255 10.1 010.0.0.1 167772161 172.16.0.1 172.16.0.1:80 172.31.255.255 172.20.10.2 0xac.0x10.0x0.0x1
	192.168.0.1 192.168.255.255 192.168.1 3232235777 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 198.18.0.1 198.19.255.255 198.51.100.7
	203.0.113.9 100.64.0.1 100.127.255.255 100.100.100.200 100.100.100.200:443 0x64646464c8 169.254.0.1 169.254.0.23 169.254.0.23. 169.254.169.254
	169.254.169.254:443 0xa9fea9fe 2852039166 0251.0376.0251.0376 169.254.43518 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 0.1.2.3
	[::] [::1] [::1]:443 [0:0:0:0:0:0:0:1] [0000::0001] [::127.0.0.1] [::7f00:1] [::10.0.0.1] [::ffff:127.0.0.1] [::ffff:7f00:1]
	[::FFFF:10.0.0.1] [::ffff:8.8.8.8] [::ffff:0:127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::8.8.8.8] [64:ff9b:1::127.0.0.1]
	[64:ff9b:1::a00:1] [2002:7f00:1::] [2002:a00:1::1] [2002:c0a8:101::] [2002:808:808::1] [2001:0:7f00:1::] [2001::1] [2001:0:4136:e378:8000:63bf:3fff:fdd2]
	[fe80::1] [fe80::1%25eth0] [fe80::1%251] [febf::1] [2606:4700::1111%25eth0] [fec0::1] [fc00::1] [fd00::1] [fd00:ec2::254] [ff02::1] [ff0e::1]
	[2001:db8::1] [2001:2::1] [2001:10::1] [2001:20::1] [3fff::1] [5f00::1] [100::1] [4000::1] [::2] [::ffff:0.0.0.0]
	user@example.com user:password@example.com user:@example.com @example.com evil.com@127.0.0.1 example.com..  .example.com a..b .
	ｌｏｃａｌｈｏｓｔ 127。0。0。1 １２７.0.0.1 ①②⑦.0.0.1 exämple.com 例子.中国 exa*mple.com example.com$ exam(ple).com
` + "loca\u200blhost")

var allowedHosts = strings.Fields(`
	example.com EXAMPLE.com example.com. example.com:8443 example.com:443 hooks.slack.com xn--exmple-cua.com xn--fsqu00a.xn--fiqs8s a_b.example.com
	1.1.1.1 8.8.8.8:443 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 11.0.0.1 126.255.255.255 128.0.0.1 169.253.1.1 192.167.1.1 193.0.0.1
	198.17.1.1 198.20.1.1 223.255.255.255 [2606:4700::1111] [2606:4700::1111]:8443 [2400:3200::1] 1.example.com 0x7f.example.com 127.0.0.1.nip.io localhosts.com
	prod-1.westus.logic.azure.com:443
`)

func TestTargets(t *testing.T) {
	t.Parallel()
	if len(refusedHosts) < 120 {
		t.Fatalf("only %d forms", len(refusedHosts))
	}
	for _, host := range refusedHosts {
		u, err := url.Parse("https://" + host + "/hook")
		if err == nil {
			err = allowTarget(u, false)
		}
		if err == nil {
			t.Errorf("%s is called", host)
		}
	}
	for _, host := range allowedHosts {
		u, err := url.Parse("https://" + host + "/hook")
		if err == nil {
			err = allowTarget(u, false)
		}
		if err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, address := range []string{"http://example.com", "ftp://example.com", "//example.com", "example.com", "", "https://", "https:///x", "file:///etc/passwd", "javascript:alert(1)", "https:example.com"} {
		if u, err := url.Parse(address); err == nil && allowTarget(u, true) == nil {
			t.Errorf("%q is called", address)
		}
	}
}

// A private webhook may lie anywhere, and is https all the same.
func TestPrivateTargets(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://127.0.0.1": true, "https://localhost:8443": true, "https://10.0.0.1": true, "https://[fd00::1]": true, "https://relay": true,
		"http://10.0.0.1": false, "https://a:b@10.0.0.1": false, "https://127.1": false, "https://[fe80::1%25eth0]": true,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := allowTarget(u, true); (got == nil) != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}

// Whatever the text of an address is, what it connects to is checked.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, host := range append(refusedHosts, allowedHosts...) {
		u, err := url.Parse("https://" + host)
		if err != nil {
			continue
		}
		if a, err := netip.ParseAddr(u.Hostname()); err == nil {
			refused := allowAddress("tcp", netip.AddrPortFrom(a, 443).String(), nil) != nil
			if want := allowTarget(u, false) != nil; refused != want {
				t.Errorf("%s: refused %t, want %t", a, refused, want)
			}
		}
	}
	for _, s := range []string{"", "example.com:443", "8.8.8.8", "/run/socket"} {
		if allowAddress("tcp", s, nil) == nil {
			t.Errorf("connects to %q", s)
		}
	}
}

// flipping is a name server that gives a public address first and the loopback
// address then, over connections in memory.
type flipping struct{ asked atomic.Int64 }

func (f *flipping) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		for f.answer(theirs) == nil {
		}
	}()
	return ours, nil
}

// answer speaks DNS as over TCP: two bytes of length, then the message.
func (f *flipping) answer(conn net.Conn) error {
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return err
	}
	q := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, q); err != nil {
		return err
	}
	end := 12
	for q[end] != 0 {
		end += int(q[end]) + 1
	}
	end += 5
	a := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
	if q[end-3] == 1 { // of type A
		ip := []byte{127, 0, 0, 1}
		if f.asked.Add(1) == 1 {
			ip = []byte{93, 184, 215, 14}
		}
		a[7] = 1
		a = append(append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), ip...)
	}
	_, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
	return err
}

func TestResolverThatFlips(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("called") }))
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	names := &flipping{}
	resolver := &net.Resolver{PreferGo: true, Dial: names.dial}
	if first, err := resolver.LookupNetIP(t.Context(), "ip4", "receiver.example"); err != nil || len(first) != 1 || !public(first[0].Unmap()) {
		t.Fatalf("the first answer is not public: %v, %v", first, err)
	}
	dialer := &net.Dialer{Resolver: resolver, Control: allowAddress}
	for range 3 { // each look-up of them is a flipped one
		conn, err := dialer.DialContext(t.Context(), "tcp", "receiver.example:"+port)
		if !errors.Is(err, errInner) {
			t.Fatalf("%v, %v", conn, err)
		}
	}
	if n := names.asked.Load(); n < 4 {
		t.Errorf("asked %d times", n)
	}
}

// webhookRoute is a route to an address that a deployment has.
func webhookRoute(address string, o Options, private bool) *route {
	o.Timeout, o.Now = time.Minute, time.Now
	return &route{channel: plan.Channel{Name: "hook", Service: plan.Webhook, URL: "FERRY_HOOK_URL"}, address: secret.New(address),
		client: newClient(o, private), now: o.Now, options: o}
}

func TestGuardOnTheWire(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls.Add(1) }))
	defer server.Close()
	pool := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	direct := Options{Roots: pool, Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }}
	for _, address := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), "https://[::1]:1", "https://a:b@example.com", "http://example.com"} {
		_, err := webhookRoute(address, direct, false).post(t.Context(), letter{address, http.Header{}, nil})
		if e, ok := errors.AsType[*outcome.Error](err); !ok || e.Kind != outcome.Config || e.Code != "ForbiddenAddress" {
			t.Errorf("%s: %v", address, err)
		}
	}
	if calls.Load() != 0 {
		t.Errorf("%d calls", calls.Load())
	}
	if _, err := webhookRoute(server.URL, direct, true).post(t.Context(), letter{server.URL, http.Header{}, nil}); err != nil || calls.Load() != 1 {
		t.Errorf("a private address: %v", err)
	}
}

// An operator's proxy lies in an inner network and decides itself what it calls;
// inner addresses that are written out do not even get there.
func TestProxy(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	var asked atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1); r.Method != http.MethodConnect || r.Host != "example.com:443" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		to, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Error(err)
			return
		}
		defer to.Close()
		w.WriteHeader(http.StatusOK)
		from, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer from.Close()
		go io.Copy(to, from)
		io.Copy(from, to)
	}))
	defer proxy.Close()
	at, _ := url.Parse(proxy.URL)
	o := Options{Roots: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, Proxy: http.ProxyURL(at)}
	post := func(address string) error {
		r := webhookRoute(address, o, false)
		defer r.client.CloseIdleConnections()
		_, err := r.post(t.Context(), letter{address, http.Header{}, nil})
		return err
	}
	if err := post("https://example.com/hook"); err != nil || asked.Load() != 1 {
		t.Errorf("through the proxy: %v, asked %d times", err, asked.Load())
	}
	for _, host := range []string{"10.0.0.1", "localhost", "[::1]", "0x7f.1"} {
		if err := post("https://" + host); !outcome.Is(err, outcome.Config) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the proxy was asked %d times", asked.Load())
	}
	if err := post("https://other.example"); !outcome.Is(err, outcome.Later) || asked.Load() != 2 {
		t.Errorf("a proxy that refuses: %v", err)
	}
	o.Proxy = func(*http.Request) (*url.URL, error) { return nil, fmt.Errorf("canary") }
	if err := post("https://example.com"); !outcome.Is(err, outcome.Later) || strings.Contains(err.Error(), "canary") {
		t.Errorf("a proxy setting that is none: %v", err)
	}
}
