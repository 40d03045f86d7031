package channel

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/notice"
)

// wide are the characters that Markdown reads, and what people are shown instead.
// WeCom and DingTalk document no escape, so there is none to rely on.
var wide = strings.NewReplacer(
	"<", "＜", ">", "＞", "[", "［", "]", "］", "`", "｀", "*", "＊", "\\", "＼", "#", "＃", "|", "｜", "~", "～", "&", "＆",
)

// markdown makes text harmless inside of a line of Markdown, and at its start.
func markdown(s string) string {
	return lead(underscores(wide.Replace(strings.TrimSpace(plain(s)))))
}

// underscores replaces those that could begin or end an emphasis: all that do not
// stand between letters or digits, as the one in front of xvda.raw does.
func underscores(s string) string {
	var b strings.Builder
	before := ' '
	for i, r := range s {
		after, _ := utf8.DecodeRuneInString(s[i+len(string(r)):])
		if r == '_' && !(isWord(before) && isWord(after)) {
			b.WriteRune('＿')
		} else {
			b.WriteRune(r)
		}
		before = r
	}
	return b.String()
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// lead replaces what makes a list, a rule or a heading at the start of a line.
func lead(s string) string {
	rest := strings.TrimLeft(s, "0123456789")
	number := s[:len(s)-len(rest)]
	if rest == "" {
		return s
	}
	marks := map[byte]string{'-': "－", '+': "＋", '=': "＝"}
	if number != "" {
		marks = map[byte]string{'.': "．", ')': "）"}
	}
	w, ok := marks[rest[0]]
	if number != "" && len(rest) > 1 && rest[1] != ' ' {
		ok = false // a figure, such as 7.0 GiB
	}
	if ok {
		return number + w + rest[1:]
	}
	return s
}

// markdownLines writes the lines of a message.
func markdownLines(m notice.Message) (lines []string) {
	for _, l := range m.Lines {
		s := markdown(l.Text)
		if to := href(l.URL); to != "" {
			s = "[" + s + "](" + to + ")"
		}
		if l.Label != "" {
			s = "**" + markdown(l.Label) + "** " + s
		}
		lines = append(lines, s)
	}
	return lines
}
