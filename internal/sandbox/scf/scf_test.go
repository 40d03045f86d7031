package scf_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/scf"
	"go.uber.org/goleak"
)

const (
	appID  = "1250000000"
	bucket = "images-" + appID
	role   = "ImageFerryExport"
	long   = time.Minute // for anything that should take a moment
)

// echo is the test function's binary.
var echo []byte

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	if runtime.GOOS != "linux" {
		fmt.Println("skipped: functions are Linux binaries")
		return 0
	}
	if os.Getenv(crashEnv) != "" {
		crash()
	}
	dir, err := os.MkdirTemp("", "scf-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "echo"), "./testdata/echo")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Printf("build the test function: %v\n%s", err, out)
		return 1
	}
	if echo, err = os.ReadFile(filepath.Join(dir, "echo")); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Println(err)
		return 1
	}
	return code
}

// entry is a file in a zip.
type entry struct {
	name string
	mode os.FileMode
	data []byte
}

func writeZip(t *testing.T, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name}
		h.SetMode(e.mode)
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(e.data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "function.zip")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// world is a runtime with one function, "echo".
type world struct {
	*scf.Runtime
	account *account.Account
	clock   *clock.Clock
	dir     string
	echo    scf.Function
}

type option func(*scf.Config, *scf.Function)

func newWorld(t *testing.T, speed float64, options ...option) *world {
	t.Helper()
	w := &world{account: account.New(appID, "100000000001", "ap-guangzhou"), clock: clock.New(speed), dir: t.TempDir()}
	cfg := scf.Config{Account: w.account, Clock: w.clock, Dir: w.dir}
	w.echo = scf.Function{
		Name: "echo", Handler: "echo", Zip: writeZip(t, entry{"echo", 0o755, echo}),
		Env: map[string]string{"FERRY_X": "1"}, Role: role, Timeout: 20 * time.Second,
	}
	for _, o := range options {
		o(&cfg, &w.echo)
	}
	w.Runtime = scf.New(cfg)
	t.Cleanup(func() {
		w.Close()
		if left, _ := os.ReadDir(w.dir); len(left) > 0 {
			t.Errorf("after Close the directory holds %v", left)
		}
	})
	if err := w.Deploy(w.echo); err != nil {
		t.Fatal(err)
	}
	return w
}

// about is what the test function tells.
type about struct {
	Calls    int
	PID      int
	Env      map[string]string
	Event    json.RawMessage
	Deadline time.Time
	Request  string
	Function string
	Region   string
	AppID    string
	Memory   int
	Time     int
}

func (w *world) invoke(t *testing.T, event string) (about, scf.Result) {
	t.Helper()
	result, err := w.Invoke(context.Background(), "echo", []byte(event))
	if err != nil {
		t.Fatalf("invoke %s: %v", event, err)
	}
	var a about
	if err := json.Unmarshal(result.Payload, &a); err != nil {
		t.Fatalf("invoke %s: answer %s: %v", event, result.Payload, err)
	}
	return a, result
}

// fail invokes and wants an error with that code.
func (w *world) fail(t *testing.T, event string, code int) (*scf.Error, scf.Result) {
	t.Helper()
	result, err := w.Invoke(context.Background(), "echo", []byte(event))
	e := (*scf.Error)(nil)
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("invoke %s: error %v, want code %d", event, err, code)
	}
	return e, result
}

// occupy gives the frozen process an event that takes long, and returns the
// channel on which its error will come.
func (w *world) occupy(t *testing.T, pid int) <-chan error {
	t.Helper()
	until(t, "frozen process", func() bool { return state(pid) == "T" })
	failed := make(chan error, 1)
	go func() {
		_, err := w.Invoke(context.Background(), "echo", []byte(`{"do":"sleep","n":19000}`))
		failed <- err
	}()
	until(t, "thawed process", func() bool { s := state(pid); return s == "S" || s == "R" })
	return failed
}

// wait returns the log once it has n entries.
func (w *world) wait(t *testing.T, n int) []scf.Invocation {
	t.Helper()
	until(t, fmt.Sprintf("%d invocations", n), func() bool { return len(w.Invocations("echo")) >= n })
	return w.Invocations("echo")
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(long); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s in %v", what, long)
		}
	}
}

// state returns the state letter of a process, "" if it is gone.
func state(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return rest[:1]
}
