package channel

import (
	"slices"
	"strings"

	"github.com/imageferry/imageferry/internal/notice"
)

const (
	firstLines = 3   // that stay as long as possible: what happened, and what to do
	longLine   = 300 // characters that a line keeps when there is too much
	maxLines   = 100 // more than anybody reads in a chat
	ellipsis   = "…"
)

// fit shortens a message until a service takes it: size gives the size of what
// would be sent, in whatever the service counts. Lines go from the end, those with
// links and the first ones last of all; a last line says that some are missing.
func fit(m notice.Message, limit int, size func(notice.Message) int) notice.Message {
	m.Lines = slices.Clone(m.Lines)
	if len(m.Lines) > maxLines {
		m.Lines = append(m.Lines[:maxLines], notice.Line{Text: ellipsis})
	}
	if size(m) <= limit {
		return m
	}
	for i := range m.Lines {
		m.Lines[i].Text = cutRunes(m.Lines[i].Text, longLine)
	}
	for size(m) > limit && shorten(&m) {
	}
	return m
}

// shorten takes the least important line away, and then from the title. It
// reports false when nothing is left.
func shorten(m *notice.Message) bool {
	n := len(m.Lines)
	if n > 0 && m.Lines[n-1] == (notice.Line{Text: ellipsis}) {
		n--
	}
	if i := leastImportant(m.Lines[:n]); i >= 0 {
		m.Lines = append(slices.Delete(m.Lines[:n], i, i+1), notice.Line{Text: ellipsis})
		return true
	}
	if len(m.Lines) > 0 { // the ellipsis alone
		m.Lines = nil
		return true
	}
	title := []rune(m.Title)
	m.Title = cutRunes(m.Title, len(title)/2)
	return len(title) > 1
}

// leastImportant returns the index of the line to go next, or -1 when there is none.
func leastImportant(lines []notice.Line) int {
	link := -1
	for i, l := range slices.Backward(lines) {
		if l.URL == "" && i >= firstLines {
			return i
		}
		if l.URL != "" && link < 0 {
			link = i
		}
	}
	if link >= 0 {
		return link
	}
	return len(lines) - 1
}

// cutRunes shortens s to n characters, the last of which then says so.
func cutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return strings.TrimSpace(string(runes[:max(n-1, 0)])) + ellipsis
}
