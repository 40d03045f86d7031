package inbox

import (
	"crypto/hmac"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// feishuRate and feishuBytes are from the page on custom bots at open.feishu.cn
// (ucTM5YjL3ETO24yNxkjN); 19021, 9499 and 11232 are as third parties report them.
// Which code a body that is too long gets, 19001, 19002 and 11246 are not verified.
var feishuRate = []rate{{calls: 100, span: time.Minute}, {calls: 5, span: time.Second}}

const (
	feishuBytes = 20 << 10
	feishuPath  = "/open-apis/bot/v2/hook/"
)

// feishuParts names what a message of each type holds its contents in.
var feishuParts = map[string]string{"text": "content", "post": "content", "image": "content", "share_chat": "content", "interactive": "card"}

func (in *Inbox) receiveFeishu(m *Message, r *http.Request, body []byte) answer {
	hook, found := strings.CutPrefix(r.URL.Path, feishuPath)
	m.Path = feishuPath + "…" // the rest is the robot's password
	v, ok := tree(body)
	m.Type = text(v, "msg_type")
	readFeishu(v, m)
	secret := in.secret(m, hook)
	m.Signed = secret != "" && feishuSigned(v, secret)
	switch {
	case !found || hook == "":
		return m.code(19001, "param invalid: incoming webhook access token invalid")
	case r.Method != http.MethodPost, !isJSON(r), !ok, len(body) > feishuBytes:
		return m.code(9499, "Bad Request")
	case in.limits.admit("feishu/"+hook, in.clock.Now(), feishuRate) > 0:
		return m.code(11232, "frequency limited")
	case secret != "" && !m.Signed:
		return m.code(19021, "sign match fail or timestamp is not within one hour from current time")
	case feishuParts[m.Type] == "", v[feishuParts[m.Type]] == nil:
		return m.code(19002, "params error, msg_type need")
	case m.Type == "interactive" && !feishuCard(v["card"]):
		return m.code(11246, "create card content failed")
	}
	return m.code(0, "success")
}

// feishuCard reports whether a card has something to show: elements, where each
// version of its schema has them, or a title.
func feishuCard(card any) bool {
	c, _ := card.(map[string]any)
	holder := card
	if text(card, "schema") == "2.0" {
		holder = c["body"]
	}
	return text(card, "type") == "template" || len(list(holder, "elements")) > 0 || text(c["header"], "title", "content") != ""
}

// code is how Feishu answers everything.
func (m *Message) code(code int, message string) answer {
	v := map[string]any{"code": code, "msg": message, "data": map[string]any{}}
	if code == 0 {
		v["StatusCode"], v["StatusMessage"] = 0, message // which old clients read
		return object(http.StatusOK, v)
	}
	return m.refuse(fmt.Sprintf("%d %s", code, message), object(http.StatusOK, v))
}

// feishuSigned checks timestamp (seconds, as a string) and sign in the body.
// Unlike DingTalk's, the key is what others sign, and the message is empty.
func feishuSigned(v map[string]any, secret string) bool {
	stamp := text(v, "timestamp")
	s, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && fresh(time.Unix(s, 0)) && hmac.Equal([]byte(text(v, "sign")), sign(stamp+"\n"+secret, ""))
}
