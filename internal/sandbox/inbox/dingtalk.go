package inbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// dingTalkRate: over 20 a minute the robot is silenced for ten minutes. Rate,
// signature and 130101 are as third parties report them; 310000 and the other
// codes are not verified.
var dingTalkRate = []rate{{calls: 20, span: time.Minute, pause: 10 * time.Minute}}

var dingTalkTypes = []string{"text", "link", "markdown", "actionCard", "feedCard"}

// dingTalkWords is what the page on robots lists: headings, quotes, bold and
// italic, links, images, lists. A line ends at an empty one or two spaces only.
var dingTalkWords = dialect{blocks: true, soft: true, emphasis: true, tags: " font br "}

const dingTalkBytes = 20_000 // not verified

// signatureAge is how far a DingTalk or Feishu timestamp may be off.
const signatureAge = time.Hour

func (in *Inbox) receiveDingTalk(m *Message, r *http.Request, body []byte) answer {
	q := r.URL.Query()
	v, ok := tree(body)
	m.Type = text(v, "msgtype")
	m.Subject = text(v, m.Type, "title")
	readDingTalk(v, m)
	secret := in.secret(m, q.Get("access_token"))
	m.Signed = secret != "" && dingTalkSigned(q, secret)
	switch {
	case r.Method != http.MethodPost:
		return m.errcode(43002, "require POST method")
	case r.URL.Path != "/robot/send":
		return m.errcode(404, "uri not found")
	case q.Get("access_token") == "":
		return m.errcode(300005, "token is not exist")
	case in.limits.admit("dingtalk/"+q.Get("access_token"), in.clock.Now(), dingTalkRate) > 0:
		return m.errcode(130101, "send too fast, exceed 20 times per minute")
	case !isJSON(r):
		return m.errcode(43004, "require content-type: application/json")
	case secret != "" && !m.Signed:
		return m.errcode(310000, "sign not match, or timestamp more than an hour off")
	case len(body) > dingTalkBytes:
		return m.errcode(460101, "message too long, exceed 20000 bytes")
	case !ok || m.Type == "":
		return m.errcode(40035, "missing parameter: json or msgtype")
	case !slices.Contains(dingTalkTypes, m.Type):
		return m.errcode(400105, "unsupported msgtype")
	}
	return m.dingTalkParts(v)
}

// dingTalkParts checks what each type of message must have.
func (m *Message) dingTalkParts(v map[string]any) answer {
	need := map[string][]string{
		"text": {"content"}, "link": {"title", "text", "messageUrl"}, "markdown": {"title", "text"}, "actionCard": {"title", "text"},
	}
	for _, name := range need[m.Type] {
		if text(v, m.Type, name) == "" {
			return m.errcode(40035, "missing parameter: "+name)
		}
	}
	return m.errcode(0, "ok")
}

func readDingTalk(v map[string]any, m *Message) {
	var r reading
	r.card(v, func(part map[string]any) bool {
		if m.Type != "markdown" && m.Type != "actionCard" || text(part, "title") == "" || text(part, "text") == "" {
			return false
		}
		// The title is for the list of chats and the lock screen of a phone.
		r.markdown(dingTalkWords, text(part, "text"))
		r.button(text(part, "singleTitle"), text(part, "singleURL"))
		for _, b := range list(part, "btns") {
			r.button(text(b, "title"), text(b, "actionURL"))
		}
		return true
	})
	at, _ := v["at"].(map[string]any)
	if all, _ := at["isAtAll"].(bool); all {
		r.mention("all")
	}
	for _, name := range []string{"atMobiles", "atUserIds"} {
		for _, who := range list(at, name) {
			r.mention(fmt.Sprint(who))
		}
	}
	r.into(m)
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
