package inbox

import (
	"net/http"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// slackRate is "one per second, with short bursts" (api.slack.com, rate limits);
// how long a burst may be is not said, and here it is a minute's worth.
var slackRate = []rate{{calls: 60, span: time.Minute}}

// receiveSlack plays incoming webhooks. Its answers are plain words; they and
// the limits of Block Kit are from Slack's reference, not verified.
func (in *Inbox) receiveSlack(m *Message, r *http.Request, body []byte) answer {
	v, ok := tree(body)
	blocks := list(v, "blocks")
	robot := path.Base(r.URL.Path)
	in.secret(m, robot) // it has none, but a name
	m.Path, m.Type = "/services/…", "message"
	readSlack(v, m)
	refuse := func(status int, word string) answer { return m.refuse(word, plain(status, word)) }
	switch {
	case !strings.HasPrefix(r.URL.Path, "/services/"):
		return refuse(http.StatusNotFound, "no_service")
	case strings.Count(r.URL.Path, "/") != 4 || robot == "":
		return refuse(http.StatusForbidden, "invalid_token")
	case r.Method != http.MethodPost, !isJSON(r), !ok:
		return refuse(http.StatusBadRequest, "invalid_payload")
	}
	if wait := in.limits.admit("slack/"+robot, in.clock.Now(), slackRate); wait > 0 {
		return refuse(http.StatusTooManyRequests, "rate_limited").later(wait)
	}
	switch {
	case text(v, "text") == "" && len(blocks) == 0 && v["attachments"] == nil:
		return refuse(http.StatusBadRequest, "no_text")
	case !slackBlocksFit(blocks):
		return refuse(http.StatusBadRequest, "invalid_blocks")
	}
	return plain(http.StatusOK, "ok")
}

// slackBlocksFit holds blocks to 50, and each to its own limits.
func slackBlocksFit(blocks []any) bool {
	for _, b := range blocks {
		if !slackBlockFits(b) {
			return false
		}
	}
	return len(blocks) <= 50
}

func slackBlockFits(b any) bool {
	fits := func(v any, limit int) bool {
		n := utf8.RuneCountInString(text(v, "text"))
		kind := text(v, "type")
		return n >= 1 && n <= limit && (kind == "mrkdwn" || kind == "plain_text")
	}
	block, _ := b.(map[string]any)
	switch text(b, "type") {
	case "header":
		return fits(block["text"], 150) && text(block["text"], "type") == "plain_text"
	case "section":
		fields := list(b, "fields")
		for _, f := range fields {
			if !fits(f, 2000) {
				return false
			}
		}
		return len(fields) <= 10 && (block["text"] == nil && len(fields) > 0 || fits(block["text"], 3000))
	case "context":
		n := len(list(b, "elements"))
		return n >= 1 && n <= 10
	case "actions":
		return slackActionsFit(list(b, "elements"))
	case "divider", "image", "rich_text", "markdown", "video", "file":
		return true
	}
	return false
}

func slackActionsFit(buttons []any) bool {
	for _, b := range buttons {
		if utf8.RuneCountInString(text(b, "text", "text")) > 75 || len(text(b, "url")) > 3000 {
			return false
		}
	}
	return len(buttons) >= 1 && len(buttons) <= 25
}
