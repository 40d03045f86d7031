package inbox

import (
	"crypto/hmac"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// feishuRate and feishuBytes are from the page on custom bots at open.feishu.cn
// (ucTM5YjL3ETO24yNxkjN); 19021, 9499 and 11232 are as third parties report them.
// Which code a body that is too long gets, and 19001 and 19002, are not verified.
var feishuRate = []rate{{calls: 100, span: time.Minute}, {calls: 5, span: time.Second}}

const (
	feishuBytes = 20 << 10
	feishuPath  = "/open-apis/bot/v2/hook/"
)

var feishuTypes = []string{"text", "post", "image", "share_chat", "interactive"}

func (in *Inbox) receiveFeishu(m *Message, r *http.Request, body []byte) answer {
	hook, found := strings.CutPrefix(r.URL.Path, feishuPath)
	v, ok := tree(body)
	m.Type = text(v, "msg_type")
	m.Subject = text(v, "card", "header", "title", "content")
	m.Text = readable(v, string(m.Body))
	secret := in.secrets[Feishu]
	m.Signed = secret != "" && feishuSigned(v, secret)
	switch {
	case !found || hook == "":
		return m.code(19001, "param invalid: incoming webhook access token invalid")
	case r.Method != http.MethodPost, !ok, len(body) > feishuBytes:
		return m.code(9499, "Bad Request")
	case !in.limits.admit("feishu/"+hook, in.clock.Now(), feishuRate):
		return m.code(11232, "frequency limited")
	case secret != "" && !m.Signed:
		return m.code(19021, "sign match fail or timestamp is not within one hour from current time")
	case !slices.Contains(feishuTypes, m.Type), v["content"] == nil && v["card"] == nil:
		return m.code(19002, "params error, msg_type need")
	}
	return m.code(0, "success")
}

// code is how Feishu answers everything.
func (m *Message) code(code int, message string) answer {
	a := object(http.StatusOK, map[string]any{"code": code, "msg": message, "data": map[string]any{}})
	if code == 0 {
		return a
	}
	return m.refuse(fmt.Sprintf("%d %s", code, message), a)
}

// feishuSigned checks timestamp (seconds, as a string) and sign in the body.
// Unlike DingTalk's, the key is what others sign, and the message is empty.
func feishuSigned(v map[string]any, secret string) bool {
	stamp := text(v, "timestamp")
	s, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && fresh(time.Unix(s, 0)) && hmac.Equal([]byte(text(v, "sign")), sign(stamp+"\n"+secret, ""))
}
