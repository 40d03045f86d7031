package stories

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"os"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

var (
	call  = command{callUsage, 2, 20, func(s *story, ts *testscript.TestScript, args []string) { s.call(ts, s.URL(), args) }}
	apigw = command{callUsage, 2, 20, func(s *story, ts *testscript.TestScript, args []string) {
		s.call(ts, s.URL()+"/_sandbox/apigw", args)
	}}
)

const callUsage = "[-token T] [-no-token] [-H NAME:VALUE] [-until REGEXP] METHOD PATH [FILE]"

// call sends a request and prints status, headers and body of the answer.
func (s *story) call(ts *testscript.TestScript, base string, args []string) {
	header := http.Header{"Authorization": {"Bearer " + s.Token()}}
	var until string
	flags := flag.NewFlagSet("call", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("token", "", func(token string) error { header.Set("Authorization", "Bearer "+token); return nil })
	flags.BoolFunc("no-token", "", func(string) error { header.Del("Authorization"); return nil })
	flags.Func("H", "", func(line string) error {
		name, value, _ := strings.Cut(line, ":")
		header.Add(name, strings.TrimSpace(value))
		return nil
	})
	flags.StringVar(&until, "until", "", "")
	ts.Check(flags.Parse(args))
	if flags.NArg() < 2 || flags.NArg() > 3 {
		ts.Fatalf("usage: %s", callUsage)
	}
	var body []byte
	if flags.NArg() == 3 {
		var err error
		body, err = os.ReadFile(ts.MkAbs(flags.Arg(2)))
		ts.Check(err)
	}
	wanted := regexp.MustCompile(until)
	var answer []byte
	s.until(ts, func() bool {
		answer = s.ask(ts, flags.Arg(0), base+flags.Arg(1), header, body)
		return wanted.Match(answer)
	}, "an answer that matches %q", until)
	fmt.Fprintf(ts.Stdout(), "%s\n", answer)
}

func (s *story) ask(ts *testscript.TestScript, method, url string, header http.Header, body []byte) []byte {
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	ts.Check(err)
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	answer, err := httputil.DumpResponse(resp, true)
	ts.Check(err)
	s.answers.Write(answer)
	if location := resp.Header.Get("Location"); location != "" {
		ts.Setenv("LOCATION", location)
	}
	return answer
}
