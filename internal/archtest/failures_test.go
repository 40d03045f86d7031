package archtest

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The pages for people are held to the code, and to each other: what a notice names
// can be looked up, and no link leads nowhere.
const failures = "docs/failures/"

func TestEveryReasonIsExplained(t *testing.T) {
	t.Parallel()
	index := texts(t, failures+"README.md")[failures+"README.md"]
	reasons := quoted(texts(t, "internal/export/*.go", "internal/image/*.go"),
		`(?:\.fail|\brefuse)\("([a-z-]+)"|\breason[A-Z]\w+ += "([a-z-]+)"|\.Reason\b.* = "([a-z-]+)"|\bskip[A-Z]\w+ += "([a-z-]+)"`)
	if !slices.Contains(reasons, "no-system-disk") || !slices.Contains(reasons, "files-missing") || !slices.Contains(reasons, "postponed") || !slices.Contains(reasons, "under-way") {
		t.Fatalf("the reasons are not written in the code as this test thinks: %q", reasons)
	}
	for _, reason := range reasons {
		if !strings.Contains(index, "`"+reason+"`") {
			t.Errorf("%sREADME.md lacks `%s`; say there on which page it is explained", failures, reason)
		}
	}
}

func TestEveryFindingIsExplained(t *testing.T) {
	t.Parallel()
	page := texts(t, failures+"not-whole.md")[failures+"not-whole.md"]
	codes := quoted(texts(t, "internal/diskimage/codes.go", "cmd/imageferry/verify_print.go"), `(?m)^\t[A-Za-z0-9]+ += "([a-z0-9-]+)"`)
	if len(codes) < 29 || !slices.Contains(codes, "gpt-primary") || !slices.Contains(codes, "crc64") {
		t.Fatalf("the codes are not written in the code as this test thinks: %q", codes)
	}
	for _, code := range codes {
		if !strings.Contains(page, "\n| `"+code+"`") {
			t.Errorf("%snot-whole.md has no line for the finding %q", failures, code)
		}
	}
}

func TestEveryQuotedCodeExists(t *testing.T) {
	t.Parallel()
	codes := quoted(texts(t, "internal/tencent/*.go"), `"([A-Z][A-Za-z.]+\*?)": +\{outcome\.`)
	pages := texts(t, failures+"*.md")
	named := quoted(pages, "`((?:….)?[A-Z][A-Za-z]+[.…][A-Za-z….]*|[A-Z][A-Za-z]+(?:Exceeded|Failure|Operation|Error))`")
	if len(codes) < 50 || len(named) < 30 {
		t.Fatalf("%d codes in the tables and %d on the pages: they are not written as this test thinks", len(codes), len(named))
	}
	for _, name := range named {
		if !slices.ContainsFunc(codes, func(code string) bool { return means(name, code) }) {
			t.Errorf("no table of internal/tencent has the code %q; correct the page in %s that quotes it", name, failures)
		}
	}
}

func TestMeans(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, code string
		want       bool
	}{
		{"A.B", "A.B", true}, {"A.B", "A.C", false}, {"A.…", "A.B", true}, {"….B", "A.B", true}, {"A", "A.B", false},
		{"A.B", "A*", true}, {"A.…", "A*", true}, {"A", "A*", true}, {"B.A", "A*", false}, {"A.…", "AB.C", false},
	} {
		if got := means(tt.name, tt.code); got != tt.want {
			t.Errorf("%q means %q: %v", tt.name, tt.code, got)
		}
	}
}

// means reports whether a quoted name, in which … stands for anything, is or
// includes a code of a table, in which a last * does.
func means(name, code string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(name), "…", ".*")
	start, open := strings.CutSuffix(code, "*")
	return regexp.MustCompile("^"+pattern+"$").MatchString(code) || open && strings.HasPrefix(name, start)
}

func TestEveryPageIsLinked(t *testing.T) {
	t.Parallel()
	for index, pages := range map[string]string{"README.md": "docs/*.md", failures + "README.md": failures + "*.md"} {
		links := linksOf(index, texts(t, index)[index])
		for page := range texts(t, pages) {
			if page != index && !slices.Contains(links, page) {
				t.Errorf("%s has no link to %s, so nobody finds it", index, page)
			}
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	pages := texts(t, "*.md", "docs/*.md", "docs/*/*.md")
	links := 0
	for name, text := range pages {
		for _, link := range linksOf(name, text) {
			links++
			file, anchor, anchored := strings.Cut(link, "#")
			if _, err := os.Stat("../../" + file); err != nil {
				t.Errorf("%s links to %s, which is not there", name, file)
			} else if anchored && !slices.Contains(anchors(pages[file]), anchor) {
				t.Errorf("%s links to %s, which has no such heading: it has %q", name, link, anchors(pages[file]))
			}
		}
	}
	if links < 60 {
		t.Errorf("%d links in all pages: they are not written as this test thinks", links)
	}
}

// linksOf returns where the relative links of a page lead, from the module's root.
func linksOf(page, text string) (links []string) {
	for _, m := range regexp.MustCompile(`\]\(([^()\s]+)\)`).FindAllStringSubmatch(text, -1) {
		switch {
		case strings.Contains(m[1], "://"):
		case strings.HasPrefix(m[1], "#"):
			links = append(links, page+m[1])
		default:
			links = append(links, path.Join(path.Dir(page), m[1]))
		}
	}
	return links
}

// anchors returns the names that GitHub gives to the headings of a page.
func anchors(text string) (names []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		kept := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(kept, " ", "-"))
	}
	return names
}

// quoted returns what the groups of a pattern match in any text, in order, each once.
func quoted(texts map[string]string, pattern string) (found []string) {
	for _, text := range texts {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			found = append(found, strings.Join(m[1:], ""))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// texts reads the files of the module that fit one of the patterns, tests left out.
func texts(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	root, found := os.DirFS("../.."), map[string]string{}
	for _, pattern := range patterns {
		names, err := fs.Glob(root, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("nothing is called %s: %v", pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := fs.ReadFile(root, name)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = string(text)
		}
	}
	return found
}
