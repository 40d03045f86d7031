package scf_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/scf"
)

func TestDeployWithoutHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	tests := map[string]struct {
		entries []entry
		want    string
	}{
		"missing":        {[]entry{{"other", 0o755, echo}}, `no file "echo" at the top level of the zip`},
		"in a folder":    {[]entry{{"bin/echo", 0o755, echo}}, `no file "echo" at the top level of the zip`},
		"not executable": {[]entry{{"echo", 0o644, echo}}, `file "echo" in the zip is not executable: its mode is -r--r--r--, want 0755`},
		"a folder":       {[]entry{{"echo/x", 0o644, nil}}, `"echo" in the zip is not a file`},
	}
	for name, test := range tests {
		f := w.echo
		f.Zip = writeZip(t, test.entries...)
		err := w.Deploy(f)
		e := (*scf.Error)(nil)
		if !errors.As(err, &e) || e.Code != scf.CodeNoHandler || e.Message != test.want {
			t.Errorf("%s: %v, want 437 %s", name, err, test.want)
		}
	}
	w.invoke(t, `{}`) // the good code still serves
}

func TestDeployRefusesBadZips(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for want, e := range map[string]entry{
		`file "../evil": leaves the code directory`:      {"../evil", 0o755, nil},
		`file "/evil": leaves the code directory`:        {"/evil", 0o755, nil},
		`file "link": is neither a file nor a directory`: {"link", 0o777 | os.ModeSymlink, []byte("/etc/passwd")},
		`file "echo": open`:                              {"echo", 0o755, nil}, // twice
	} {
		f := w.echo
		f.Zip = writeZip(t, entry{"echo", 0o755, echo}, e)
		if err := w.Deploy(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", e.name, err, want)
		}
	}
	f := w.echo
	f.Zip = "/nonexistent.zip"
	if err := w.Deploy(f); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no zip: %v", err)
	}
}

func TestDeployChecksSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for want, change := range map[string]func(*scf.Function){
		"the name must be":           func(f *scf.Function) { f.Name = "1export" },
		"at the zip's top level":     func(f *scf.Function) { f.Handler = "bin/echo" },
		"timeout 15m1s is not":       func(f *scf.Function) { f.Timeout = 901 * time.Second },
		"memory 200 MB is not":       func(f *scf.Function) { f.MemoryMB = 200 },
		"concurrency -1 is negative": func(f *scf.Function) { f.ReservedConcurrency = -1 },
		`"SCF_X" is reserved`:        func(f *scf.Function) { f.Env = map[string]string{"SCF_X": ""} },
		`"1X" is reserved or`:        func(f *scf.Function) { f.Env = map[string]string{"1X": ""} },
		"more than 4096":             func(f *scf.Function) { f.Env = map[string]string{"X": strings.Repeat("x", 4096)} },
	} {
		f := w.echo
		change(&f)
		if err := w.Deploy(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestDeployAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	before, _ := w.invoke(t, `{}`)
	f := w.echo
	f.Env = maps.Clone(f.Env)
	f.Env["FERRY_X"] = "2"
	if err := w.Deploy(f); err != nil {
		t.Fatal(err)
	}
	if s := state(before.PID); s != "" {
		t.Errorf("the idle instance of the old code is in state %s", s)
	}
	after, _ := w.invoke(t, `{}`)
	if after.Env["FERRY_X"] != "2" || after.PID == before.PID {
		t.Errorf("FERRY_X = %q in process %d", after.Env["FERRY_X"], after.PID)
	}
	if n := len(w.Invocations("echo")); n != 2 {
		t.Errorf("log has %d entries, want those of both deployments", n)
	}
	if left, _ := os.ReadDir(w.dir); len(left) != 1 {
		t.Errorf("directory holds %v, want the new code alone", left)
	}
}

func TestCodeIsReadOnlyAndTempIsNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	result, err := w.Invoke(context.Background(), "echo", []byte(`{"do":"write code"}`))
	if err != nil || string(result.Payload) != `"-r-xr-xr-x"` {
		t.Errorf("code has mode %s, %v", result.Payload, err)
	}
	a, _ := w.invoke(t, `{"do":"temp"}`)
	if tmp := a.Env["TMPDIR"]; !strings.HasPrefix(tmp, w.dir) {
		t.Errorf("TMPDIR = %q, want it inside %q", tmp, w.dir)
	}
}

func TestFunctionThatDiesAtStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(c *scf.Config, _ *scf.Function) {
		c.ProcessEnv = func(string) []string { return []string{"ECHO_DIE=1"} }
	})
	e, _ := w.fail(t, `{}`, scf.CodeProcessExit)
	if !strings.Contains(e.Message, "exit status 7") || !strings.Contains(e.Message, "dies at start") {
		t.Errorf("error = %v, want status and output", e)
	}
}

func TestUnknownFunction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	_, err := w.Invoke(context.Background(), "nobody", nil)
	if e := (*scf.Error)(nil); !errors.As(err, &e) || e.Type != "ResourceNotFound.Function" {
		t.Errorf("error = %v", err)
	}
	if w.Invocations("nobody") != nil || w.KillInstances("nobody") != 0 || w.Timers("nobody") != nil {
		t.Error("an unknown function has a life")
	}
}
