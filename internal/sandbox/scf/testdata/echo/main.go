// Echo is a function that does what its event says, for the tests of the sandbox.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/tencentyun/scf-go-lib/cloudfunction"
	"github.com/tencentyun/scf-go-lib/functioncontext"
)

// command is the event. HTTP events carry it as their body.
type command struct {
	Do   string          `json:"do"`
	Text string          `json:"text"`
	N    int             `json:"n"`
	JSON json.RawMessage `json:"json"`

	Body   string                     `json:"body"`
	Method string                     `json:"httpMethod"`
	Query  map[string]json.RawMessage `json:"queryString"`

	Type    string          // of a timer event
	Records json.RawMessage // of a COS event
}

var calls int

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	calls++
	var c command
	if err := json.Unmarshal(raw, &c); err != nil {
		return nil, err
	}
	if c.Method != "" && c.Body != "" && c.Body[0] == '{' {
		if err := json.Unmarshal([]byte(c.Body), &c); err != nil {
			return nil, err
		}
	}
	switch c.Do {
	case "sleep":
		time.Sleep(time.Duration(c.N) * time.Millisecond)
	case "fail":
		return nil, errors.New(c.Text)
	case "panic":
		panic(fmt.Errorf("%s", c.Text))
	case "exit":
		fmt.Println("about to exit")
		os.Exit(c.N)
	case "print":
		fmt.Print(c.Text)
		fmt.Fprint(os.Stderr, "to stderr, unfinished")
	case "print much":
		fmt.Print(strings.Repeat("0123456789abcde\n", c.N))
	case "return":
		return c.JSON, nil
	case "return much":
		return strings.Repeat("x", c.N), nil
	case "leave goroutine":
		go func() {
			time.Sleep(time.Second)
			fmt.Println("left behind")
		}()
	case "write code":
		path := os.Getenv("USER_CODE_ROOT") + "echo"
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		return info.Mode().String(), nil
	case "temp":
		if err := os.WriteFile(os.TempDir()+"/file", []byte("x"), 0o600); err != nil {
			return nil, err
		}
	case "alloc":
		b := make([]byte, c.N)
		for i := range b {
			b[i] = 1
		}
	}
	told := about(ctx, raw)
	if c.Type == "Timer" || c.Records != nil { // nobody sees what these events return
		return nil, json.NewEncoder(os.Stdout).Encode(told)
	}
	if _, ok := c.Query["wrap"]; ok { // API Gateway wants this shape
		body, err := json.Marshal(told)
		return map[string]any{"statusCode": 200, "body": string(body)}, err
	}
	return told, nil
}

// about tells what the handler sees of its world.
func about(ctx context.Context, event json.RawMessage) any {
	env := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	deadline, _ := ctx.Deadline()
	f, _ := functioncontext.FromContext(ctx)
	return map[string]any{
		"calls": calls, "pid": os.Getpid(), "env": env, "event": event, "deadline": deadline,
		"request": f.RequestID, "function": f.FunctionName, "region": f.TencentcloudRegion,
		"appid": f.TencentcloudAppID, "memory": f.MemoryLimitInMb, "time": f.TimeLimitInMs,
	}
}

func main() {
	if os.Getenv("ECHO_DIE") != "" {
		fmt.Println("dies at start")
		os.Exit(7)
	}
	cloudfunction.Start(handle)
}
