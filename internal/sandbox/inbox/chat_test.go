package inbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

const (
	wecomURL    = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"
	dingURL     = "https://oapi.dingtalk.com/robot/send?access_token=t"
	feishuURL   = "https://open.feishu.cn/open-apis/bot/v2/hook/h"
	slackURL    = "https://hooks.slack.com/services/T/B/X"
	telegramURL = "https://api.telegram.org/bot1:secret/sendMessage"
	teamsURL    = "https://prod-1.westus.logic.azure.com:443/workflows/w/triggers/manual/paths/invoke?api-version=1&sig=s"

	okErrcode = `200 {"errcode":0,"errmsg":"ok"}`
	okFeishu  = `200 {"code":0,"data":{},"msg":"success"}`
	teamsCard = `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","contentUrl":null,` +
		`"content":{"type":"AdaptiveCard","version":"1.4","body":[{"type":"TextBlock","text":"Export whole","wrap":true},` +
		`{"type":"FactSet","facts":[{"title":"Plan","value":"nightly"}]}],` +
		`"actions":[{"type":"Action.OpenUrl","title":"Open","url":"https://e.test/x"}]}}]}`
)

// repeat is a message with a text of n bytes in place of %s.
func repeat(format string, n int) string { return fmt.Sprintf(format, strings.Repeat("x", n)) }

func TestChatsAcceptAndAreReadable(t *testing.T) {
	for name, tt := range map[string]struct{ url, body, answer, text string }{
		"wecom text":        {wecomURL, `{"msgtype":"text","text":{"content":"hello","mentioned_list":["@all"]}}`, okErrcode, "hello"},
		"wecom markdown":    {wecomURL, `{"msgtype":"markdown","markdown":{"content":"# whole"}}`, okErrcode, "# whole"},
		"wecom v2":          {wecomURL, `{"msgtype":"markdown_v2","markdown_v2":{"content":"# whole"}}`, okErrcode, "# whole"},
		"wecom longest":     {wecomURL, repeat(`{"msgtype":"text","text":{"content":%q}}`, 2048), okErrcode, strings.Repeat("x", 2048)},
		"dingtalk text":     {dingURL, `{"msgtype":"text","text":{"content":"hello"},"at":{"isAtAll":true}}`, okErrcode, "hello"},
		"dingtalk markdown": {dingURL, `{"msgtype":"markdown","markdown":{"title":"Whole","text":"**ok**"}}`, okErrcode, "Whole\n**ok**"},
		"dingtalk card": {dingURL, `{"msgtype":"actionCard","actionCard":{"title":"Whole","text":"ok","singleTitle":"Open","singleURL":"https://e.test"}}`,
			okErrcode, "Whole\nok\nOpen\nhttps://e.test"},
		"feishu text": {feishuURL, `{"msg_type":"text","content":{"text":"hello"}}`, okFeishu, "hello"},
		"lark text":   {"https://open.larksuite.com/open-apis/bot/v2/hook/h", `{"msg_type":"text","content":{"text":"hello"}}`, okFeishu, "hello"},
		"feishu post": {feishuURL, `{"msg_type":"post","content":{"post":{"zh_cn":{"title":"T","content":[[{"tag":"text","text":"see"},{"tag":"a","text":"here","href":"https://e.test"}],[{"tag":"text","text":"bye"}]]}}}}`,
			okFeishu, "T\nsee here https://e.test\nbye"},
		"feishu card": {feishuURL, `{"msg_type":"interactive","card":{"header":{"template":"red","title":{"tag":"plain_text","content":"Failed"}},"elements":[{"tag":"div","text":{"tag":"lark_md","content":"why"}},{"tag":"action","actions":[{"tag":"button","text":{"tag":"plain_text","content":"Open"},"url":"https://e.test"}]}]}}`,
			okFeishu, "Failed\nwhy\nOpen\nhttps://e.test"},
		"slack text":   {slackURL, `{"text":"hello"}`, "200 ok", "hello"},
		"slack blocks": {slackURL, `{"text":"short","blocks":[{"type":"header","text":{"type":"plain_text","text":"Whole"}},{"type":"section","fields":[{"type":"mrkdwn","text":"*Plan*"}]}]}`, "200 ok", "Whole\n*Plan*"},
		"teams":        {teamsURL, teamsCard, "202 ", "Export whole\nPlan\nnightly\nOpen\nhttps://e.test/x"},
		"unreadable":   {slackURL, `{"attachments":[{"image_id":7}]}`, "200 ok", `{"attachments":[{"image_id":7}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeople(t, inbox.Config{})
			if got := p.send(t, tt.url, tt.body); got != tt.answer {
				t.Errorf("answer %s, want %s", got, tt.answer)
			}
			if m := p.last(t); m.Text != tt.text || m.Problem != "" || m.Signed {
				t.Errorf("text %q, want %q; problem %q; signed %t", m.Text, tt.text, m.Problem, m.Signed)
			}
		})
	}
}

func TestTelegram(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	got := p.send(t, telegramURL, `{"chat_id":-100,"text":"hello"}`)
	if !strings.HasPrefix(got, `200 {"ok":true,"result":{"chat":{"id":-100},`) || !strings.HasSuffix(got, `"text":"hello"}}`) {
		t.Error(got)
	}
	if m := p.last(t); m.Text != "hello" || strings.Contains(m.Path, "secret") {
		t.Errorf("%q at %q", m.Text, m.Path)
	}
	if got := p.send(t, telegramURL, fmt.Sprintf(`{"chat_id":1,"text":%q}`, strings.Repeat("🛳", 2049))); !strings.Contains(got, "message is too long") {
		t.Errorf("4098 units of UTF-16: %s", got)
	}
}

func TestChatsRefuse(t *testing.T) {
	for name, tt := range map[string]struct{ url, body, answer string }{
		"wecom no key":           {"https://qyapi.weixin.qq.com/cgi-bin/webhook/send", `{}`, `200 {"errcode":93000,`},
		"wecom not json":         {wecomURL, `{`, `200 {"errcode":40008,`},
		"wecom no type":          {wecomURL, `{}`, `200 {"errcode":40008,`},
		"wecom empty":            {wecomURL, `{"msgtype":"text","text":{"content":""}}`, `200 {"errcode":44004,`},
		"wecom long text":        {wecomURL, repeat(`{"msgtype":"text","text":{"content":%q}}`, 2049), `200 {"errcode":40058,`},
		"wecom long markdown":    {wecomURL, repeat(`{"msgtype":"markdown","markdown":{"content":%q}}`, 4097), `200 {"errcode":40058,`},
		"dingtalk no token":      {"https://oapi.dingtalk.com/robot/send", `{}`, `200 {"errcode":300005,`},
		"dingtalk path":          {"https://oapi.dingtalk.com/robot?access_token=t", `{}`, `200 {"errcode":404,`},
		"dingtalk not json":      {dingURL, `null`, `200 {"errcode":40035,`},
		"dingtalk without title": {dingURL, `{"msgtype":"markdown","markdown":{"text":"x"}}`, `200 {"errcode":40035,`},
		"dingtalk long":          {dingURL, repeat(`{"msgtype":"text","text":{"content":%q}}`, 20_000), `200 {"errcode":460101,`},
		"feishu path":            {"https://open.feishu.cn/open-apis/bot/v2/hook/", `{}`, `200 {"code":19001,`},
		"feishu not json":        {feishuURL, `[]`, `200 {"code":9499,`},
		"feishu long":            {feishuURL, repeat(`{"msg_type":"text","content":{"text":%q}}`, 20<<10), `200 {"code":9499,`},
		"feishu type":            {feishuURL, `{"msgtype":"text","content":{"text":"x"}}`, `200 {"code":19002,`},
		"slack path":             {"https://hooks.slack.com/T", `{"text":"x"}`, "404 no_service"},
		"slack not json":         {slackURL, `payload=x`, "400 invalid_payload"},
		"slack empty":            {slackURL, `{}`, "400 no_text"},
		"slack long block":       {slackURL, repeat(`{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":%q}}]}`, 3001), "400 invalid_blocks"},
		"slack long header":      {slackURL, repeat(`{"blocks":[{"type":"header","text":{"type":"plain_text","text":%q}}]}`, 151), "400 invalid_blocks"},
		"telegram path":          {"https://api.telegram.org/sendMessage", `{}`, `404 {"description":"Not Found","error_code":404,"ok":false}`},
		"telegram not json":      {telegramURL, `x`, `400 {"description":"Bad Request: can't parse`},
		"telegram no chat":       {telegramURL, `{"text":"x"}`, `400 {"description":"Bad Request: chat_id is empty"`},
		"teams unsigned":         {strings.TrimSuffix(teamsURL, "&sig=s"), teamsCard, `401 {"error":{"code":"DirectApiAuthorizationRequired"`},
		"teams not json":         {teamsURL, `x`, `400 {"error":{"code":"InvalidRequestContent"`},
		"teams old card":         {teamsURL, `{"@type":"MessageCard","text":"x"}`, "202 "},
		"teams long":             {teamsURL, teamsCard + strings.Repeat(" ", 28<<10), "202 "},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeople(t, inbox.Config{})
			if got := p.send(t, tt.url, tt.body); !strings.HasPrefix(got, tt.answer) {
				t.Errorf("%s, want %s", got, tt.answer)
			}
			if p.last(t).Problem == "" {
				t.Error("nobody is told why the message is of no use")
			}
		})
	}
}

func TestChatsRefuseGET(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	for _, url := range []string{wecomURL, dingURL, feishuURL, slackURL, telegramURL, teamsURL} {
		resp, err := p.client.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if m := p.last(t); m.Problem == "" || m.Header.Get("Content-Type") != "" {
			t.Errorf("GET %s: %s, problem %q", url, resp.Status, m.Problem)
		}
	}
}

func mac(key, message string) string {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(message))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func TestDingTalkSignature(t *testing.T) {
	sign := func(secret string, at time.Time) string {
		stamp := fmt.Sprint(at.UnixMilli())
		return dingURL + "&timestamp=" + stamp + "&sign=" + url.QueryEscape(mac(secret, stamp+"\n"+secret))
	}
	p := newPeople(t, inbox.Config{Secrets: map[inbox.Channel]string{inbox.DingTalk: "SEC1"}})
	for name, tt := range map[string]struct {
		url string
		ok  bool
	}{
		"right":     {sign("SEC1", time.Now()), true},
		"wrong":     {sign("SEC2", time.Now()), false},
		"stale":     {sign("SEC1", time.Now().Add(-61*time.Minute)), false},
		"missing":   {dingURL, false},
		"unescaped": {dingURL + "&timestamp=x&sign=x", false},
	} {
		got := p.send(t, tt.url, `{"msgtype":"text","text":{"content":"x"}}`)
		if m := p.last(t); m.Signed != tt.ok || strings.HasPrefix(got, okErrcode) != tt.ok || strings.HasPrefix(got, `200 {"errcode":310000,`) == tt.ok {
			t.Errorf("%s: %s, signed %t", name, got, m.Signed)
		}
	}
}

func TestFeishuSignature(t *testing.T) {
	body := func(secret string, at time.Time) string {
		stamp := fmt.Sprint(at.Unix())
		return fmt.Sprintf(`{"timestamp":%q,"sign":%q,"msg_type":"text","content":{"text":"x"}}`, stamp, mac(stamp+"\n"+secret, ""))
	}
	p := newPeople(t, inbox.Config{Secrets: map[inbox.Channel]string{inbox.Feishu: "s1"}})
	for i, tt := range []struct {
		body string
		ok   bool
	}{
		{body("s1", time.Now()), true},
		{body("s2", time.Now()), false},
		{body("s1", time.Now().Add(-61*time.Minute)), false},
		{`{"msg_type":"text","content":{"text":"x"}}`, false},
	} {
		got := p.send(t, feishuURL, tt.body)
		if m := p.last(t); m.Signed != tt.ok || (got == okFeishu) != tt.ok || strings.HasPrefix(got, `200 {"code":19021,`) == tt.ok {
			t.Errorf("%d: %s, signed %t", i, got, m.Signed)
		}
	}
}

func TestRateLimits(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	for _, tt := range []struct {
		url, other, body, limited string
		calls                     int
	}{
		{wecomURL, wecomURL + "2", `{"msgtype":"text","text":{"content":"x"}}`, `200 {"errcode":45009,`, 20},
		{dingURL, dingURL + "2", `{"msgtype":"text","text":{"content":"x"}}`, `200 {"errcode":130101,`, 20},
		{feishuURL, feishuURL + "2", `{"msg_type":"text","content":{"text":"x"}}`, `200 {"code":11232,`, 5},
	} {
		for i := range tt.calls {
			if got := p.send(t, tt.url, tt.body); strings.HasPrefix(got, tt.limited) {
				t.Errorf("call %d: %s", i+1, got)
			}
		}
		if got := p.send(t, tt.url, tt.body); !strings.HasPrefix(got, tt.limited) {
			t.Errorf("call %d: %s", tt.calls+1, got)
		}
		if got := p.send(t, tt.other, tt.body); strings.HasPrefix(got, tt.limited) {
			t.Errorf("another robot: %s", got)
		}
	}
}

func TestForeignHostIsRefused(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	_, err := p.client.Do(request(t, http.MethodPost, "https://discord.com/api/webhooks/1/x", "{}"))
	if err == nil || !strings.Contains(err.Error(), "Forbidden by the Image Ferry sandbox: discord.com:443") {
		t.Errorf("got %v", err)
	}
}
