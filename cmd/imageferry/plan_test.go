package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/imageferry/imageferry/internal/sandbox"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// fastExports are bytes a second. The clock is not sped up: the command has the
// machine's.
const fastExports = 4 << 30

// patience is how long scripts wait for what should take a moment.
const patience = time.Minute

// TestDeployment runs scripts of what a person asks of a deployment: the functions
// as they are built, in a sandbox. Beside testscript's own commands there are
//
//	sandbox           deploy dist, and point the environment there
//	fire PLAN [AGO]   fire a plan's timer, as if it came late: -10m is ten minutes ago
//	until ARG…        run imageferry until its output has a line that matches the last argument
//	image ID          let an image appear
func TestDeployment(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("the functions are programs for linux/amd64")
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-tags", "nethttpomithttp2", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", bin, "../../functions/export", "../../functions/notify")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/deployment",
		RequireUniqueNames: true,
		Setup:              func(e *testscript.Env) error { e.Setenv("BIN", bin); e.Values[sandboxKey{}] = &cloud{}; return nil },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": startSandbox, "fire": fire, "until": until, "image": addImage,
		},
	})
}

type sandboxKey struct{}

// cloud is the sandbox of a script, once it runs.
type cloud struct{ *sandbox.Sandbox }

func cloudOf(ts *testscript.TestScript) *cloud { return ts.Value(sandboxKey{}).(*cloud) }

func startSandbox(ts *testscript.TestScript, _ bool, _ []string) {
	s, err := sandbox.New(sandbox.Config{Dir: filepath.Join(ts.Getenv("WORK"), "cloud"), Dist: ts.MkAbs("dist"), Rate: fastExports})
	ts.Check(err)
	ts.Defer(func() { ts.Check(s.Close()) })
	cloudOf(ts).Sandbox = s
	for _, timer := range s.SCF.Timers("export") {
		ts.Check(s.SCF.EnableTimer("export", timer.Name, false)) // scripts say when
	}
	for _, v := range s.Env() {
		name, value, _ := strings.Cut(v, "=")
		ts.Setenv(name, value)
	}
}

func fire(ts *testscript.TestScript, _ bool, args []string) {
	s, at := cloudOf(ts), time.Duration(0)
	if len(args) > 1 {
		var err error
		at, err = time.ParseDuration(args[1])
		ts.Check(err)
	}
	_, err := s.SCF.FireAt("export", args[0], s.Clock.Now().Add(at))
	ts.Check(err)
	for end := time.Now().Add(patience); !s.SCF.Idle(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("the functions are at it after %s", patience)
		}
	}
}

func until(ts *testscript.TestScript, _ bool, args []string) {
	wanted := regexp.MustCompile(args[len(args)-1])
	for end := time.Now().Add(patience); ; time.Sleep(250 * time.Millisecond) {
		ts.Check(ts.Exec("imageferry", args[:len(args)-1]...))
		if wanted.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("waited %s in vain for %q", patience, wanted)
		}
	}
}

func addImage(ts *testscript.TestScript, _ bool, args []string) {
	cloudOf(ts).CVM.AddImage(cvm.Image{
		ID: args[0], Name: "found again", OsName: "Debian 12.0 64bit", Platform: "Debian",
		Disks: []cvm.Disk{{SnapshotID: "snap-later001", Usage: disk.System, SizeGiB: 1}},
	})
}
