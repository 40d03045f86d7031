package scf

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

// startLimit is how long an instance may take until it answers.
const startLimit = 30 * time.Second

// instance is one process of a function.
type instance struct {
	name   string
	cmd    *exec.Cmd
	tmp    string // its own temporary directory
	out    *output
	rpc    *rpc.Client
	exited chan struct{} // closed when the process is gone

	signals sync.Mutex // no signal may go to the id of a process that is gone
	gone    bool
}

// startInstance runs the binary and waits until it answers.
func startInstance(ctx context.Context, handler, dir string, env []string) (*instance, error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for try := 1; ; try++ {
		i, err := tryStart(ctx, handler, dir, env)
		// Another process may take the port before the function does, and a fork
		// elsewhere in this process may hold the new binary open for a moment.
		busy := errors.Is(err, syscall.ETXTBSY) || err != nil && strings.Contains(err.Error(), "address already in use")
		if !busy || try == 5 {
			return i, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func tryStart(ctx context.Context, handler, dir string, env []string) (*instance, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	i, err := spawn(handler, dir, slices.Concat(env, []string{"_LAMBDA_SERVER_PORT=" + strconv.Itoa(port)}))
	if err != nil {
		return nil, err
	}
	if err := i.connect(ctx, port); err != nil {
		i.kill()
		err = fmt.Errorf("%w\n%s", err, strings.Join(i.out.take(), "\n"))
		i.discard()
		return nil, err
	}
	return i, nil
}

// freePort asks the kernel for a port that nobody uses now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// spawn starts the process in a group of its own.
func spawn(handler, dir string, env []string) (*instance, error) {
	tmp, err := os.MkdirTemp(dir, "tmp-")
	if err != nil {
		return nil, err
	}
	out, err := newOutput()
	if err != nil {
		os.Remove(tmp)
		return nil, err
	}
	cmd := exec.Command(handler)
	cmd.Dir = filepath.Dir(handler)
	cmd.Env = append(env, "TMPDIR="+tmp) // env is the caller's own copy
	cmd.Stdout, cmd.Stderr = out.pipe, out.pipe
	cmd.SysProcAttr = processAttributes()
	i := &instance{cmd: cmd, tmp: tmp, out: out, exited: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		i.discard()
		return nil, err
	}
	go i.wait()
	return i, nil
}

// wait reaps the process, and takes what it may have started with it.
func (i *instance) wait() {
	i.cmd.Wait() // the state says how it ended
	i.signals.Lock()
	i.gone = true
	signalGroup(i.cmd.Process.Pid, syscall.SIGKILL)
	i.signals.Unlock()
	close(i.exited)
}

// connect dials until the process listens, and pings it.
func (i *instance) connect(ctx context.Context, port int) error {
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			i.rpc = rpc.NewClient(conn)
			break
		}
		select {
		case <-i.exited:
			return errExit(i.cmd.ProcessState.String())
		case <-ctx.Done():
			return fmt.Errorf("instance did not listen: %w", ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
	ping := i.rpc.Go("Function.Ping", &messages.PingRequest{}, &messages.PingResponse{}, make(chan *rpc.Call, 1))
	select {
	case <-ping.Done:
		return ping.Error
	case <-ctx.Done():
		return fmt.Errorf("instance did not answer a ping: %w", ctx.Err())
	}
}

func (i *instance) signal(s syscall.Signal) {
	i.signals.Lock()
	defer i.signals.Unlock()
	if !i.gone {
		signalGroup(i.cmd.Process.Pid, s)
	}
}

func (i *instance) freeze() { i.signal(sigStop) }
func (i *instance) thaw()   { i.signal(sigCont) }

// kill ends the process, frozen or not, and waits until it is gone.
func (i *instance) kill() {
	i.signal(syscall.SIGKILL)
	<-i.exited
}

func (i *instance) alive() bool {
	select {
	case <-i.exited:
		return false
	default:
		return true
	}
}

// discard frees what a dead instance, or one that never started, has left.
func (i *instance) discard() {
	if i.rpc != nil {
		i.rpc.Close()
	}
	i.out.close()
	os.RemoveAll(i.tmp)
}
