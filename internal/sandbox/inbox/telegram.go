package inbox

import (
	"net/http"
	"regexp"
	"unicode/utf16"
)

const telegramUnits = 4096 // of UTF-16

var telegramPath = regexp.MustCompile(`^/bot[^/]+/sendMessage$`)

// receiveTelegram plays sendMessage with a JSON body. Its answers and the limit
// are from the Bot API's reference, not verified.
func (in *Inbox) receiveTelegram(m *Message, r *http.Request, body []byte) answer {
	v, ok := tree(body)
	m.Type = "sendMessage"
	m.Text = text(v, "text")
	m.Path = "/bot…/sendMessage" // the token is the robot's password
	switch {
	case !telegramPath.MatchString(r.URL.Path):
		m.Path = "/…"
		return m.telegram(http.StatusNotFound, "Not Found")
	case r.Method == http.MethodPost && !ok:
		return m.telegram(http.StatusBadRequest, "Bad Request: can't parse JSON object")
	case v["chat_id"] == nil:
		return m.telegram(http.StatusBadRequest, "Bad Request: chat_id is empty")
	case m.Text == "":
		return m.telegram(http.StatusBadRequest, "Bad Request: message text is empty")
	case len(utf16.Encode([]rune(m.Text))) > telegramUnits:
		return m.telegram(http.StatusBadRequest, "Bad Request: message is too long")
	}
	return object(http.StatusOK, map[string]any{"ok": true, "result": map[string]any{
		"message_id": m.At.UnixMicro(), "date": m.At.Unix(), "chat": map[string]any{"id": v["chat_id"]}, "text": m.Text,
	}})
}

func (m *Message) telegram(status int, description string) answer {
	return m.refuse(description, object(status, map[string]any{"ok": false, "error_code": status, "description": description}))
}
