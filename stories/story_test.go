package stories

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/stories/zips"
)

// patience is how long a story waits for what should come. It is reached only
// where something is wrong.
const patience = 90 * time.Second

// defaultPlans is for stories in which it does not matter.
const defaultPlans = "plans:\n  nightly:\n    images:\n      - id: img-webserv1\n"

// story is one script and its cloud.
type story struct {
	tools *zips.Programs
	due   time.Time // the last slot of $DAILY before the story

	before  int                        // requests of a timer that fired before the story
	signers keys                       // whoever wrote objects
	answers bytes.Buffer               // of the functions, to whoever called them
	secrets map[string]map[string]bool // that the functions had, by what they are
	*sandbox.Sandbox
}

// The functions that are deployed.
var functions = []string{"export", "notify"}

var start = command{"[NAME=VALUE…]", 0, 20, func(s *story, ts *testscript.TestScript, args []string) {
	cfg := sandbox.Config{Speed: 600, Settings: map[string]string{}, Disks: map[string]string{}}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		ts.Check(set(&cfg, ts, name, value))
	}
	var err error
	cfg.Dist, err = s.tools.Pack(s.plans(ts))
	ts.Check(err)
	cfg.Dir, err = os.MkdirTemp(ts.Getenv("WORK"), "sandbox-")
	ts.Check(err)
	ts.Check(s.close())
	s.Sandbox, err = sandbox.New(cfg)
	ts.Check(err)
	s.COS.Subscribe(s.signers.note)
	s.export(ts)
	s.stopTimers(ts)
}}

// stopTimers sees to it that timers fire only when the story says so: on a clock this
// fast they would fire all the time. One may have done so already; then it is as if
// it had not.
func (s *story) stopTimers(ts *testscript.TestScript) {
	for _, timer := range s.SCF.Timers("export") {
		ts.Check(s.SCF.EnableTimer("export", timer.Name, false))
	}
	s.until(ts, s.SCF.Idle, "the functions to rest")
	s.SCF.KillInstances("export")
	s.before = len(s.Requests())
}

// requested returns what was asked of the cloud in the story.
func (s *story) requested() []string { return s.Requests()[s.before:] }

// export gives the programs that the story executes what leads into the sandbox,
// and the addresses of channels, as an operator has them.
func (s *story) export(ts *testscript.TestScript) {
	for name, value := range s.Settings() {
		ts.Setenv(name, value)
	}
	ts.Setenv("MAIL_STARTTLS", s.MailURLStartTLS())
	for _, v := range s.Env() {
		name, value, _ := strings.Cut(v, "=")
		ts.Setenv(name, value)
	}
}

// plans returns the story's plans. Its plans.yaml is then as it would be deployed.
func (s *story) plans(ts *testscript.TestScript) string {
	daily := s.daily()
	name := ts.MkAbs("plans.yaml")
	if _, err := os.Stat(name); err != nil {
		return defaultPlans
	}
	plans := strings.ReplaceAll(ts.ReadFile(name), "$DAILY", daily)
	ts.Check(os.WriteFile(name, []byte(plans), 0o644))
	return plans
}

// set applies one argument of the command sandbox.
func set(cfg *sandbox.Config, ts *testscript.TestScript, name, value string) (err error) {
	image, isDisk := strings.CutPrefix(name, "disk.")
	switch {
	case strings.HasPrefix(name, "FERRY_"):
		cfg.Settings[name] = value
	case isDisk:
		cfg.Disks[image] = ts.MkAbs(value)
	case name == "speed":
		cfg.Speed, err = strconv.ParseFloat(value, 64)
	case name == "rate":
		var rate uint64
		rate, err = humanize.ParseBytes(value)
		cfg.Rate = int64(rate)
	case name == "maxtasks":
		cfg.MaxTasks, err = strconv.Atoi(value)
	case name == "timeout":
		cfg.Timeout, err = time.ParseDuration(value)
	default:
		err = fmt.Errorf("the sandbox has no setting %q", name)
	}
	return err
}

// until waits until ok.
func (s *story) until(ts *testscript.TestScript, ok func() bool, what string, args ...any) {
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Logf("%s", s.log())
			ts.Fatalf("waited %s in vain for "+what, append([]any{patience}, args...)...)
		}
	}
}

// log is what the functions said, for whoever has to find out.
func (s *story) log() string {
	var b strings.Builder
	for _, name := range functions {
		for _, i := range s.SCF.Invocations(name) {
			fmt.Fprintf(&b, "%s (%s, try %d): %d %s\n", name, i.Source, i.Retry+1, i.Status, i.ErrorMessage)
			for _, line := range i.Log {
				fmt.Fprintf(&b, "\t%s\n", line)
			}
		}
	}
	return b.String()
}

// end closes the cloud, and sees to what holds in every story: no log and no answer
// shows a secret or a signed request, and every fault happened.
func (s *story) end(t *testing.T) {
	if s.Sandbox == nil {
		return
	}
	said := map[string]string{"log": s.log(), "answers": s.answers.String()}
	for _, place := range search(s.canaries(), said) {
		t.Error(place)
	}
	for _, signed := range []string{"q-signature", "TC3-HMAC-SHA256"} {
		if strings.Contains(said["log"], signed) {
			t.Errorf("a function's log shows %q", signed)
		}
	}
	if idle := s.idleFaults(); len(idle) > 0 {
		t.Errorf("these faults never happened: %s", idle)
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

func (s *story) close() error {
	if s.Sandbox == nil {
		return nil
	}
	return s.Close()
}
