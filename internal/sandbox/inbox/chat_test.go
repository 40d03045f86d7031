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
	wecomURL     = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"
	dingURL      = "https://oapi.dingtalk.com/robot/send?access_token=t"
	feishuURL    = "https://open.feishu.cn/open-apis/bot/v2/hook/h"
	slackURL     = "https://hooks.slack.com/services/T/B/X"
	telegramURL  = "https://api.telegram.org/bot1:secret/sendMessage"
	telegramURL2 = "https://api.telegram.org/bot2:secret/sendMessage"
	teamsURL     = "https://prod-1.westus.logic.azure.com:443/workflows/w/triggers/manual/paths/invoke?api-version=1&sig=s"

	okErrcode = `200 {"errcode":0,"errmsg":"ok"}`
	okFeishu  = `200 {"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`
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
		"wecom markdown":    {wecomURL, `{"msgtype":"markdown","markdown":{"content":"# whole"}}`, okErrcode, "whole"},
		"wecom v2":          {wecomURL, `{"msgtype":"markdown_v2","markdown_v2":{"content":"# whole"}}`, okErrcode, "whole"},
		"wecom longest":     {wecomURL, repeat(`{"msgtype":"text","text":{"content":%q}}`, 2048), okErrcode, strings.Repeat("x", 2048)},
		"dingtalk text":     {dingURL, `{"msgtype":"text","text":{"content":"hello"},"at":{"isAtAll":true}}`, okErrcode, "hello"},
		"dingtalk markdown": {dingURL, `{"msgtype":"markdown","markdown":{"title":"Whole","text":"**ok**"}}`, okErrcode, "ok"},
		"dingtalk card": {dingURL, `{"msgtype":"actionCard","actionCard":{"title":"Whole","text":"ok","singleTitle":"Open","singleURL":"https://e.test"}}`,
			okErrcode, "ok\nOpen"},
		"feishu text": {feishuURL, `{"msg_type":"text","content":{"text":"hello"}}`, okFeishu, "hello"},
		"lark text":   {"https://open.larksuite.com/open-apis/bot/v2/hook/h", `{"msg_type":"text","content":{"text":"hello"}}`, okFeishu, "hello"},
		"feishu post": {feishuURL, `{"msg_type":"post","content":{"post":{"zh_cn":{"title":"T","content":[[{"tag":"text","text":"see"},{"tag":"a","text":"here","href":"https://e.test"}],[{"tag":"text","text":"bye"}]]}}}}`,
			okFeishu, "T\nseehere\nbye"},
		"feishu card": {feishuURL, `{"msg_type":"interactive","card":{"header":{"template":"red","title":{"tag":"plain_text","content":"Failed"}},"elements":[{"tag":"div","text":{"tag":"lark_md","content":"why"}},{"tag":"action","actions":[{"tag":"button","text":{"tag":"plain_text","content":"Open"},"url":"https://e.test"}]}]}}`,
			okFeishu, "Failed\nwhy\nOpen"},
		"slack text":   {slackURL, `{"text":"hello"}`, "200 ok", "hello"},
		"slack blocks": {slackURL, `{"text":"short","blocks":[{"type":"header","text":{"type":"plain_text","text":"Whole"}},{"type":"section","fields":[{"type":"mrkdwn","text":"*Plan*"}]}]}`, "200 ok", "Whole\nPlan"},
		"teams":        {teamsURL, teamsCard, "202 ", "Export whole\nPlan nightly\nOpen"},
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
		"wecom unknown type":     {wecomURL, `{"msgtype":"poem","poem":{}}`, `200 {"errcode":40008,`},
		"wecom long text":        {wecomURL, repeat(`{"msgtype":"text","text":{"content":%q}}`, 2049), `200 {"errcode":40058,`},
		"wecom long markdown":    {wecomURL, repeat(`{"msgtype":"markdown","markdown":{"content":%q}}`, 4097), `200 {"errcode":40058,`},
		"dingtalk no token":      {"https://oapi.dingtalk.com/robot/send", `{}`, `200 {"errcode":300005,`},
		"dingtalk path":          {"https://oapi.dingtalk.com/robot?access_token=t", `{}`, `200 {"errcode":404,`},
		"dingtalk not json":      {dingURL, `null`, `200 {"errcode":40035,`},
		"dingtalk without title": {dingURL, `{"msgtype":"markdown","markdown":{"text":"x"}}`, `200 {"errcode":40035,`},
		"dingtalk unknown type":  {dingURL, `{"msgtype":"poem","poem":{}}`, `200 {"errcode":400105,`},
		"dingtalk no type":       {dingURL, `{}`, `200 {"errcode":40035,`},
		"dingtalk link":          {dingURL, `{"msgtype":"link","link":{"title":"t","text":"x"}}`, `200 {"errcode":40035,`},
		"dingtalk long":          {dingURL, repeat(`{"msgtype":"text","text":{"content":%q}}`, 20_000), `200 {"errcode":460101,`},
		"feishu path":            {"https://open.feishu.cn/open-apis/bot/v2/hook/", `{}`, `200 {"code":19001,`},
		"feishu not json":        {feishuURL, `[]`, `200 {"code":9499,`},
		"feishu long":            {feishuURL, repeat(`{"msg_type":"text","content":{"text":%q}}`, 20<<10), `200 {"code":9499,`},
		"feishu type":            {feishuURL, `{"msgtype":"text","content":{"text":"x"}}`, `200 {"code":19002,`},
		"feishu empty card":      {feishuURL, `{"msg_type":"interactive","card":{"elements":[]}}`, `200 {"code":11246,`},
		"feishu card 2.0":        {feishuURL, `{"msg_type":"interactive","card":{"schema":"2.0","elements":[{"tag":"hr"}]}}`, `200 {"code":11246,`},
		"slack token":            {"https://hooks.slack.com/services/T/B", `{"text":"x"}`, "403 invalid_token"},
		"slack path":             {"https://hooks.slack.com/T", `{"text":"x"}`, "404 no_service"},
		"slack not json":         {slackURL, `payload=x`, "400 invalid_payload"},
		"slack empty":            {slackURL, `{}`, "400 no_text"},
		"slack long block":       {slackURL, repeat(`{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":%q}}]}`, 3001), "400 invalid_blocks"},
		"slack long header":      {slackURL, repeat(`{"blocks":[{"type":"header","text":{"type":"plain_text","text":%q}}]}`, 151), "400 invalid_blocks"},
		"slack markdown header":  {slackURL, `{"blocks":[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]}`, "400 invalid_blocks"},
		"slack empty section":    {slackURL, `{"blocks":[{"type":"section"}]}`, "400 invalid_blocks"},
		"slack unknown block":    {slackURL, `{"blocks":[{"type":"poem"}]}`, "400 invalid_blocks"},
		"slack long field":       {slackURL, repeat(`{"blocks":[{"type":"section","fields":[{"type":"mrkdwn","text":%q}]}]}`, 2001), "400 invalid_blocks"},
		"slack long button":      {slackURL, repeat(`{"blocks":[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":%q}}]}]}`, 76), "400 invalid_blocks"},
		"telegram path":          {"https://api.telegram.org/sendMessage", `{}`, `404 {"description":"Not Found","error_code":404,"ok":false}`},
		"telegram not json":      {telegramURL, `x`, `400 {"description":"Bad Request: can't parse`},
		"telegram no chat":       {telegramURL, `{"text":"x"}`, `400 {"description":"Bad Request: chat_id is empty"`},
		"telegram bad chat":      {telegramURL, `{"chat_id":"sre","text":"x"}`, `400 {"description":"Bad Request: chat not found"`},
		"telegram markdown":      {telegramURL, `{"chat_id":1,"text":"x","parse_mode":"MarkdownV2"}`, `400 {"description":"Bad Request: unsupported parse_mode"`},
		"telegram only markup":   {telegramURL, `{"chat_id":1,"text":"<b> </b>","parse_mode":"HTML"}`, `400 {"description":"Bad Request: text must be non-empty"`},
		"teams unsigned":         {strings.TrimSuffix(teamsURL, "&sig=s"), teamsCard, `401 {"error":{"code":"DirectApiAuthorizationRequired"`},
		"teams not json":         {teamsURL, `x`, `400 {"error":{"code":"InvalidRequestContent"`},
		"teams version":          {teamsURL, strings.Replace(teamsCard, `"1.4"`, `"1.6"`, 1), "202 "},
		"teams no body":          {teamsURL, strings.Replace(teamsCard, `"body"`, `"bodies"`, 1), "202 "},
		"teams unknown element":  {teamsURL, strings.Replace(teamsCard, `"TextBlock"`, `"Poem"`, 1), "202 "},
		"teams text":             {teamsURL, strings.Replace(teamsCard, `"Export whole"`, `7`, 1), "202 "},
		"teams fact":             {teamsURL, strings.Replace(teamsCard, `"nightly"`, `null`, 1), "202 "},
		"teams address":          {teamsURL, strings.Replace(teamsCard, `"https://e.test/x"`, `"javascript:x"`, 1), "202 "},
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

func TestJSONMustBeCalledSo(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	for url, want := range map[string]string{
		dingURL: `200 {"errcode":43004,`, feishuURL: `200 {"code":9499,`, slackURL: "400 invalid_payload",
		telegramURL: `400 {"description":"Bad Request: can't parse`, teamsURL: `400 {"error":{"code":"InvalidRequestContent"`,
	} {
		if got := p.send(t, url, `{"text":"x"}`, "Content-Type", "text/plain"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", url, got, want)
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
		{slackURL, slackURL + "2", `{"text":"x"}`, "429 rate_limited", 60},
		{teamsURL, teamsURL + "2", teamsCard, `429 {"error":{"code":"TooManyRequests"`, 4},
		{telegramURL, telegramURL2, `{"chat_id":-1,"text":"x"}`, `429 {"description":"Too Many Requests: retry after 60","error_code":429,"ok":false,"parameters":{"retry_after":60}}`, 20},
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

func TestRobotsHaveNamesAndSecrets(t *testing.T) {
	p := newPeople(t, inbox.Config{
		Secrets: map[inbox.Channel]string{inbox.Feishu: "s1"},
		Robots:  map[string]inbox.Robot{"h": {Name: "oncall"}, "k": {Name: "group"}, "hook2": {Name: "crm", Secret: hookSecret}},
	})
	if got := p.send(t, feishuURL, `{"msg_type":"text","content":{"text":"x"}}`); got != okFeishu || p.last(t).Robot != "oncall" {
		t.Errorf("a robot without secret: %s, %q", got, p.last(t).Robot)
	}
	if got := p.send(t, feishuURL+"2", `{"msg_type":"text","content":{"text":"x"}}`); !strings.HasPrefix(got, `200 {"code":19021,`) {
		t.Errorf("another robot: %s", got)
	}
	if p.send(t, wecomURL, `{"msgtype":"text","text":{"content":"x"}}`); p.last(t).Robot != "group" {
		t.Errorf("wecom: %q", p.last(t).Robot)
	}
	hook := "https://hooks.imageferry.test/hook2"
	if got := p.send(t, hook, cloudEvent, signed(t, hookSecret, cloudEvent, time.Now())...); got != "200 ok" || p.last(t).Robot != "crm" || !p.last(t).Signed {
		t.Errorf("webhook: %s, %q", got, p.last(t).Robot)
	}
	if got := p.send(t, hook, cloudEvent, "Content-Type", eventType); !strings.HasPrefix(got, "401 ") {
		t.Errorf("unsigned webhook: %s", got)
	}
}

func TestPathsHideKeys(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	for url, body := range map[string]string{feishuURL + "-key": `{}`, slackURL + "-key": `{}`, "https://api.telegram.org/bot1:key/sendMessage": `{}`} {
		p.send(t, url, body)
		if m := p.last(t); strings.Contains(m.Path, "key") {
			t.Errorf("%s keeps %q", m.Channel, m.Path)
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
