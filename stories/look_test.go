package stories

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
)

// What is there in a story. The commands are described in doc.go.

var notices = command{"N [REGEXP]", 1, 2, func(s *story, ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	s.until(ts, func() bool { return len(s.Inbox.Messages()) >= n }, "%d notices", n)
	s.printNotices(ts, n, optional(args[1:]))
}}

var sweep = command{"N [REGEXP]", 1, 2, func(s *story, ts *testscript.TestScript, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	s.until(ts, func() bool {
		if len(s.Inbox.Messages()) >= n {
			return true
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

// printNotices prints those that match of what people were told. Every notice must
// be one that its receiver took.
func (s *story) printNotices(ts *testscript.TestScript, n int, wanted *regexp.Regexp) {
	var told []string
	all := s.Inbox.Messages()
	for _, m := range all {
		if m.Problem != "" || !m.Signed {
			ts.Fatalf("a notice was refused or not signed: %s", m.Problem)
		}
		text := fmt.Sprintf("%s %s\n%s\n%s", m.Type, m.ID, m.Data["subject"], m.Data["text"])
		if text = strings.ReplaceAll(s.plain(text), "\n", "\n\t"); wanted.MatchString(text) {
			told = append(told, text)
		}
	}
	printSorted(ts, told)
	if len(all) != n {
		ts.Fatalf("%d notices came, want %d", len(all), n)
	}
}

// quiet holds once no task ran and none was started while SCF was idle: then
// nothing is left that could cause anything.
var quiet = command{"", 0, 0, func(s *story, ts *testscript.TestScript, _ []string) {
	s.until(ts, func() bool {
		before, ended := s.tasks()
		idle := s.SCF.Idle()
		after, _ := s.tasks()
		return idle && ended && before == after
	}, "everything to end")
}}

// tasks returns how many tasks there were, and whether all of them ended.
func (s *story) tasks() (n int, ended bool) {
	tasks := s.CVM.Tasks()
	return len(tasks), !slices.ContainsFunc(tasks, func(t cvm.Task) bool { return t.State == cvm.Running })
}

var asked = command{"REGEXP", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	wanted := regexp.MustCompile(args[0])
	s.until(ts, func() bool { return slices.ContainsFunc(s.Requests(), wanted.MatchString) }, "a request that matches %q", args[0])
}}

var failures = command{"FUNCTION", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	var failed []string
	s.until(ts, func() bool {
		failed = nil
		for _, i := range s.SCF.Invocations(args[0]) {
			if i.ErrorMessage != "" {
				failed = append(failed, s.plain(fmt.Sprintf("try %d, status %d, dropped %t: %s", i.Retry+1, i.Status, i.Dropped, i.ErrorMessage)))
			}
		}
		return len(failed) > 0
	}, "a failure of %s", args[0])
	printSorted(ts, failed)
}}

var objects = command{"BUCKET [REGEXP]", 1, 2, func(s *story, ts *testscript.TestScript, args []string) {
	var keys []string
	wanted := optional(args[1:])
	for _, o := range s.COS.List(bucket(ts, args[0]), "") {
		key := s.plain(o.Key)
		if args[0] == "image" {
			key += " " + strconv.FormatInt(o.Size, 10)
		}
		if wanted.MatchString(key) {
			keys = append(keys, key)
		}
	}
	printSorted(ts, keys)
}}

var printLedger = command{"", 0, 0, func(s *story, ts *testscript.TestScript, _ []string) {
	logs := map[string]string{}
	for _, o := range s.COS.List(sandbox.StateBucket, "imageferry/v1/exports/") {
		file, _, err := s.COS.Open(sandbox.StateBucket, o.Key)
		ts.Check(err)
		var e ledger.Entry
		ts.Check(json.NewDecoder(file).Decode(&e))
		file.Close()
		logs[path.Dir(o.Key)] = cmp.Or(logs[path.Dir(o.Key)], string(e.Request.ID)+":") + " " + describe(e)
	}
	var lines []string
	for _, line := range logs {
		lines = append(lines, s.plain(line))
	}
	printSorted(ts, lines)
}}

// describe shows an entry as its state, with the reason of a failure or delay,
// and with notices that are still to be sent.
func describe(e ledger.Entry) string {
	text := string(e.State)
	if e.Reason != "" && e.State != ledger.Closed {
		text += "(" + e.Reason + ")"
	}
	for name, d := range e.Deliveries {
		if d.State == ledger.SendLater {
			text += "(" + name + " later)"
		}
	}
	return text
}

var requests = command{"[-most N] [REGEXP]", 0, 3, func(s *story, ts *testscript.TestScript, args []string) {
	flags := flag.NewFlagSet("requests", flag.ContinueOnError)
	most := flags.Int("most", 1_000_000, "")
	ts.Check(flags.Parse(args))
	wanted := regexp.MustCompile(flags.Arg(0))
	count, total := map[string]int{}, 0
	for _, r := range s.Requests() {
		if wanted.MatchString(r) {
			count[s.plain(r)]++
			total++
		}
	}
	var lines []string
	for r, n := range count {
		lines = append(lines, fmt.Sprintf("%s ×%d", r, n))
	}
	printSorted(ts, lines)
	if total > *most {
		ts.Fatalf("%d requests, at most %d are allowed", total, *most)
	}
}}

func printSorted(ts *testscript.TestScript, lines []string) {
	slices.Sort(lines)
	out := ts.Stdout() // even for no lines: else the output before stays
	for _, line := range lines {
		fmt.Fprintln(out, line)
	}
}
