package stories

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// What people were told in a story. The commands are described in doc.go.

var notices = command{"N [REGEXP]", 1, 2, func(s *story, ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	s.until(ts, func() bool { return len(s.Inbox.Messages()) >= n }, "%d notices", n)
	s.printNotices(ts, n, optional(args[1:]))
}}

var sweep = command{"[-cold] N [REGEXP]", 1, 3, func(s *story, ts *testscript.TestScript, args []string) {
	cold := args[0] == "-cold"
	if cold {
		args = args[1:]
	}
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	s.until(ts, func() bool {
		if len(s.Inbox.Messages()) >= n {
			return true
		}
		if cold {
			s.SCF.KillInstances("export")
		}
		_, err := s.SCF.Fire("export", sandbox.SweepTimer)
		ts.Check(err)
		time.Sleep(2 * time.Second) // the platform's own sweep is 150 times lazier
		return false
	}, "%d notices", n)
	s.printNotices(ts, n, optional(args[1:]))
}}

// optional is the pattern that ends a command's arguments; without it, all match.
func optional(args []string) *regexp.Regexp { return regexp.MustCompile(strings.Join(args, "")) }

// printNotices prints those that match of what people were told. Whatever a story is
// about, all must be well with each.
func (s *story) printNotices(ts *testscript.TestScript, n int, wanted *regexp.Regexp) {
	var told []string
	all := s.Inbox.Messages()
	for _, m := range all {
		if wrong := flaw(m); wrong != "" {
			ts.Fatalf("a message to %s %s: %s\n%s", m.Channel, m.Robot, wrong, m.Body)
		}
		if text := s.plain(shown(m)); wanted.MatchString(text) {
			told = append(told, strings.TrimRight(strings.ReplaceAll(text, "\n", "\n\t"), "\n\t"))
		}
	}
	printSorted(ts, told)
	if len(all) != n {
		ts.Fatalf("%d notices came, want %d", len(all), n)
	}
}

// signs are the services whose messages are signed.
var signs = []inbox.Channel{inbox.Webhook, inbox.DingTalk, inbox.Feishu}

// flaw says what is wrong with any message, whoever gets it. Nobody is called by
// one, and it leads nowhere but into the image bucket. (To a program a link is where
// the document says that there is one; a name is text.)
func flaw(m inbox.Message) string {
	links := m.Links
	if m.Channel == inbox.Webhook {
		links = nil
		for _, l := range list(m.Data["links"]) {
			links = append(links, inbox.Link{URL: fmt.Sprint(l["url"])})
		}
	}
	for _, l := range links {
		if u, err := url.Parse(l.URL); err != nil || !strings.HasPrefix(u.Host, sandbox.ImageBucket+".cos.") {
			return fmt.Sprintf("it links to %q", l.URL)
		}
	}
	switch {
	case m.Problem != "":
		return m.Problem
	case len(m.Mentions) > 0:
		return fmt.Sprintf("it calls %q", m.Mentions)
	case slices.Contains(signs, m.Channel) && !m.Signed:
		return "it is not signed"
	case m.Channel == inbox.Mail && m.HTML == "":
		return "it has no page beside the text"
	}
	return ""
}

// list returns the objects of a list in a document.
func list(v any) (objects []map[string]any) {
	items, _ := v.([]any)
	for _, item := range items {
		object, _ := item.(map[string]any)
		objects = append(objects, object)
	}
	return objects
}

// shown is a message as its reader has it: programs get type, id and data, people
// a title and text. The channel's name comes first if the plans give it one.
func shown(m inbox.Message) string {
	name := m.Robot
	if name != "" {
		name += ": "
	}
	if m.Channel == inbox.Webhook {
		return fmt.Sprintf("%s%s %s\n%s\n%s", name, m.Type, m.ID, m.Data["subject"], m.Data["text"])
	}
	text := m.Text
	if m.Subject != "" && !strings.HasPrefix(text, m.Subject) {
		text = m.Subject + "\n" + text
	}
	about := []string{name + string(m.Channel), m.ID, m.Severity, strings.Join(m.To, " ")}
	return strings.Join(slices.DeleteFunc(about, func(s string) bool { return s == "" }), " ") + "\n" + text
}

var heard = command{"", 0, 0, func(s *story, ts *testscript.TestScript, _ []string) {
	count := map[string]int{}
	for _, m := range s.Inbox.Messages() {
		count[fmt.Sprintf("%s %s", m.Robot, m.Channel)]++
	}
	var lines []string
	for who, n := range count {
		lines = append(lines, fmt.Sprintf("%s ×%d", strings.TrimSpace(who), n))
	}
	printSorted(ts, lines)
}}
