package channel

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/notice"
)

func plainSize(m notice.Message) int { return len(shown(m)) }

// shown is a message as people see it.
func shown(m notice.Message) string {
	s := m.Title
	for _, l := range m.Lines {
		s += "\n" + strings.TrimSpace(l.Label+l.Text+" "+l.URL)
	}
	return s
}

func TestFit(t *testing.T) {
	t.Parallel()
	line := func(s string) notice.Line { return notice.Line{Text: s} }
	m := notice.Message{Title: "title", Lines: []notice.Line{
		line("one"), line("two"), line("three"), line("four"), line("five"), {Text: "link", URL: "https://x.test/1"}, {Text: "more", URL: "https://x.test/2"}, line("six"),
	}}
	whole := shown(m)
	for _, tt := range []struct {
		limit int
		want  string
	}{
		{1000, "title|one|two|three|four|five|link https://x.test/1|more https://x.test/2|six"},
		{77, "title|one|two|three|four|five|link https://x.test/1|more https://x.test/2|six"},
		{76, "title|one|two|three|four|link https://x.test/1|more https://x.test/2|…"},
		{71, "title|one|two|three|link https://x.test/1|more https://x.test/2|…"},
		{66, "title|one|two|three|link https://x.test/1|…"},
		{44, "title|one|two|three|…"},
		{22, "title|one|two|…"},
		{16, "title|one|…"},
		{12, "title|…"},
		{8, "title"},
		{4, "t…"},
		{3, "…"},
		{0, "…"},
	} {
		if got := strings.ReplaceAll(shown(fit(m, tt.limit, plainSize)), "\n", "|"); got != tt.want {
			t.Errorf("%d: %s, want %s", tt.limit, got, tt.want)
		}
	}
	if shown(m) != whole {
		t.Error("the message itself was changed")
	}
}

func TestFitCutsLongLinesFirst(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("长", 1000)
	m := notice.Message{Title: "t", Lines: []notice.Line{{Text: long}, {Text: "x"}, {Text: "y"}, {Text: "z"}}}
	got := fit(m, 1200, plainSize)
	if len(got.Lines) != 4 || utf8.RuneCountInString(got.Lines[0].Text) != longLine || !strings.HasSuffix(got.Lines[0].Text, "长…") {
		t.Errorf("%d lines, the first of %d", len(got.Lines), utf8.RuneCountInString(got.Lines[0].Text))
	}
}

func TestFitAlwaysEnds(t *testing.T) {
	t.Parallel()
	m := notice.Message{Title: strings.Repeat("🛳", 100), Lines: slices.Repeat([]notice.Line{{Label: "l", Text: strings.Repeat("é", 400), URL: "https://x.test"}}, 300)}
	for limit := 0; limit < 5000; limit += 97 {
		got := fit(m, limit, plainSize)
		if s := shown(got); len(s) > max(limit, 4) || !utf8.ValidString(s) {
			t.Fatalf("limit %d: %d bytes: %.100q", limit, len(s), s)
		}
	}
}
