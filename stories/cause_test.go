package stories

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/fault"
)

// What happens in a story. The commands are described in doc.go.

var fire = command{"PLAN [SLOT|AGE]", 1, 2, func(s *story, ts *testscript.TestScript, args []string) {
	at := s.Clock.Now()
	if len(args) > 1 {
		if n, err := strconv.Atoi(args[1]); err == nil {
			at = s.slot(n)
		} else {
			age, err := time.ParseDuration(args[1])
			ts.Check(err)
			at = time.Now().Add(-age)
		}
	}
	_, err := s.SCF.FireAt("export", args[0], at)
	ts.Check(err)
}}

var offpeak = command{"", 0, 0, func(*story, *testscript.TestScript, []string) {
	const every, before, after = 30 * time.Minute, 30 * time.Second, time.Minute
	next := time.Now().Add(before).Truncate(every)
	if end := next.Add(after); time.Now().Before(end) {
		time.Sleep(time.Until(end))
	}
}}

var invoke = command{"FUNCTION FILE", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	payload := os.Expand(ts.ReadFile(args[1]), ts.Getenv)
	result, err := s.SCF.Invoke(context.Background(), args[0], []byte(payload))
	ts.Check(err)
	s.answers.Write(result.Payload)
	_, err = ts.Stdout().Write(result.Payload)
	ts.Check(err)
}}

var console = command{"IMAGE PREFIX", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	_, err := s.CVM.ConsoleExport(args[0], sandbox.ImageBucket, args[1])
	ts.Check(err)
}}

var addFault = command{"JSON", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	var rule fault.Rule
	ts.Check(json.Unmarshal([]byte(args[0]), &rule))
	_, err := s.Faults.Add(rule)
	ts.Check(err)
}}

var calm = command{"", 0, 0, func(s *story, ts *testscript.TestScript, _ []string) {
	if idle := s.idleFaults(); len(idle) > 0 {
		ts.Fatalf("these faults never happened: %s", idle)
	}
	s.Faults.Clear()
}}

// idleFaults returns the rules in force that nothing met. Without them the story
// would go the same, and show nothing.
func (s *story) idleFaults() (idle []string) {
	for _, f := range s.Faults.Rules() {
		if f.Hits == 0 {
			idle = append(idle, fmt.Sprintf("%s (%s)", f.Rule.ID, f.Rule.Kind))
		}
	}
	return idle
}

var dies = command{"BYTES", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	after, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	s.CVM.KillNext(after)
}}

var writes = command{"yes|no", 1, 1, func(s *story, _ *testscript.TestScript, args []string) {
	s.CVM.DenyBucket(sandbox.ImageBucket, args[0] != "yes")
}}

var expire = command{"DURATION", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	last, err := time.ParseDuration(args[0])
	ts.Check(err)
	ts.Check(s.ExpireCredentials(last))
}}

var settings = command{"NAME=VALUE…", 1, 20, func(s *story, ts *testscript.TestScript, args []string) {
	change := map[string]string{}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		change[name] = value
	}
	ts.Check(s.Configure(change))
	s.export(ts)
}}

var versioning = command{"BUCKET STATUS", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	ts.Check(s.COS.SetVersioning(bucket(ts, args[0]), args[1]))
}}

var crash = command{"FUNCTION", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	if s.SCF.KillInstances(args[0]) == 0 {
		ts.Fatalf("%s has no instance that could crash", args[0])
	}
}}

// bucket returns the full name of a bucket by what it holds.
func bucket(ts *testscript.TestScript, name string) string {
	switch name {
	case "image":
		return sandbox.ImageBucket
	case "state":
		return sandbox.StateBucket
	}
	ts.Fatalf("no bucket %q: want image or state", name)
	return ""
}
