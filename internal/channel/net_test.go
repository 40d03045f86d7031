package channel_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// authority signs certificates for whatever name is asked for, in memory.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

var ca = sync.OnceValue(func() *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	a := &authority{key: key, pool: x509.NewCertPool()}
	a.cert = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	a.pool.AddCert(a.cert)
	return a
})

func (a *authority) config() *tls.Config {
	return &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		leaf := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter, DNSNames: []string{hello.ServerName}}
		der, err := x509.CreateCertificate(rand.Reader, leaf, a.cert, &a.key.PublicKey, a.key)
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, err
	}}
}

// internet is a server that every name leads to.
func internet(t *testing.T, h http.Handler) channel.Options {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = ca().config()
	server.StartTLS()
	t.Cleanup(server.Close)
	return options(server.Listener.Addr().String())
}

func options(addr string) channel.Options {
	return channel.Options{
		Region: "ap-guangzhou", Timeout: time.Minute, Now: time.Now, Roots: ca().pool,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, addr)
		},
		Proxy: func(*http.Request) (*url.URL, error) { return nil, nil },
	}
}

// The secrets of all channels of these tests hold the word canary.
var (
	webhookKey = "whsec_" + base64.StdEncoding.EncodeToString([]byte("canary-key-of-32-bytes-canary-32"))
	secondKey  = "whsec_" + base64.StdEncoding.EncodeToString([]byte("second-canary-of-32-bytes-canary"))
	values     = map[string]string{
		"FERRY_WECOM_URL":       "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=canary",
		"FERRY_DINGTALK_URL":    "https://oapi.dingtalk.com/robot/send?access_token=canary",
		"FERRY_DINGTALK_SECRET": "SECcanary",
		"FERRY_FEISHU_URL":      "https://open.feishu.cn/open-apis/bot/v2/hook/canary",
		"FERRY_FEISHU_SECRET":   "canary-feishu",
		"FERRY_SLACK_URL":       "https://hooks.slack.com/services/T/B/canary",
		"FERRY_TEAMS_URL":       "https://prod-1.westus.logic.azure.com:443/workflows/w/triggers/manual/paths/invoke?api-version=1&sig=canary",
		"FERRY_TELEGRAM_URL":    "https://api.telegram.org/bot1:canary",
		"FERRY_HOOK_URL":        "https://hooks.imageferry.test/canary?key=canary",
		"FERRY_HOOK_SECRET":     webhookKey + "," + secondKey,
		"FERRY_MAIL_URL":        "smtps://canary-user:canary-password@mail.example.com",
		"FERRY_MAIL2_URL":       "smtp://canary-user:canary-password@mail.example.com:587",
	}
)

// Every service by its name; mail by STARTTLS is mail2.
var channels = []plan.Channel{
	{Name: "wecom", Service: plan.WeCom, URL: "FERRY_WECOM_URL"},
	{Name: "dingtalk", Service: plan.DingTalk, URL: "FERRY_DINGTALK_URL", Secret: "FERRY_DINGTALK_SECRET"},
	{Name: "feishu", Service: plan.Feishu, URL: "FERRY_FEISHU_URL", Secret: "FERRY_FEISHU_SECRET"},
	{Name: "slack", Service: plan.Slack, URL: "FERRY_SLACK_URL"},
	{Name: "teams", Service: plan.Teams, URL: "FERRY_TEAMS_URL"},
	{Name: "telegram", Service: plan.Telegram, URL: "FERRY_TELEGRAM_URL", To: []string{"-1001234567890"}},
	{Name: "webhook", Service: plan.Webhook, URL: "FERRY_HOOK_URL", Secret: "FERRY_HOOK_SECRET"},
	{Name: "mail", Service: plan.Mail, URL: "FERRY_MAIL_URL", From: "Image Ferry <ferry@example.com>", To: []string{"sre@example.com", "Ops Team <ops@example.org>"}},
	{Name: "mail2", Service: plan.Mail, URL: "FERRY_MAIL2_URL", From: "ferry@example.com", To: []string{"sre@example.com"}},
}

// posting are the channels that send a POST.
var posting = channels[:7]

func secrets(name string) (secret.Text, bool) {
	s, ok := values[name]
	return secret.New(s), ok
}

func newSet(t *testing.T, o channel.Options) *channel.Set {
	t.Helper()
	s, err := channel.New(channels, secrets, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// status answers every request with a status, header lines and a body.
func status(code int, body string, header ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
		}
		w.WriteHeader(code)
		w.Write([]byte(body))
	})
}

var slot = time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)

// completed is an export whose file is there.
func completed() ledger.Entry {
	bucket := image.Bucket{Name: "images", AppID: "1250000000"}
	m := image.Image{ID: "img-database", Name: "orders-db", Disks: []image.Disk{{Snapshot: "snap-sys", System: true, GiB: 50}}}
	id := image.ScheduledID("nightly", slot, m.ID)
	key := string(id) + "_xvda.raw"
	return ledger.Entry{
		Schema: 1, Seq: 3, State: ledger.Complete, Verdict: ledger.Complete, At: slot.Add(time.Hour), Started: slot, Ended: slot.Add(time.Hour),
		Request:  ledger.Request{ID: id, Origin: ledger.Scheduled, Plan: "nightly", Slot: slot, Image: m, Bucket: bucket, Prefix: string(id), Format: image.RAW},
		Expected: []string{key}, Landed: []ledger.File{{Key: key, Size: 50 << 30, CRC64: "17"}},
	}
}

// delivery makes a notice of a message.
func delivery(m notice.Message) channel.Delivery {
	n := notice.Of(completed(), "ap-guangzhou")
	m.ID = n.ID
	return channel.Delivery{Notice: n, Message: m}
}

// Messages as package notice makes them, and one that an enemy has named.
var (
	english = notice.Message{Severity: notice.Info, Title: "orders-db (img-database) is in images-1250000000", Lines: []notice.Line{
		{Label: "Plan: ", Text: "nightly, slot 2026-11-21 19:00 UTC"},
		{Label: "Files: ", Text: "nightly-1_xvda.raw, 50 GiB, verified: bootable"},
		{Label: "Link: ", Text: "nightly-1_xvda.raw", URL: "https://images-1250000000.cos.ap-guangzhou.myqcloud.com/nightly-1_xvda.raw?q-sign-algorithm=sha1&q-ak=AKID(1)&q-header-list=host;a"},
		{Text: "It works until 04:12 UTC at the latest."},
	}}
	chinese = notice.Message{Severity: notice.Error, Title: "订单库（img-database）没有导出：配额已满", Lines: []notice.Line{
		{Label: "原因：", Text: "同一地域同时导出的任务已达上限"},
		{Label: "怎么办：", Text: "等待正在运行的任务结束，或申请提高配额"},
		{Text: "计划 nightly，时间 2026-11-22 03:00（UTC+8）"},
	}}
	hostileName = "# @all <!channel> <@U1> <at id=all></at> <at user_id=\"all\">x</at> [x](https://evil.com) *b* _i_ `c` ~s~ @everyone @durov " +
		"#tag $USD /start http://evil.com evil.com 8.8.8.8 </b><a href='https://evil.com'>x</a>&lt;script&gt; \"}],\"x\":1 \n\r\u2028# h\n---\n\u202e\x00\x1b[31m=?utf-8?B?eA==?= |t|"
	long    = strings.Repeat("长", 100) // 300 bytes
	hostile = notice.Message{Severity: notice.Warning, Title: hostileName, Lines: []notice.Line{
		{Label: hostileName + ": ", Text: hostileName}, {Text: "# " + hostileName}, {Text: "- " + long}, {Text: "1. " + long},
		{Label: "Link: ", Text: hostileName + "](https://evil.com)", URL: "https://x.test/a)b\"'><@all>?x=_*`"},
		{Text: hostileName, URL: "javascript:alert(1)"},
	}}
)

// huge is more than any service takes, with a link at its end.
func huge() notice.Message {
	m := notice.Message{Severity: notice.Info, Title: long}
	for range 500 {
		m.Lines = append(m.Lines, notice.Line{Label: "File: ", Text: long})
	}
	m.Lines = append(m.Lines, notice.Line{Text: "the link", URL: "https://x.test/" + strings.Repeat("a", 900)})
	return m
}
