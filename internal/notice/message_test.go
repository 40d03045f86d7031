package notice_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
)

// notices are one of each kind, and of what differs in one.
func notices() map[string]notice.Notice {
	of := func(e ledger.Entry) notice.Notice { return notice.Of(e, region) }
	return map[string]notice.Notice{
		"complete-1-disk": of(completeOne()), "complete-3-disks": linked(completeThree()), "complete-machine": of(made()), "recovered": of(recovered()),
		"unmanaged": of(unmanaged()), "unmanaged-text": of(text()),
		"partial": of(partial()), "partial-broken": linked(broken()), "failed-refused": of(refused()), "failed-denied": of(denied()),
		"not-verified": of(unread()), "instead": instead(completeOne()),
		"stalled": of(news(stalled)), "stalled-unread": of(news(unreadYet)), "missed": of(news(missed)), "skipped": of(news(skipped)), "suspended": of(news(suspended)), "resumed": of(news(resumed)),
		"digest": of(news(digest)), "test": notice.Test("oncall", region, slot),
	}
}

// What people are told, word by word, in each language.
func TestGoldenMessages(t *testing.T) {
	t.Parallel()
	for name, n := range notices() {
		for _, lang := range []notice.Language{notice.English, notice.Chinese} {
			golden(t, name+"."+string(lang), shown(n.Message(lang))+"\n")
		}
	}
}

// shown is a message as people see it.
func shown(m notice.Message) string {
	var b strings.Builder
	b.WriteString(m.Title)
	for _, l := range m.Lines {
		b.WriteString("\n" + l.Label + l.Text)
		if l.URL != "" {
			b.WriteString(" " + l.URL)
		}
	}
	return b.String()
}

// The examples speak in the driver's own words: its sources have them, but for what
// is put in.
func TestExamplesAreTheDriversWords(t *testing.T) {
	t.Parallel()
	verb, patterns := regexp.MustCompile(`%[a-z]`), []*regexp.Regexp(nil)
	for _, words := range find(t, "../export/*.go", `"([^"\n]{20,})"`) {
		patterns = append(patterns, regexp.MustCompile(verb.ReplaceAllString(regexp.QuoteMeta(words), ".+")))
	}
	for _, e := range []ledger.Entry{partial(), unread(), broken(), text(), news(stalled), news(unreadYet), news(missed), news(skipped), news(suspended)} {
		said := []string{e.Hint}
		if e.Reason == "" || e.Reason == "files-missing" || e.Reason == "not-verified" { // of others, package diskimage says what was found
			said = append(said, e.Detail)
		}
		for _, words := range said {
			if words != "" && !slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(words) }) {
				t.Errorf("the driver never says %q", words)
			}
		}
	}
}

// golden compares with a file of testdata; -update writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name + ".golden"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s changed; -update writes it anew\n%s", file, diff)
	}
}

// A plan that was disabled for a year has more slots than anybody reads.
func TestManySlots(t *testing.T) {
	t.Parallel()
	many := missed
	many.Slots = days(300)
	n := notice.Of(news(many), region)
	text := shown(n.Message(notice.English))
	if got := strings.Count(text, "\nDue: "); got != 10 || !strings.Contains(text, "\n… and 290 more\n") {
		t.Errorf("%d slots are shown:\n%s", got, text)
	}
	if len(n.Data.Slots) != 300 {
		t.Errorf("programs are told of %d slots, want all", len(n.Data.Slots))
	}
}

// One is no plural.
func TestOnce(t *testing.T) {
	t.Parallel()
	one := missed
	one.Slots = days(1)
	n := notice.Of(news(one), region)
	if got, want := n.Message(notice.English).Title, "Plan nightly was due and did NOT run (once)"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	if got, want := n.Message(notice.Chinese).Title, "计划 nightly 到期未运行（1 次）"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
}

// An export of an instance can fail before there is an image.
func TestInstance(t *testing.T) {
	t.Parallel()
	e := refused()
	e.Request.Image, e.Request.Instance = image.Image{}, "ins-8ruwtq3m"
	n := notice.Of(e, region)
	if title := n.Message(notice.English).Title; !strings.HasPrefix(title, "ins-8ruwtq3m was NOT exported") || n.Data.Instance != "ins-8ruwtq3m" {
		t.Errorf("title %q, instance %q", title, n.Data.Instance)
	}
}

// A refusal of the cloud may come without words, and with a code that is new.
func TestFailedWithoutWords(t *testing.T) {
	t.Parallel()
	e := refused()
	e.Reason, e.Detail, e.Hint, e.RequestID = "UnsupportedOperation.X", "", "", "r-1"
	for lang, title := range map[notice.Language]string{
		notice.English: "orders-db (img-database) was NOT exported: UnsupportedOperation.X", notice.Chinese: "orders-db (img-database) 导出失败：UnsupportedOperation.X",
	} {
		m := notice.Of(e, region).Message(lang)
		if m.Title != title {
			t.Errorf("title %q, want %q", m.Title, title)
		}
		for _, l := range m.Lines {
			if l.Text == "" {
				t.Errorf("line %q says nothing", l.Label)
			}
		}
		if !strings.Contains(shown(m), "r-1") {
			t.Errorf("no request id in %q", shown(m))
		}
	}
}

// A link goes with the file that it leads to, and people learn when it ends: with
// the first of them.
func TestLinks(t *testing.T) {
	t.Parallel()
	n := linked(completeThree())
	n.Data.Links = n.Data.Links[1:]
	var with, without int
	for _, l := range n.Message(notice.English).Lines {
		switch {
		case l.Label != "File: ":
			if l.URL != "" {
				t.Errorf("line %q has the link %s", l.Label, l.URL)
			}
		case l.URL == "":
			without++
		case strings.Contains(l.URL, strings.TrimSuffix(l.Text, l.Text[strings.Index(l.Text, ","):])):
			with++
		}
	}
	if with != 2 || without != 1 {
		t.Errorf("%d files with their link, %d without; want 2 and 1", with, without)
	}
	if text := shown(n.Message(notice.Chinese)); !strings.Contains(text, "链接有效期：最晚到 2026-11-22 11:00:00（UTC+8）") {
		t.Errorf("the end of the links is not told:\n%s", text)
	}
}

// A success is never claimed of what is not known to be one.
func TestNoSuccessWithoutProof(t *testing.T) {
	t.Parallel()
	for name, n := range notices() {
		if n.Type == notice.Completed {
			continue
		}
		for _, lang := range []notice.Language{notice.English, notice.Chinese} {
			title := n.Message(lang).Title
			if strings.Contains(title, "is in images") || strings.Contains(title, "已导出到") {
				t.Errorf("%s: title %q", name, title)
			}
		}
	}
}

var hostile = []string{
	`a "quoted" name`, "line\nbreak", "carriage\r\nreturn", "tab\tand\x00nul", "a\u2028b\u2029c\u0085d", "right\u202eto left\u2066", "zero\u200bwidth\ufeff",
	"@all <@U1> <!channel> <at id=all></at>", "[click](https://evil.example) **bold** `code`\n# title", `</script><img src=x onerror=alert(1)>`, "bad\xffutf8",
	strings.Repeat("镜像", 50), strings.Repeat("镜", 100), strings.Repeat("x\n", 10000), "%s%d%!x(MISSING)", `{"data":{}}`, "<plan>", "",
}

// The page shows a message as it is, up to where it is left off.
func TestPageShowsAMessage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/notices.md")
	if err != nil {
		t.Fatal(err)
	}
	sample := regexp.MustCompile(`<!-- golden: (\S+) -->\n\n((?:    .+\n)+)`).FindSubmatch(page)
	if sample == nil {
		t.Fatal("no sample")
	}
	want, err := os.ReadFile("testdata/" + string(sample[1]))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSuffix(strings.ReplaceAll("\n"+string(sample[2]), "\n    ", "\n")[1:], "…\n")
	if strings.Count(text, "\n") < 8 || !strings.HasPrefix(string(want), text) {
		t.Errorf("the sample is not the golden file:\n%s\nwant\n%s", text, want)
	}
}

// Names, and what the cloud says, are other people's words: they stay in their
// line, and add none.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	for _, words := range hostile {
		for name, entry := range map[string]func() ledger.Entry{
			"complete": completeThree, "made": made, "partial": partial, "broken": broken, "refused": refused, "text": text,
			"stalled": func() ledger.Entry { return news(stalled) }, "missed": func() ledger.Entry { return news(missed) }, "digest": func() ledger.Entry { return news(digest) },
		} {
			for _, lang := range []notice.Language{notice.English, notice.Chinese} {
				got, usual := notice.Of(hostileEntry(entry(), words), region).Message(lang), notice.Of(hostileEntry(entry(), "x"), region).Message(lang)
				if words != "" && len(got.Lines) != len(usual.Lines) {
					t.Errorf("%s of %q has %d lines, want %d:\n%s", name, words, len(got.Lines), len(usual.Lines), shown(got))
				}
				checkLines(t, name, got)
			}
		}
	}
}

func hostileEntry(e ledger.Entry, words string) ledger.Entry {
	e.Request.Image.Name, e.Detail, e.Hint, e.Reason, e.RequestID = words, words, words, words, words
	for i := range e.Landed {
		e.Landed[i].Check = &diskimage.Report{Verdict: diskimage.Suspicious, Contents: words, Findings: []diskimage.Finding{{Code: "odd", Detail: words}}}
	}
	if n := e.Request.News; n != nil && n.Kind == ledger.KindDigest {
		e.Request.News = &ledger.Told{Kind: n.Kind, Exports: []ledger.Outcome{{Export: "x", Name: words, Verdict: ledger.Failed, Reason: words}}}
	}
	return e
}

func checkLines(t *testing.T, name string, m notice.Message) {
	t.Helper()
	if n := utf8.RuneCountInString(m.Title); n > 120 || n == 0 {
		t.Errorf("%s: a title of %d characters: %q", name, n, m.Title)
	}
	texts := []string{m.Title}
	for _, l := range m.Lines {
		texts = append(texts, l.Label, l.Text)
		if n := utf8.RuneCountInString(l.Text); n > 900 {
			t.Errorf("%s: line %q has %d characters", name, l.Label, n)
		}
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%s shows %q", name, text)
		}
	}
}

// The name that is shown is cut; the one for programs is not.
func TestLongName(t *testing.T) {
	t.Parallel()
	e := completeOne()
	e.Request.Image.Name = strings.Repeat("镜", 100)
	n := notice.Of(e, region)
	if got, want := n.Message(notice.English).Title, strings.Repeat("镜", 59)+"… (img-database) is in images-1250000000"; got != want {
		t.Errorf("title %q\nwant  %q", got, want)
	}
	if n.Data.Name != e.Request.Image.Name {
		t.Errorf("programs are given %q, want the name as it is", n.Data.Name)
	}
}

// Who gets a notice in another's stead is told so.
func TestInsteadOf(t *testing.T) {
	t.Parallel()
	n := instead(completeOne())
	for lang, want := range map[notice.Language]string{notice.English: "because channel oncall could not deliver it", notice.Chinese: "渠道 oncall 未能送达"} {
		if m := n.Message(lang); !strings.Contains(m.Lines[0].Text, want) {
			t.Errorf("%+v", m.Lines[0])
		}
	}
}
