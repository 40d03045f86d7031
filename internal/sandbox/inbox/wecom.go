package inbox

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// wecomRate, wecomBytes, 45009, the subsets of Markdown and who can be called in
// which type are from developer.work.weixin.qq.com 99110 and 99398. The other
// codes are of the service's list of all codes, not verified for robots.
var (
	wecomRate  = []rate{{calls: 20, span: time.Minute}}
	wecomBytes = map[string]int{"text": 2048, "markdown": 4096, "markdown_v2": 4096}
	wecomTypes = []string{"text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card"}
	wecomWords = map[string]dialect{
		"text":        {calls: true},
		"markdown":    {blocks: true, tags: " font ", calls: true},
		"markdown_v2": {blocks: true, emphasis: true},
	}
)

func (in *Inbox) receiveWeCom(m *Message, r *http.Request, body []byte) answer {
	key := r.URL.Query().Get("key")
	in.secret(m, key) // it has none, but a name
	v, ok := tree(body)
	m.Type = text(v, "msgtype")
	readWeCom(v, m)
	content := text(v, m.Type, "content")
	limit, written := wecomBytes[m.Type]
	switch {
	case r.URL.Path != "/cgi-bin/webhook/send" || key == "":
		return m.errcode(93000, "invalid webhook url")
	case r.Method != http.MethodPost:
		return m.errcode(43002, "require POST method")
	case in.limits.admit("wecom/"+key, in.clock.Now(), wecomRate) > 0:
		return m.errcode(45009, "api freq out of limit")
	case !ok:
		return m.errcode(40008, "invalid message type. Warning: wrong json format.")
	case !slices.Contains(wecomTypes, m.Type) || v[m.Type] == nil:
		return m.errcode(40008, "invalid message type")
	case written && content == "":
		return m.errcode(44004, "text content is empty")
	case written && len(content) > limit:
		return m.errcode(40058, fmt.Sprintf("%s.content exceed max length %d", m.Type, limit))
	}
	return m.errcode(0, "ok")
}

func readWeCom(v map[string]any, m *Message) {
	var r reading
	if d, ok := wecomWords[m.Type]; ok {
		r.markdown(d, text(v, m.Type, "content"))
	} else {
		r.card(v, func(map[string]any) bool { return false })
	}
	for _, name := range []string{"mentioned_list", "mentioned_mobile_list"} {
		for _, who := range list(v["text"], name) {
			r.mention(fmt.Sprint(who))
		}
	}
	r.into(m)
}

// errcode is how WeCom and DingTalk answer everything.
func (m *Message) errcode(code int, message string) answer {
	a := object(http.StatusOK, map[string]any{"errcode": code, "errmsg": message})
	if code == 0 {
		return a
	}
	return m.refuse(fmt.Sprintf("%d %s", code, message), a)
}
