package scf_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox/scf"
)

func TestInvoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(c *scf.Config, f *scf.Function) {
		c.ProcessEnv = func(string) []string { return []string{"HTTPS_PROXY=http://127.0.0.1:1"} }
		f.Timeout, f.MemoryMB = 15*time.Second, 256
	})
	before := time.Now()
	a, result := w.invoke(t, `{"do":"echo","text":"hello"}`)
	if string(a.Event) != `{"do":"echo","text":"hello"}` {
		t.Errorf("event = %s", a.Event)
	}
	if a.Function != "echo" || a.Region != "ap-guangzhou" || a.AppID != appID || a.Memory != 256 || a.Time != 15000 {
		t.Errorf("context = %+v", a)
	}
	if d := a.Deadline.Sub(before); d < 15*time.Second || d > 15*time.Second+long {
		t.Errorf("deadline is %v after the call, want about 15s", d)
	}
	if a.Request != result.RequestID || len(a.Request) != 36 {
		t.Errorf("request id %q, result's %q", a.Request, result.RequestID)
	}
	for name, want := range map[string]string{
		"FERRY_X": "1", "HTTPS_PROXY": "http://127.0.0.1:1", "TZ": "UTC", "TENCENTCLOUD_RUNENV": "SCF", "SCF_NAMESPACE": "default",
	} {
		if a.Env[name] != want {
			t.Errorf("%s = %q, want %q", name, a.Env[name], want)
		}
	}
	for _, name := range []string{"HOME", "USER", "GOPATH", "TRIGGER_SRC"} {
		if v, ok := a.Env[name]; ok {
			t.Errorf("environment has %s=%q", name, v)
		}
	}
	logged := w.wait(t, 1)[0]
	if logged.Status != scf.CodeOK || logged.Source != "invoke" || logged.Memory < 1<<20 || logged.Duration <= 0 || logged.RequestID != a.Request {
		t.Errorf("log = %+v", logged)
	}
}

func TestCredentialsChangeWithEachInvocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(_ *scf.Config, f *scf.Function) { f.CredentialTTL = time.Hour })
	first, _ := w.invoke(t, `{}`)
	second, _ := w.invoke(t, `{}`)
	if first.PID != second.PID || second.Calls != 2 {
		t.Fatalf("second event went to process %d, call %d; want the first's %d again", second.PID, second.Calls, first.PID)
	}
	for _, name := range []string{"TENCENTCLOUD_SECRETID", "TENCENTCLOUD_SECRETKEY", "TENCENTCLOUD_SESSIONTOKEN"} {
		if first.Env[name] == "" || first.Env[name] == second.Env[name] {
			t.Errorf("%s was %d characters, and the same: %v", name, len(first.Env[name]), first.Env[name] == second.Env[name])
		}
	}
	c, ok := w.account.Find(second.Env["TENCENTCLOUD_SECRETID"])
	if !ok || c.Role != role || c.Token != second.Env["TENCENTCLOUD_SESSIONTOKEN"] || !c.Expired(time.Now().Add(2*time.Hour)) {
		t.Errorf("account knows the key: %v, for role %q until %v", ok, c.Role, c.Expires)
	}
}

func TestNoRoleNoKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(_ *scf.Config, f *scf.Function) { f.Role = "" })
	a, _ := w.invoke(t, `{}`)
	if id, ok := a.Env["TENCENTCLOUD_SECRETID"]; ok {
		t.Errorf("a function without a role got key %q", id)
	}
}

func TestHandlerErrorKeepsTheInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	first, _ := w.invoke(t, `{}`)
	e, result := w.fail(t, `{"do":"fail","text":"no such image"}`, scf.CodeUserError)
	if e.Message != "no such image" || e.Type != "errorString" || result.Payload != nil {
		t.Errorf("error = %+v", e)
	}
	if again, _ := w.invoke(t, `{}`); again.PID != first.PID {
		t.Errorf("the instance was replaced after a handler's error")
	}
}

func TestFailuresReplaceTheInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(_ *scf.Config, f *scf.Function) { f.Timeout = 3 * time.Second })
	tests := []struct {
		event     string
		code      int
		typ, text string
	}{
		{`{"do":"panic","text":"broken"}`, scf.CodeUserError, "wrapError", "broken"},
		{`{"do":"exit","n":3}`, scf.CodeProcessExit, "ProcessExit", "process ended before it answered: exit status 3"},
		{`{"do":"sleep","n":60000}`, scf.CodeTimeout, "FunctionTimeout", "Invoking task timed out after 3 seconds"},
	}
	for _, test := range tests {
		before, _ := w.invoke(t, `{}`)
		e, result := w.fail(t, test.event, test.code)
		if e.Message != test.text || result.Status != test.code || result.ErrorMessage != test.text {
			t.Errorf("%s: error %v, logged %+v", test.event, e, result.Invocation)
		}
		if test.typ == "wrapError" {
			if len(e.Stack) == 0 || !slices.ContainsFunc(e.Stack, func(s string) bool { return strings.HasSuffix(s, " handle") }) {
				t.Errorf("%s: stack %q does not name the handler", test.event, e.Stack)
			}
		} else if e.Type != test.typ {
			t.Errorf("%s: type %q, want %q", test.event, e.Type, test.typ)
		}
		if after, _ := w.invoke(t, `{}`); after.PID == before.PID || after.Calls != 1 {
			t.Errorf("%s: the instance lives on", test.event)
		}
		if s := state(before.PID); s != "" {
			t.Errorf("%s: process %d is still there, in state %s", test.event, before.PID, s)
		}
	}
}

func TestInstanceIsFrozenBetweenEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	a, first := w.invoke(t, `{"do":"leave goroutine"}`)
	until(t, "frozen process", func() bool { return state(a.PID) == "T" })
	if len(first.Log) != 0 {
		t.Errorf("first log = %q", first.Log)
	}
	time.Sleep(1200 * time.Millisecond) // the goroutine's time passes while it cannot run
	var log []string
	until(t, "line of the goroutine that was left behind", func() bool { // it runs while an event does
		_, next := w.invoke(t, `{"do":"sleep","n":200}`)
		log = append(log, next.Log...)
		return len(log) > 0
	})
	if !slices.Equal(log, []string{"left behind"}) {
		t.Errorf("log of the events after it = %q", log)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	_, result := w.invoke(t, `{"do":"print","text":"one\n\ntwo\n"}`)
	if want := []string{"one", "", "two", "to stderr, unfinished"}; !slices.Equal(result.Log, want) {
		t.Errorf("log = %q, want %q", result.Log, want)
	}
	if _, result := w.invoke(t, `{}`); len(result.Log) != 0 {
		t.Errorf("log of a silent event = %q", result.Log)
	}
	_, result = w.fail(t, `{"do":"exit","n":1}`, scf.CodeProcessExit)
	if !slices.Equal(result.Log, []string{"about to exit"}) {
		t.Errorf("log of a process that ended = %q", result.Log)
	}
	_, result = w.invoke(t, `{"do":"print much","n":100000}`)
	last := result.Log[len(result.Log)-1]
	if len(result.Log) != 64<<10/16+2 || !strings.Contains(last, "more bytes of output were dropped") {
		t.Errorf("log has %d lines, the last is %q", len(result.Log), last)
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	_, small := w.invoke(t, `{}`)
	_, large := w.invoke(t, `{"do":"alloc","n":50000000}`)
	if large.Memory < 50_000_000 || large.Memory < small.Memory+30_000_000 {
		t.Errorf("memory was %d, then %d after 50 MB", small.Memory, large.Memory)
	}
}

func TestSizeLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.fail(t, `{"text":"`+strings.Repeat("x", 6<<20)+`"}`, scf.CodeEventTooLarge)
	w.fail(t, `{"do":"return much","n":6291456}`, scf.CodeResponseTooLarge)
	var e *scf.Error
	if _, err := w.InvokeAsync("echo", make([]byte, 128<<10+1)); !errors.As(err, &e) || e.Code != scf.CodeEventTooLarge {
		t.Errorf("asynchronous event above 128 KB: %v", err)
	}
	if n := len(w.Invocations("echo")); n != 1 {
		t.Errorf("%d invocations, want 1: too large an event is none", n)
	}
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(_ *scf.Config, f *scf.Function) { f.ReservedConcurrency = 2 })
	for range 3 {
		if _, err := w.InvokeAsync("echo", []byte(`{"do":"sleep","n":3000}`)); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "refusal while two events run", func() bool {
		_, err := w.Invoke(context.Background(), "echo", []byte(`{}`))
		e := (*scf.Error)(nil)
		return errors.As(err, &e) && e.Code == scf.CodeOverLimit
	})
	asleep := func() (n int) {
		for _, i := range w.Invocations("echo") {
			if i.Source == "async" && i.Status == scf.CodeOK {
				n++
			}
		}
		return n
	}
	until(t, "end of all three", func() bool { return asleep() == 3 })
	if n := w.KillInstances("echo"); n != 2 {
		t.Errorf("two events at once ran in %d instances", n)
	}
}

func TestCallerMayLeave(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Invoke(ctx, "echo", []byte(`{}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	if log := w.wait(t, 1); log[0].Status != scf.CodeOK {
		t.Errorf("the function did not run on: %+v", log[0])
	}
}

func TestKillInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	if n := w.KillInstances("echo"); n != 0 {
		t.Errorf("killed %d of none", n)
	}
	before, _ := w.invoke(t, `{}`)
	if n := w.KillInstances("echo"); n != 1 || state(before.PID) != "" {
		t.Errorf("killed %d, process is in state %q", n, state(before.PID))
	}
	after, _ := w.invoke(t, `{}`)
	if after.PID == before.PID {
		t.Error("the dead answered")
	}
	failed := w.occupy(t, after.PID)
	if n := w.KillInstances("echo"); n != 1 {
		t.Errorf("killed %d busy instances, want 1", n)
	}
	if e := (*scf.Error)(nil); !errors.As(<-failed, &e) || e.Code != scf.CodeProcessExit {
		t.Errorf("event of a killed instance: %v", e)
	}
}

func TestKillInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, func(c *scf.Config, _ *scf.Function) {
		c.ProcessEnv = func(instance string) []string { return []string{"NAME=" + instance} }
	})
	before, _ := w.invoke(t, `{}`)
	name := before.Env["NAME"]
	if !strings.HasPrefix(name, "echo-") || w.KillInstance("echo-none") || state(before.PID) == "" {
		t.Errorf("instance %q, process in state %q", name, state(before.PID))
	}
	failed := w.occupy(t, before.PID)
	if !w.KillInstance(name) || w.KillInstance(name) {
		t.Error("the instance is killed once")
	}
	if e := (*scf.Error)(nil); !errors.As(<-failed, &e) || e.Code != scf.CodeProcessExit {
		t.Errorf("event of a killed instance: %v", e)
	}
	if after, _ := w.invoke(t, `{}`); after.Env["NAME"] == name {
		t.Errorf("%q came back", name)
	}
}

func TestCloseEndsWhatRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	idle, _ := w.invoke(t, `{}`)
	done := w.occupy(t, idle.PID)
	w.Close()
	if err := <-done; err == nil {
		t.Error("an event outlived Close")
	}
	if s := state(idle.PID); s != "" {
		t.Errorf("process %d is in state %s after Close", idle.PID, s)
	}
	if _, err := w.Invoke(context.Background(), "echo", []byte(`{}`)); err == nil {
		t.Error("a closed runtime ran an event")
	}
	if err := w.Deploy(w.echo); err == nil {
		t.Error("a closed runtime took a function")
	}
}
