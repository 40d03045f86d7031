package channel_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/channel"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/plan"
)

var seeds = []string{
	hostileName, long, "", " ", "a.b_c-d", "nightly-1_xvda.raw", "_a_", "a_b", "__", "1. x", "12) x", "- x", "--- ", "===", "    code", "\tx", "ftp://a", "a://b", "://",
	"www.evil.com", "www.evil.c", "a-www.b.c1", "evil.com.8080", "evil.com-x", "disk.qcow2", "x.evil.com:8080/y", "1.2.3.4", "例子.中国", "a.xn--p1ai", "a@b.c", "@all", "＠all", "\xff\xfe", "\u200b@\u200ball", "a\u2028b", "&amp;", "&#60;x&#62;",
	"<@all>", "<!here>", "[a](b)", "![a](https://b)", "`x`", "~~x~~", "|a|b|", "\\[a\\]", "#x #y", "$X", "(/start)", "</font>", "<at id=all></at>", `"}`, "\"\\\n",
}

// robots compose a message for each service.
var robots = func() map[string]plan.Channel {
	byService := map[string]plan.Channel{}
	for _, c := range posting {
		byService[c.Service] = c
	}
	return byService
}()

// composed returns the JSON of a message to a service, read again. The text stands
// in every place of a message.
func composed(t *testing.T, service, text string) (v any) {
	t.Helper()
	m := notice.Message{Severity: notice.Info, Title: text, Lines: []notice.Line{
		{Label: text, Text: text}, {Text: text}, {Label: text, Text: text, URL: "https://x.test/" + text}, {Text: text, URL: text},
	}}
	c := robots[service]
	_, body := channel.Compose(c, values[c.URL], "", slot, delivery(m))
	if !utf8.Valid(body) {
		t.Fatalf("no UTF-8: %q", body)
	}
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("no JSON: %v: %s", err, body)
	}
	return v
}

// Signs of what chats make of plain text by themselves: a name after an @, an
// address, a host name. The endings of our own files are no domains.
var liveText = regexp.MustCompile(`@|://|(?i:\bwww\.[\pL\pN])|\b[\pL\pN_-]+\.(?:com|org|net|io|cn|zip)\b|\b\d+\.\d+\.\d+\.\d+\b`)

// live fails if text holds anything that a program acts upon.
func live(t *testing.T, text string) {
	t.Helper()
	if found := liveText.FindString(text); found != "" {
		t.Errorf("%q is live in %q", found, text)
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\r' || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			t.Errorf("%U in %q", r, text)
		}
	}
}

var tag = regexp.MustCompile(`<[^>]*>`)

// tags fails if HTML has others than these, or what is between them is live.
func tags(t *testing.T, html, allowed string) {
	t.Helper()
	for _, found := range tag.FindAllString(html, -1) {
		name := strings.FieldsFunc(found, func(r rune) bool { return strings.ContainsRune("</> ", r) })[0]
		if !strings.Contains(" !doctype "+allowed+" ", " "+name+" ") || strings.Count(found, `"`)%2 != 0 {
			t.Errorf("tag %s in %q", found, html)
		}
	}
	rest := tag.ReplaceAllString(html, "")
	if strings.ContainsAny(rest, `<>"'`) {
		t.Errorf("loose markup in %q", html)
	}
	live(t, strings.NewReplacer("&amp;", " ", "&lt;", " ", "&gt;", " ", "&quot;", " ", "&#39;", " ").Replace(rest))
}

// texts are all strings of JSON by the name that they stand under; addresses are
// checked and left out.
func texts(t *testing.T, v any, name string, add func(name, text string)) {
	t.Helper()
	switch v := v.(type) {
	case string:
		if name == "url" {
			address(t, v)
			return
		}
		add(name, v)
	case []any:
		for _, e := range v {
			texts(t, e, name, add)
		}
	case map[string]any:
		for name, e := range v {
			texts(t, e, name, add)
		}
	}
}

// address fails if it leads elsewhere than we meant, or could end where it stands.
func address(t *testing.T, s string) {
	t.Helper()
	if rest, ok := strings.CutPrefix(s, "https://"); !ok || strings.ContainsAny(rest, "<>()[]\"'`\\|* @\n") || strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r > '~' }) {
		t.Errorf("address %q", s)
	}
}

func FuzzTypedText(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, service := range []string{plan.Feishu, plan.Slack, plan.Teams} {
			v := composed(t, service, text)
			texts(t, v, "", func(name, s string) {
				switch name {
				case "content", "title":
					live(t, s)
				case "text":
					if service == plan.Slack {
						s = strings.NewReplacer("&amp;", " ", "&lt;", " ", "&gt;", " ", "&quot;", " ", "&#39;", " ").Replace(s)
					}
					live(t, s)
				case "tag", "type": // nothing in the text became a thing of another kind
					if !strings.Contains(" div plain_text action button default message AdaptiveCard RichTextBlock TextRun ActionSet Action.OpenUrl header rich_text rich_text_section text link ", " "+s+" ") {
						t.Errorf("%s: %s %q", service, name, s)
					}
				}
			})
			if top := v.(map[string]any); service == plan.Slack && strings.ContainsAny(top["text"].(string), "<>") {
				t.Errorf("live fallback %q", top["text"])
			}
		}
	})
}

// markdownLink is our own link, the only one that there may be.
var markdownLink = regexp.MustCompile(`\[([^\[\]]*)\]\((https://[^()\s]*)\)`)

func FuzzMarkdown(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if text == "" {
			return // a line without a label begins with its text
		}
		for service, field := range map[string]string{plan.WeCom: "content", plan.DingTalk: "text"} {
			body := composed(t, service, text).(map[string]any)["markdown"].(map[string]any)
			s := body[field].(string)
			if service == plan.WeCom {
				s = strings.NewReplacer(`<font color="info">`, "", "</font>", "").Replace(s)
			} else {
				live(t, body["title"].(string))
			}
			lines := strings.Split(s, "\n")
			if service == plan.DingTalk {
				lines = strings.Split(s, "\n\n")
			}
			if len(lines) > 5 || len(lines) < 5 && len(text) < 300 {
				t.Fatalf("%s: %d lines: %q", service, len(lines), s)
			}
			for _, line := range lines {
				checkLine(t, line, strings.HasPrefix(line, "**"))
			}
		}
	})
}

// checkLine takes our own markup away: what is left has none.
func checkLine(t *testing.T, line string, bold bool) {
	t.Helper()
	for _, m := range markdownLink.FindAllStringSubmatch(line, -1) {
		address(t, m[2])
	}
	s := markdownLink.ReplaceAllString(line, "$1")
	if bold {
		if strings.Count(s, "**") != 2 {
			t.Errorf("emphasis in %q", line)
		}
		s = strings.ReplaceAll(s, "**", "")
	}
	if strings.ContainsAny(s, "<>[]`*\\#|~&\n\r") || regexp.MustCompile(`(?:^|[^\pL\p{Nd}])_|_(?:$|[^\pL\p{Nd}])`).MatchString(s) {
		t.Errorf("markup in %q", line)
	}
	if !bold && regexp.MustCompile(`^(?: {4}|\t|\d+[.)]|[-+=])`).MatchString(s) {
		t.Errorf("a block begins in %q", line)
	}
	live(t, s)
}

func FuzzTelegram(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v := composed(t, plan.Telegram, text).(map[string]any)
		s := v["text"].(string)
		if v["chat_id"] != "-1001234567890" || len(v) != 4 || strings.Count(s, "\n") > 4 {
			t.Errorf("%v", v)
		}
		for _, m := range regexp.MustCompile(`<a href="([^"]*)">`).FindAllStringSubmatch(s, -1) {
			address(t, strings.ReplaceAll(m[1], "&amp;", "&"))
		}
		tags(t, s, "b a")
		rest := strings.NewReplacer("&amp;", " ", "&#39;", " ").Replace(tag.ReplaceAllString(s, ""))
		if strings.ContainsAny(rest, "#$") || regexp.MustCompile(`(?:^|[\s(])/\w`).MatchString(rest) {
			t.Errorf("a hashtag, a cashtag or a command in %q", rest)
		}
	})
}
