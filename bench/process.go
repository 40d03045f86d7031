package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction/messages"
)

// instance is a running process of a function.
type instance struct {
	cmd    *exec.Cmd
	invoke func(event []byte, environment map[string]string) (answer []byte, err error)
	close  func()
}

// timeLimit is the functions' own, as serverless.yml sets it.
const timeLimit = 60 * time.Second

// startGo starts a binary that was built on scf-go-lib and connects to it as the
// platform does. It returns as soon as the process listens.
func startGo(binary string, env []string) (*instance, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port that is free now
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	l.Close()
	cmd := exec.Command(binary)
	cmd.Env = append(env, "_LAMBDA_SERVER_PORT="+address[strings.LastIndex(address, ":")+1:])
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	i := &instance{cmd: cmd}
	conn, err := dial(address)
	if err != nil {
		i.stop()
		return nil, fmt.Errorf("%s does not listen: %w", filepath.Base(binary), err)
	}
	client := rpc.NewClient(conn)
	i.close = func() { client.Close() }
	i.invoke = func(event []byte, environment map[string]string) ([]byte, error) {
		return invoke(client, event, environment)
	}
	return i, nil
}

func dial(address string) (net.Conn, error) {
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", address)
		if err == nil || time.Now().After(deadline) {
			return conn, err
		}
		time.Sleep(100 * time.Microsecond)
	}
}

func invoke(client *rpc.Client, event []byte, environment map[string]string) ([]byte, error) {
	settings, err := json.Marshal(environment)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(timeLimit)
	var response messages.InvokeResponse
	err = client.Call("Function.Invoke", messages.InvokeRequest{
		Payload: event, RequestId: "bench", Environment: string(settings),
		Deadline: messages.InvokeRequest_Timestamp{Seconds: deadline.Unix(), Nanos: int64(deadline.Nanosecond())},
	}, &response)
	switch {
	case err != nil:
		return nil, err
	case response.Error != nil:
		return nil, errors.New(response.Error.Message)
	}
	return response.Payload, nil
}

// startNode starts node/runtime.js, which takes an invocation a line.
func startNode(dir string, env []string) (*instance, error) {
	cmd := exec.Command("node", filepath.Join(dir, "runtime.js"))
	cmd.Env, cmd.Stderr = env, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	to, from := json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))
	return &instance{cmd: cmd, close: func() { in.Close() }, invoke: func(event []byte, environment map[string]string) ([]byte, error) {
		if err := to.Encode(map[string]any{"event": json.RawMessage(event), "environment": environment}); err != nil {
			return nil, err
		}
		var answer struct {
			Result json.RawMessage
			Error  string
		}
		if err := from.Decode(&answer); err != nil {
			return nil, err
		}
		if answer.Error != "" {
			return nil, errors.New(answer.Error)
		}
		return answer.Result, nil
	}}, nil
}

// stop ends the process.
func (i *instance) stop() {
	if i.close != nil {
		i.close()
	}
	i.cmd.Process.Kill()
	i.cmd.Wait()
}

// cpu is the processor time of all threads so far. The kernel counts it in
// nanoseconds here; /proc/PID/stat has hundredths of a second only.
func (i *instance) cpu() (time.Duration, error) {
	threads, err := filepath.Glob(i.proc("task/*/schedstat"))
	if err != nil || len(threads) == 0 {
		return 0, errors.New("no thread of the function shows in /proc")
	}
	var sum int64
	for _, name := range threads {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(text), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		sum += n
	}
	return time.Duration(sum), nil
}

// peak is the most memory that the process has held, in bytes.
func (i *instance) peak() (int64, error) {
	text, err := os.ReadFile(i.proc("status"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("the kernel tells no peak of memory")
}

// descriptors is how many files and connections the process has open.
func (i *instance) descriptors() (int, error) {
	list, err := os.ReadDir(i.proc("fd"))
	return len(list), err
}

func (i *instance) proc(name string) string {
	return filepath.Join("/proc", strconv.Itoa(i.cmd.Process.Pid), name)
}
