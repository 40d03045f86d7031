package inbox

import (
	"fmt"
	"html"
	"regexp"
	"strings"
)

// readTelegram reads the text of a message, in HTML where parse_mode says so, and
// returns why that cannot be, or "". The bots' own two Markdowns are not played.
func readTelegram(v map[string]any, m *Message) (unparsed string) {
	var r reading
	switch mode := text(v, "parse_mode"); {
	case mode == "":
		r.literal(text(v, "text"))
		r.telegramNames(text(v, "text"))
	case strings.EqualFold(mode, "HTML"):
		h := telegramHTML{r: &r, rest: text(v, "text")}
		unparsed = h.read()
	default:
		r.literal(text(v, "text"))
		unparsed = "unsupported parse_mode"
	}
	for _, a := range list(v["reply_markup"], "inline_keyboard") {
		buttons, _ := a.([]any)
		for _, b := range buttons {
			r.button(text(b, "text"), text(b, "url"))
		}
	}
	r.into(m)
	return unparsed
}

// telegramName is a user whom a bare name in a text calls, unless it ends a word.
var telegramName = regexp.MustCompile(`(?:^|[^A-Za-z0-9_])@([A-Za-z][A-Za-z0-9_]{1,31})`)

func (r *reading) telegramNames(s string) {
	for _, found := range telegramName.FindAllStringSubmatch(s, -1) {
		r.mention(found[1])
	}
}

// telegramTags are the elements of the Bot API ("HTML style").
const telegramTags = " b strong i em u ins s strike del span tg-spoiler tg-emoji a code pre blockquote "

// telegramHTML reads a text as strictly as the Bot API does: whatever begins with
// < must be one of its elements, and each must end, the last begun first.
type telegramHTML struct {
	r    *reading
	rest string
	at   int // bytes read
	open []openElement
}

type openElement struct {
	tag
	start int // of its text in the reading
}

func (h *telegramHTML) read() (unparsed string) {
	for h.rest != "" {
		i := strings.IndexByte(h.rest, '<')
		if i < 0 {
			h.text(h.rest)
			break
		}
		h.text(h.rest[:i])
		h.rest, h.at = h.rest[i:], h.at+i
		if unparsed := h.element(); unparsed != "" {
			h.r.b.WriteString(h.rest) // a person who looks what is wrong sees it
			return "can't parse entities: " + unparsed
		}
	}
	if n := len(h.open); n > 0 {
		return fmt.Sprintf("can't parse entities: Can't find end tag corresponding to start tag %q", h.open[n-1].name)
	}
	return ""
}

func (h *telegramHTML) element() string {
	end := tagEnd(h.rest)
	if end < 0 {
		return fmt.Sprintf("Unclosed start tag at byte offset %d", h.at)
	}
	t, n := parseTag(h.rest)
	switch {
	case n == 0 || !strings.Contains(telegramTags, " "+t.name+" "):
		return fmt.Sprintf("Unsupported start tag %q at byte offset %d", t.name, h.at)
	case t.name == "span" && !t.closing && t.attr["class"] != "tg-spoiler":
		return fmt.Sprintf("Tag \"span\" must have class \"tg-spoiler\" at byte offset %d", h.at)
	case !t.closing:
		h.open = append(h.open, openElement{t, h.r.b.Len()})
	case len(h.open) == 0:
		return fmt.Sprintf("Unexpected end tag at byte offset %d", h.at)
	case h.open[len(h.open)-1].name != t.name:
		return fmt.Sprintf("Unmatched end tag at byte offset %d, expected \"</%s>\", found \"</%s>\"", h.at, h.open[len(h.open)-1].name, t.name)
	default:
		h.close()
	}
	h.rest, h.at = h.rest[n:], h.at+n
	return ""
}

func (h *telegramHTML) close() {
	last := h.open[len(h.open)-1]
	h.open = h.open[:len(h.open)-1]
	if last.name != "a" {
		return
	}
	name, url := h.r.b.String()[last.start:], last.attr["href"]
	if user, ok := strings.CutPrefix(url, "tg://user?id="); ok {
		h.r.mention(user)
		return
	}
	h.r.link(name, url)
}

// text takes in what stands between tags. In code and in a link's name no address
// or user is looked for.
func (h *telegramHTML) text(s string) {
	s = telegramReferences.ReplaceAllStringFunc(s, html.UnescapeString)
	for _, o := range h.open {
		if o.name == "a" || o.name == "code" || o.name == "pre" {
			h.r.b.WriteString(s)
			return
		}
	}
	h.r.literal(s)
	h.r.telegramNames(s)
}

// telegramReferences are the character references that the Bot API knows.
var telegramReferences = regexp.MustCompile(`&(lt|gt|amp|quot|#[0-9]+|#x[0-9A-Fa-f]+);`)
