package scf_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/sandbox/account"
	"github.com/imageferry/imageferry/internal/sandbox/clock"
	"github.com/imageferry/imageferry/internal/sandbox/scf"
)

// crashEnv names the zip for a run of this test binary that starts an instance,
// prints its process id, and dies without Close.
const crashEnv = "SCF_TEST_CRASH"

func crash() {
	path := os.Getenv(crashEnv)
	r := scf.New(scf.Config{Account: account.New(appID, "1", "ap-guangzhou"), Clock: clock.New(1), Dir: path + ".d"})
	if err := r.Deploy(scf.Function{Name: "echo", Handler: "echo", Zip: path}); err != nil {
		panic(err)
	}
	result, err := r.Invoke(context.Background(), "echo", []byte(`{}`))
	if err != nil {
		panic(err)
	}
	var a about
	if err := json.Unmarshal(result.Payload, &a); err != nil {
		panic(err)
	}
	fmt.Println(a.PID)
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		panic(err)
	}
	self.Kill()
	select {}
}

func TestNoInstanceSurvivesACrash(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), crashEnv+"="+writeZip(t, entry{"echo", 0o755, echo}))
	out, err := cmd.Output()
	if cmd.ProcessState.Success() {
		t.Fatalf("the child did not crash: %v", err)
	}
	var pid int
	if _, err := fmt.Sscan(strings.TrimSpace(string(out)), &pid); err != nil {
		t.Fatalf("child printed %q: %v", out, err)
	}
	// An orphan that nobody reaps stays a zombie, which is as dead.
	until(t, "end of the orphan", func() bool { s := state(pid); return s == "" || s == "Z" })
}
