package inbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// dingTalkRate: over 20 a minute the robot is silenced for ten minutes. Rate,
// signature and 130101 are as third parties report them; 310000 and the other
// codes are not verified.
var dingTalkRate = []rate{{calls: 20, span: time.Minute, pause: 10 * time.Minute}}

const dingTalkBytes = 20_000 // not verified

// signatureAge is how far a DingTalk or Feishu timestamp may be off.
const signatureAge = time.Hour

func (in *Inbox) receiveDingTalk(m *Message, r *http.Request, body []byte) answer {
	q := r.URL.Query()
	v, ok := tree(body)
	m.Type = text(v, "msgtype")
	m.Subject = text(v, m.Type, "title")
	m.Text = readable(v, string(m.Body))
	secret := in.secrets[DingTalk]
	m.Signed = secret != "" && dingTalkSigned(q, secret)
	switch {
	case r.Method != http.MethodPost:
		return m.errcode(43002, "require POST method")
	case r.URL.Path != "/robot/send":
		return m.errcode(404, "uri not found")
	case q.Get("access_token") == "":
		return m.errcode(300005, "token is not exist")
	case !in.limits.admit("dingtalk/"+q.Get("access_token"), in.clock.Now(), dingTalkRate):
		return m.errcode(130101, "send too fast, exceed 20 times per minute")
	case secret != "" && !m.Signed:
		return m.errcode(310000, "sign not match, or timestamp more than an hour off")
	case len(body) > dingTalkBytes:
		return m.errcode(460101, "message too long, exceed 20000 bytes")
	case !ok || v[m.Type] == nil:
		return m.errcode(40035, "missing parameter: json or msgtype")
	case m.Type == "text" && text(v, "text", "content") == "":
		return m.errcode(40035, "missing parameter: content")
	case m.Type == "markdown" && (m.Subject == "" || text(v, "markdown", "text") == ""):
		return m.errcode(40035, "missing parameter: title or text")
	}
	return m.errcode(0, "ok")
}

// dingTalkSigned checks timestamp (milliseconds) and sign in the query.
func dingTalkSigned(q url.Values, secret string) bool {
	stamp := q.Get("timestamp")
	ms, err := strconv.ParseInt(stamp, 10, 64)
	return err == nil && fresh(time.UnixMilli(ms)) && hmac.Equal([]byte(q.Get("sign")), sign(secret, stamp+"\n"+secret))
}

func fresh(t time.Time) bool { return time.Since(t).Abs() <= signatureAge }

// sign is base64(HMAC-SHA256(key, message)).
func sign(key, message string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(message))
	return base64.StdEncoding.AppendEncode(nil, h.Sum(nil))
}
