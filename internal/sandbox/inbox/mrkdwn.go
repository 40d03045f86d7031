package inbox

import (
	"cmp"
	"strings"
)

// readSlack reads what a channel shows: the blocks, or else the text, and the
// attachments below. Of a message with blocks the text is what phones announce.
func readSlack(v map[string]any, m *Message) {
	var r reading
	if blocks := list(v, "blocks"); len(blocks) > 0 {
		r.card(blocks, r.slackPart)
		m.Subject = firstHeader(blocks)
	} else {
		r.mrkdwn(text(v, "text"))
	}
	for _, a := range list(v, "attachments") {
		r.matter(text(a, "color"))
		if m.Subject == "" {
			m.Subject = firstHeader(list(a, "blocks"))
		}
		r.slackAttachment(a)
	}
	// A mention in the text alone is announced as well.
	var announced reading
	announced.mrkdwn(text(v, "text"))
	for _, who := range announced.mentions {
		r.mention(who)
	}
	r.into(m)
}

func firstHeader(blocks []any) string {
	for _, b := range blocks {
		if text(b, "type") == "header" {
			return text(b, "text", "text")
		}
	}
	return ""
}

func (r *reading) slackAttachment(v any) {
	a, _ := v.(map[string]any)
	r.button(text(a, "title"), text(a, "title_link"))
	for _, name := range []string{"pretext", "text"} {
		r.mrkdwn(text(a, name))
	}
	r.card(a["blocks"], r.slackPart)
	for _, f := range list(a, "fields") {
		r.plain(text(f, "title"))
		r.mrkdwn(text(f, "value"))
	}
	r.plain(text(a, "footer"))
}

// slackPart reads the objects of Block Kit that have a text.
func (r *reading) slackPart(v map[string]any) bool {
	switch text(v, "type") {
	case "mrkdwn":
		r.mrkdwn(text(v, "text"))
	case "plain_text":
		r.block()
		r.b.WriteString(text(v, "text"))
	case "button":
		r.button(text(v, "text", "text"), text(v, "url"))
	case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
		r.block()
		for _, run := range list(v, "elements") {
			r.slackRun(run)
		}
	default:
		return false
	}
	return true
}

// slackRun reads a run of rich text, which has no markup.
func (r *reading) slackRun(v any) {
	switch text(v, "type") {
	case "text":
		r.b.WriteString(text(v, "text"))
	case "link":
		name := cmp.Or(text(v, "text"), text(v, "url"))
		r.b.WriteString(name)
		r.link(name, text(v, "url"))
	case "emoji":
		r.b.WriteString(":" + text(v, "name") + ":")
	case "user":
		r.mention(text(v, "user_id"))
		r.b.WriteString("@" + text(v, "user_id"))
	case "broadcast":
		r.mention(text(v, "range"))
		r.b.WriteString("@" + text(v, "range"))
	}
}

// mrkdwn reads Slack's own markup (docs.slack.dev, "Formatting message text"): what
// stands in < > is a link, a call or a command, &lt; &gt; &amp; are the signs
// themselves, and the rest is emphasis in single marks.
func (r *reading) mrkdwn(s string) {
	if s == "" {
		return
	}
	r.block()
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			r.b.WriteByte('\n')
		}
		r.slackLine(strings.TrimPrefix(strings.TrimPrefix(line, "&gt; "), "> "))
	}
}

func (r *reading) slackLine(s string) {
	for s != "" {
		i := strings.IndexAny(s, "<&*_~`h")
		if i < 0 {
			r.b.WriteString(s)
			return
		}
		r.b.WriteString(s[:i])
		s = s[i:]
		n := r.slackMark(s)
		if n == 0 {
			r.b.WriteByte(s[0])
			n = 1
		}
		s = s[n:]
	}
}

var slackSigns = map[string]string{"&lt;": "<", "&gt;": ">", "&amp;": "&"}

// slackMark reads the markup that s begins with and returns its length, or 0.
func (r *reading) slackMark(s string) int {
	switch c := s[0]; c {
	case '<':
		if end := strings.IndexByte(s, '>'); end > 1 {
			r.slackControl(s[1:end])
			return end + 1
		}
	case '&':
		for sign, text := range slackSigns {
			if strings.HasPrefix(s, sign) {
				r.b.WriteString(text)
				return len(sign)
			}
		}
	case 'h':
		if n := addressLength(s); n > 0 {
			r.literal(s[:n])
			return n
		}
	default:
		return r.slackEmphasis(s, c)
	}
	return 0
}

// slackEmphasis reads *x*, _x_, ~x~ and `x`, which count at the ends of words only.
func (r *reading) slackEmphasis(s string, mark byte) int {
	end := strings.IndexByte(s[1:], mark)
	if end < 1 || s[1] == ' ' || s[end] == ' ' || wordEnds(r.b.String()) || wordBegins(s[end+2:]) {
		return 0
	}
	if mark == '`' {
		mark, end := s[1:end+1], end // no emphasis within
		for sign, text := range slackSigns {
			mark = strings.ReplaceAll(mark, sign, text)
		}
		r.b.WriteString(mark)
		return end + 2
	}
	r.slackLine(s[1 : end+1])
	return end + 2
}

// slackControl reads what stands between < and >.
func (r *reading) slackControl(s string) {
	target, name, named := strings.Cut(s, "|")
	for sign, text := range slackSigns {
		name = strings.ReplaceAll(name, sign, text)
	}
	show := func(prefix, otherwise string) {
		if !named {
			name = otherwise
		}
		r.b.WriteString(prefix + name)
	}
	switch {
	case strings.HasPrefix(target, "@"):
		r.mention(target[1:])
		show("@", target[1:])
	case strings.HasPrefix(target, "#"):
		show("#", target[1:])
	case strings.HasPrefix(target, "!date^"):
		show("", target)
	case strings.HasPrefix(target, "!"): // !here, !channel, !everyone, !subteam^ID
		who := strings.TrimPrefix(target[1:], "subteam^")
		r.mention(who)
		show("@", who)
	case strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:"):
		show("", target)
		r.link(name, target)
	default:
		r.b.WriteString("<" + s + ">") // not verified
	}
}
