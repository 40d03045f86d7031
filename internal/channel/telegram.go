package channel

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/outcome"
)

// telegramUnits is the most that a message may have, in UTF-16. The Bot API counts
// after its markup is taken out; ours is counted with it, to be safe (unverified).
const telegramUnits = 4096

// composeTelegram makes a message in the Bot API's HTML. The address is that of
// the bot, https://api.telegram.org/bot<token>; the chat is the channel's receiver.
func (r *route) composeTelegram(d *Delivery) (letter, error) {
	address := strings.TrimSuffix(strings.TrimSuffix(r.address.Reveal(), "/"), "/sendMessage") + "/sendMessage"
	size := func(m notice.Message) int { return utf16Len(telegramText(m)) }
	body := telegramMessage{Chat: r.channel.To[0], Text: telegramText(fit(d.Message, telegramUnits, size)), Mode: "HTML"}
	body.Preview.Disabled = true
	return jsonLetter(address, body), nil
}

type telegramMessage struct {
	Chat    string `json:"chat_id"`
	Text    string `json:"text"`
	Mode    string `json:"parse_mode"`
	Preview struct {
		Disabled bool `json:"is_disabled"`
	} `json:"link_preview_options"`
}

func telegramText(m notice.Message) string {
	lines := []string{"<b>" + mark(m.Severity) + telegram(m.Title) + "</b>"}
	for _, l := range m.Lines {
		s := telegram(l.Text)
		if to := href(l.URL); to != "" {
			s = `<a href="` + markup.Replace(to) + `">` + s + "</a>"
		}
		if l.Label != "" {
			s = "<b>" + telegram(l.Label) + "</b>" + s
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}

// telegram makes text harmless: besides markup, the service looks for hashtags,
// cashtags and commands by itself.
func telegram(s string) string {
	before := ' '
	return markup.Replace(strings.Map(func(r rune) rune {
		command := r == '/' && !isWord(before)
		before = r
		switch {
		case command:
			return '／'
		case r == '#':
			return '＃'
		case r == '$':
			return '＄'
		}
		return r
	}, plain(s)))
}

func utf16Len(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r > 0xffff {
			n++
		}
	}
	return n
}

// judgeTelegram: the body repeats the status, and says how long to wait, or which
// id a group has now that became a supergroup (core.telegram.org/bots/api, unverified).
func (r *route) judgeTelegram(a answer) error {
	var v struct {
		OK          *bool
		Description string
		Parameters  struct {
			RetryAfter int   `json:"retry_after"`
			NewChat    int64 `json:"migrate_to_chat_id"`
		}
	}
	_ = json.Unmarshal(a.body, &v) // without "ok" it is unreadable
	switch {
	case a.status == http.StatusTooManyRequests:
		return r.tooFast(min(time.Duration(v.Parameters.RetryAfter)*time.Second, maxAfter))
	case v.Parameters.NewChat != 0:
		return r.fail(outcome.Config, "400", "the group has a new id", "write "+strconv.FormatInt(v.Parameters.NewChat, 10)+" in the channel's to")
	case strings.Contains(v.Description, "chat not found"):
		return r.fail(outcome.Config, "400", "the bot knows no such chat", "add the bot to the chat, and write its id in the channel's to")
	case a.status < 200 || a.status >= 300:
		return r.judgeStatus(a)
	case v.OK == nil || !*v.OK:
		return r.unreadable()
	}
	return nil
}
