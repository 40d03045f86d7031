package channel

import (
	"strings"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/notice"
)

// slackChars keeps a message well below what Slack cuts; Block Kit's reference
// gives no limit for rich text (unverified).
const slackChars = 12_000

// slackTitle is the most that a header may have (Block Kit's reference, unverified).
const slackTitle = 150

// composeSlack makes blocks of rich text, whose runs are typed: what stands in a
// text is shown as it is, be it <!channel> or *bold*. The text beside the blocks
// is what phones announce, and is escaped.
func (r *route) composeSlack(d *Delivery) (letter, error) {
	size := func(m notice.Message) int { return utf8.RuneCount(encode(slackBody(m))) }
	return jsonLetter(r.address.Reveal(), slackBody(fit(d.Message, slackChars, size))), nil
}

type slackMessage struct {
	Text        string      `json:"text"`
	Markdown    bool        `json:"mrkdwn"`
	UnfurlLinks bool        `json:"unfurl_links"`
	UnfurlMedia bool        `json:"unfurl_media"`
	Blocks      []slackPart `json:"blocks"`
}

// slackPart is a block, or a part of one.
type slackPart struct {
	Type     string      `json:"type"`
	Text     any         `json:"text,omitempty"` // a string, or a slackPart that is the text of a header
	URL      string      `json:"url,omitempty"`
	Style    *slackStyle `json:"style,omitempty"`
	Elements []slackPart `json:"elements,omitempty"`
}

type slackStyle struct {
	Bold bool `json:"bold"`
}

func slackBody(m notice.Message) slackMessage {
	title := cutRunes(mark(m.Severity)+plain(m.Title), slackTitle)
	blocks := []slackPart{{Type: "header", Text: slackPart{Type: "plain_text", Text: title}}}
	if runs := slackRuns(m); len(runs) > 0 {
		section := slackPart{Type: "rich_text_section", Elements: runs}
		blocks = append(blocks, slackPart{Type: "rich_text", Elements: []slackPart{section}})
	}
	return slackMessage{Text: markup.Replace(title), Blocks: blocks}
}

func slackRuns(m notice.Message) (runs []slackPart) {
	for i, l := range m.Lines {
		if i > 0 {
			runs = append(runs, slackPart{Type: "text", Text: "\n"})
		}
		if l.Label != "" {
			runs = append(runs, slackPart{Type: "text", Text: plain(l.Label), Style: &slackStyle{Bold: true}})
		}
		if to := href(l.URL); to != "" {
			runs = append(runs, slackPart{Type: "link", Text: plain(l.Text), URL: to})
		} else if l.Text != "" {
			runs = append(runs, slackPart{Type: "text", Text: plain(l.Text)})
		}
	}
	return runs
}

// judgeSlack: success is the word ok; refusals have statuses of their own, and a
// word each that says no more to us (api.slack.com, incoming webhooks, unverified).
func (r *route) judgeSlack(a answer) error {
	if err := r.judgeStatus(a); err != nil {
		return err
	}
	if strings.TrimSpace(string(a.body)) != "ok" {
		return r.unreadable()
	}
	return nil
}
