package inbox

import (
	"net/http"
	"strings"
	"unicode/utf8"
)

// receiveSlack plays incoming webhooks. Its answers are plain words; they and
// the limits of Block Kit are from Slack's reference, not verified.
func (in *Inbox) receiveSlack(m *Message, r *http.Request, body []byte) answer {
	v, ok := tree(body)
	blocks, _ := v["blocks"].([]any)
	m.Type = "message"
	m.Text = readable(v, string(m.Body))
	if len(blocks) > 0 {
		m.Text = readable(blocks, m.Text) // the text is then only what phones announce
	}
	refuse := func(status int, word string) answer { return m.refuse(word, plain(status, word)) }
	switch {
	case !strings.HasPrefix(r.URL.Path, "/services/"):
		return refuse(http.StatusNotFound, "no_service")
	case r.Method != http.MethodPost, !ok:
		return refuse(http.StatusBadRequest, "invalid_payload")
	case text(v, "text") == "" && len(blocks) == 0 && v["attachments"] == nil:
		return refuse(http.StatusBadRequest, "no_text")
	case !slackBlocksFit(blocks):
		return refuse(http.StatusBadRequest, "invalid_blocks")
	}
	return plain(http.StatusOK, "ok")
}

// slackBlocksFit holds blocks to 50, their texts to 3,000 characters and
// headers to 150.
func slackBlocksFit(blocks []any) bool {
	for _, b := range blocks {
		limit := 3000
		if text(b, "type") == "header" {
			limit = 150
		}
		if utf8.RuneCountInString(text(b, "text", "text")) > limit {
			return false
		}
	}
	return len(blocks) <= 50
}
