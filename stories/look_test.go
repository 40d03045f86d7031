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

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
)

// What is there in a story. The commands are described in doc.go.

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
	s.until(ts, func() bool { return slices.ContainsFunc(s.requested(), wanted.MatchString) }, "a request that matches %q", args[0])
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
		if args[0] == "image" && !strings.HasSuffix(key, "_manifest.json") { // its times make it longer or shorter
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
		if path.Base(o.Key) == "manifest.json" {
			continue
		}
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
	for _, r := range s.requested() {
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
