package inbox

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf16"
)

const telegramUnits = 4096 // of UTF-16, after the entities were read

// telegramRate is how often a bot may speak in all, and telegramGroupRate in one
// group, whose number is negative (core.telegram.org/bots/faq). How long a pause it
// asks for then is not said.
var (
	telegramRate      = []rate{{calls: 30, span: time.Second}}
	telegramGroupRate = []rate{{calls: 20, span: time.Minute}}
)

var (
	telegramPath = regexp.MustCompile(`^/bot([0-9]+:[^/]+)/([A-Za-z]+)$`)
	telegramChat = regexp.MustCompile(`^(-?[0-9]+|@[A-Za-z][A-Za-z0-9_]{3,})$`)
)

// receiveTelegram plays sendMessage with a JSON body. Its answers and the limit
// are from the Bot API's reference, not verified.
func (in *Inbox) receiveTelegram(m *Message, r *http.Request, body []byte) answer {
	v, ok := tree(body)
	m.Type = "sendMessage"
	m.Path = "/bot…/sendMessage" // the token is the robot's password
	chat := telegramChatOf(v)
	m.To = []string{chat}
	unparsed := readTelegram(v, m)
	address := telegramPath.FindStringSubmatch(r.URL.Path)
	switch {
	case address == nil || address[2] != "sendMessage":
		m.Path = "/…"
		return m.telegram(http.StatusNotFound, "Not Found")
	case r.Method == http.MethodPost && (!ok || !isJSON(r)):
		return m.telegram(http.StatusBadRequest, "Bad Request: can't parse JSON object")
	case text(v, "text") == "":
		return m.telegram(http.StatusBadRequest, "Bad Request: message text is empty")
	case chat == "":
		return m.telegram(http.StatusBadRequest, "Bad Request: chat_id is empty")
	case !telegramChat.MatchString(chat):
		return m.telegram(http.StatusBadRequest, "Bad Request: chat not found")
	case unparsed != "":
		return m.telegram(http.StatusBadRequest, "Bad Request: "+unparsed)
	case strings.TrimSpace(m.Text) == "":
		return m.telegram(http.StatusBadRequest, "Bad Request: text must be non-empty")
	case len(utf16.Encode([]rune(m.Text))) > telegramUnits:
		return m.telegram(http.StatusBadRequest, "Bad Request: message is too long")
	}
	in.secret(m, address[1]) // it has none, but a name
	if wait := in.telegramWait(address[1], chat); wait > 0 {
		return m.tooMany(wait)
	}
	return object(http.StatusOK, map[string]any{"ok": true, "result": map[string]any{
		"message_id": m.At.UnixMicro(), "date": m.At.Unix(), "chat": map[string]any{"id": v["chat_id"]}, "text": m.Text,
	}})
}

// telegramChatOf returns chat_id as text: it may be a number or a name.
func telegramChatOf(v map[string]any) string {
	if n := number(v, "chat_id"); n != 0 {
		return fmt.Sprintf("%.0f", n)
	}
	return text(v, "chat_id")
}

func (in *Inbox) telegramWait(token, chat string) time.Duration {
	now := in.clock.Now()
	if wait := in.limits.admit("telegram/"+token, now, telegramRate); wait > 0 {
		return wait
	}
	if strings.HasPrefix(chat, "-") || strings.HasPrefix(chat, "@") {
		return in.limits.admit("telegram/"+token+"/"+chat, now, telegramGroupRate)
	}
	return 0
}

func (m *Message) telegram(status int, description string) answer {
	return m.refuse(description, object(status, map[string]any{"ok": false, "error_code": status, "description": description}))
}

// tooMany says in the body how long to wait.
func (m *Message) tooMany(wait time.Duration) answer {
	description := fmt.Sprintf("Too Many Requests: retry after %d", seconds(wait))
	return m.refuse(description, object(http.StatusTooManyRequests, map[string]any{
		"ok": false, "error_code": http.StatusTooManyRequests, "description": description,
		"parameters": map[string]any{"retry_after": seconds(wait)},
	})).later(wait)
}
