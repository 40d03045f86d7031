package channel_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// An answer without an end is left after what is read of it.
func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	written, gone := 0, make(chan struct{})
	o := internet(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer close(gone)
		chunk := make([]byte, 32<<10)
		for written < 1<<30 {
			n, err := w.Write(chunk)
			if written += n; err != nil {
				return
			}
		}
	}))
	if err := newSet(t, o).Test(t.Context(), "webhook"); err != nil {
		t.Errorf("the status stands whatever the body does: %v", err)
	}
	if <-gone; written > 256<<20 {
		t.Errorf("%d bytes were taken", written)
	}
}

func TestHugeHeaders(t *testing.T) {
	t.Parallel()
	set := newSet(t, internet(t, status(200, "ok", "X-Much: "+strings.Repeat("x", 100<<10))))
	for _, c := range posting {
		if err := set.Test(t.Context(), c.Name); !outcome.Is(err, outcome.Unknown) {
			t.Errorf("%s: %v", c.Name, err)
		}
	}
}

// What is compressed stays so: a small answer could become a large one.
func TestCompressedAnswer(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	fmt.Fprint(w, `{"errcode":0,"code":0,"ok":true}`, strings.Repeat(" ", 10<<20))
	w.Close()
	var encodings atomic.Int64
	h := status(200, bomb.String(), "Content-Encoding: gzip")
	set := newSet(t, internet(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "" {
			encodings.Add(1)
		}
		h.ServeHTTP(w, r)
	})))
	for _, name := range []string{"wecom", "dingtalk", "feishu", "slack", "telegram"} {
		if err := set.Test(t.Context(), name); !outcome.Is(err, outcome.Unknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if encodings.Load() > 0 {
		t.Error("compression was asked for")
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, code := range []int{301, 302, 303, 307, 308} {
		var calls atomic.Int64
		set := newSet(t, internet(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls.Add(1)
			w.Header().Set("Location", "https://"+r.Host+"/canary-target") // round and round
			w.WriteHeader(code)
		})))
		for i, c := range posting {
			if err := set.Test(t.Context(), c.Name); err == nil || strings.Contains(err.Error(), "canary") || calls.Load() != int64(i+1) {
				t.Errorf("%s: %d: %v after %d calls", c.Name, code, err, calls.Load())
			}
		}
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := options(listener.Addr().String())
	listener.Close()
	hold := make(chan struct{})
	silent := internet(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	t.Cleanup(func() { close(hold) }) // before the server's own clean-up, which waits for it
	broken := internet(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	untrusted := internet(t, status(200, "ok"))
	untrusted.Roots = nil
	short := silent
	short.Timeout = 100 * time.Millisecond
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		o    channel.Options
		ctx  context.Context
		kind outcome.Kind
		code string
	}{
		"refused connection": {closed, t.Context(), outcome.Later, "NotReached"},
		"cancelled":          {silent, cancelled, outcome.Later, "NoTurn"},
		"certificate":        {untrusted, t.Context(), outcome.Later, "BadCertificate"},
		"time-out":           {short, t.Context(), outcome.Unknown, "NoAnswer"},
		"cut connection":     {broken, t.Context(), outcome.Unknown, "NoAnswer"},
	} {
		for _, c := range posting {
			err := newSet(t, tt.o).Test(tt.ctx, c.Name)
			if err == nil || !outcome.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.code) {
				t.Errorf("%s: %s: %v is %s", name, c.Name, err, outcome.Of(err))
			}
			noSecrets(t, fmt.Sprintf("%v %+v %#v", err, err, err))
		}
	}
}

// noSecrets searches text for any secret of the channels, in any of the forms in
// which one could get into it.
func noSecrets(t *testing.T, text string) {
	t.Helper()
	for name, value := range values {
		for _, s := range append(strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune("/?=&:@,", r) }), value, "canary") {
			if len(s) < 6 || !strings.Contains(s, "canary") && !strings.HasPrefix(s, "whsec_") {
				continue
			}
			for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s)), base64.URLEncoding.EncodeToString([]byte(s)), hex.EncodeToString([]byte(s)), url.QueryEscape(s)} {
				if strings.Contains(text, form) {
					t.Errorf("the secret of %s is told, as %q: %.300s", name, form, text)
				}
			}
		}
	}
}

// Whatever a service answers, and be it our own secrets, none gets into an error.
func TestErrorsTellNoSecret(t *testing.T) {
	t.Parallel()
	echo := strings.Join([]string{values["FERRY_WECOM_URL"], "canary", webhookKey}, " ")
	for _, code := range []int{200, 302, 400, 401, 410, 418, 429, 500} {
		body := fmt.Sprintf(`{"errcode":99,"errmsg":%q,"code":99,"msg":%q,"ok":false,"description":%q}`, echo, echo, echo)
		set := newSet(t, internet(t, status(code, body, "Location: https://canary.test/canary", "Retry-After: canary")))
		noSecrets(t, fmt.Sprintf("%v %+v %#v", set, set, set))
		for _, c := range posting {
			err := set.Test(t.Context(), c.Name)
			noSecrets(t, fmt.Sprintf("%v %+v %#v", err, err, err))
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		c     plan.Channel
		value string
		want  string
	}{
		"no address":     {plan.Channel{Service: plan.Slack, URL: "FERRY_NONE"}, "", "FERRY_NONE: is not set"},
		"empty address":  {plan.Channel{Service: plan.Slack, URL: "FERRY_X"}, "", "FERRY_X: is not set"},
		"no key":         {plan.Channel{Service: plan.Feishu, URL: "FERRY_SLACK_URL", Secret: "FERRY_NONE"}, "", "FERRY_NONE: is not set"},
		"no address 2":   {plan.Channel{Service: plan.Slack, URL: "FERRY_X"}, "canary", "FERRY_X: want an https address"},
		"control":        {plan.Channel{Service: plan.Slack, URL: "FERRY_X"}, "https://canary\x7f/", "FERRY_X: want an https address"},
		"plain":          {plan.Channel{Service: plan.Webhook, URL: "FERRY_X"}, "http://canary.test/", "FERRY_X: want an https address"},
		"userinfo":       {plan.Channel{Service: plan.Teams, URL: "FERRY_X"}, "https://canary:canary@x.test/", "FERRY_X: want an address without a user"},
		"inner":          {plan.Channel{Service: plan.Webhook, URL: "FERRY_X"}, "https://10.0.0.1/canary", "FERRY_X: the address lies in a private"},
		"no chat":        {plan.Channel{Service: plan.Telegram, URL: "FERRY_TELEGRAM_URL"}, "", "to: want the id of one chat"},
		"unsigned hook":  {plan.Channel{Service: plan.Webhook, URL: "FERRY_HOOK_URL"}, "", "want whsec_"},
		"bad key":        {plan.Channel{Service: plan.Webhook, URL: "FERRY_HOOK_URL", Secret: "FERRY_X"}, webhookKey + ",whsec_canary!", "FERRY_X: want whsec_"},
		"short key":      {plan.Channel{Service: plan.Webhook, URL: "FERRY_HOOK_URL", Secret: "FERRY_X"}, "whsec_Y2FuYXJ5", "FERRY_X: want whsec_"},
		"no service":     {plan.Channel{Service: "pigeon", URL: "FERRY_HOOK_URL"}, "", `no service "pigeon"`},
		"mail by https":  {plan.Channel{Service: plan.Mail, URL: "FERRY_X"}, "https://canary.test", "FERRY_X: want smtps://"},
		"no sender":      {plan.Channel{Service: plan.Mail, URL: "FERRY_MAIL_URL", To: []string{"a@b.test"}}, "", "from: address"},
		"no receiver":    {plan.Channel{Service: plan.Mail, URL: "FERRY_MAIL_URL", From: "a@b.test"}, "", "to: want at least one"},
		"header in from": {plan.Channel{Service: plan.Mail, URL: "FERRY_MAIL_URL", From: "x\r\nBcc: y@z.test <a@b.test>", To: []string{"a@b.test"}}, "", "from: address"},
		"header in to":   {plan.Channel{Service: plan.Mail, URL: "FERRY_MAIL_URL", From: "a@b.test", To: []string{"a@b.test\r\nBcc: c@d.test"}}, "", "to: address"},
	} {
		tt.c.Name = "mine"
		_, err := channel.New([]plan.Channel{tt.c}, func(name string) (secret.Text, bool) {
			if name == "FERRY_X" {
				return secret.New(tt.value), true
			}
			return secrets(name)
		}, options(""))
		if err == nil || !strings.Contains(err.Error(), `channel "mine": `) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		noSecrets(t, err.Error())
	}
	if _, err := channel.New(channels, func(string) (secret.Text, bool) { return secret.Text{}, false }, options("")); err == nil || strings.Count(err.Error(), "is not set") != len(channels) {
		t.Errorf("not every channel is told of: %v", err)
	}
}

// A channel that was announced by an older deployment may not exist any more.
func TestNoSuchChannel(t *testing.T) {
	t.Parallel()
	set, err := channel.New(nil, secrets, options(""))
	if err != nil || len(set.Channels()) != 0 {
		t.Fatal(err)
	}
	for _, err := range []error{set.Send(t.Context(), "gone", completed()), set.Test(t.Context(), "gone")} {
		if !outcome.Is(err, outcome.Config) || !strings.Contains(err.Error(), "NoSuchChannel: channel gone") {
			t.Error(err)
		}
	}
	if set.Room("gone", slot) != slot {
		t.Error("has no room")
	}
}
