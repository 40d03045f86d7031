package inbox

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRead is the largest body that any of the services looks at.
const maxRead = 1 << 20

// service is a channel's end of the wire.
type service struct {
	channel Channel
	// hosts are its names; one that begins with a dot stands for all below it.
	hosts []string
	// receive judges a request, fills in what it learns about the message, and
	// returns what the service answers.
	receive func(*Inbox, *Message, *http.Request, []byte) answer
}

var services = []service{
	{Webhook, []string{"hooks.imageferry.test"}, (*Inbox).receiveWebhook},
	{WeCom, []string{"qyapi.weixin.qq.com"}, (*Inbox).receiveWeCom},
	{DingTalk, []string{"oapi.dingtalk.com"}, (*Inbox).receiveDingTalk},
	{Feishu, []string{"open.feishu.cn", "open.larksuite.com"}, (*Inbox).receiveFeishu},
	{Slack, []string{"hooks.slack.com"}, (*Inbox).receiveSlack},
	{Telegram, []string{"api.telegram.org"}, (*Inbox).receiveTelegram},
	// Power Automate moved its trigger URLs to the second name in 2025.
	{Teams, []string{".logic.azure.com", ".environment.api.powerplatform.com"}, (*Inbox).receiveTeams},
}

// Handler returns the service of that name, given in lower case and without
// port, or nil if the inbox does not play it.
func (in *Inbox) Handler(host string) http.Handler {
	for _, s := range services {
		for _, name := range s.hosts {
			if host == name || name[0] == '.' && strings.HasSuffix(host, name) {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { in.serve(s, w, r) })
			}
		}
	}
	return nil
}

func (in *Inbox) serve(s service, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRead))
	m := Message{
		At: in.clock.Now(), Channel: s.channel, Host: r.Host, Path: r.URL.Path,
		Header: redacted(r.Header), Body: body[:min(len(body), maxKept)],
	}
	var a answer
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		a = m.refuse("body over 1 MiB", plain(http.StatusRequestEntityTooLarge, "too large"))
	case err != nil:
		panic(http.ErrAbortHandler) // the sender went away: nothing was received
	default:
		a = s.receive(in, &m, r, body)
	}
	in.keep(m)
	w.Header().Set("Content-Type", a.contentType)
	if a.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(a.retryAfter))
	}
	w.WriteHeader(a.status)
	io.WriteString(w, a.body)
}

// redacted is a header to keep: without what would let a reader act as the
// sender.
func redacted(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie"} {
		if h.Get(name) != "" {
			h.Set(name, "redacted")
		}
	}
	return h
}

// answer is what a service says.
type answer struct {
	status      int
	contentType string
	body        string
	retryAfter  int // seconds; 0: no such header
}

// later is an answer to a robot that has to wait, in a header as well.
func (a answer) later(wait time.Duration) answer {
	a.retryAfter = seconds(wait)
	return a
}

// seconds rounds up, to one at least.
func seconds(d time.Duration) int { return max(1, int((d+time.Second-1)/time.Second)) }

func plain(status int, text string) answer {
	return answer{status: status, contentType: "text/plain; charset=utf-8", body: text}
}

func object(status int, v map[string]any) answer {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // only texts and numbers of ours get here
	}
	return answer{status: status, contentType: "application/json", body: string(b)}
}

// refuse notes why a message is of no use and passes the answer on.
func (m *Message) refuse(problem string, a answer) answer {
	m.Problem = problem
	return a
}

// tree reads a body that must be a JSON object.
func tree(body []byte) (map[string]any, bool) {
	var v map[string]any
	err := json.Unmarshal(body, &v)
	return v, err == nil && v != nil
}

// text returns the string at the end of a path through objects, or "".
func text(v any, path ...string) string {
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	s, _ := v.(string)
	return s
}

// number returns the number at the end of a path through objects, or 0.
func number(v any, key string) float64 {
	m, _ := v.(map[string]any)
	n, _ := m[key].(float64)
	return n
}

// list returns the array of that name, or nil.
func list(v any, key string) []any {
	m, _ := v.(map[string]any)
	l, _ := m[key].([]any)
	return l
}

// isJSON reports whether a request says that its body is JSON.
func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}
