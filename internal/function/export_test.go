package function

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/ferry"
	"github.com/imageferry/imageferry/internal/problem"
)

const (
	token = "canary-token-0123456789"
	plans = `{"version":3,"plans":{"nightly":{"schedule":"0 0 3 * * * *","images":[{"id":"img-a"}],"format":"RAW","deadline":86400000000000,"unchanged":"skip","catchUp":"newest","catchUpWithin":86400000000000}}}`
)

// deployment opens a deployment from a made-up environment, some settings of
// which are changed.
func deployment(t *testing.T, plans string, change map[string]string) *Export {
	t.Helper()
	settings := map[string]string{
		"FERRY_REGION": "ap-guangzhou", "FERRY_IMAGE_BUCKET": "images-1250000000", "FERRY_STATE_BUCKET": "state-1250000000", "FERRY_TOKEN": token,
	}
	maps.Copy(settings, change)
	var environ []string
	for name, value := range settings {
		environ = append(environ, name+"="+value)
	}
	file := filepath.Join(t.TempDir(), "plans.json")
	if plans != "" {
		if err := os.WriteFile(file, []byte(plans), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return &Export{Open: func() (*ferry.Ferry, error) { return ferry.Open(environ, file) }}
}

// answer is what a Function URL makes of a returned value.
type answer struct {
	StatusCode int
	Headers    map[string]string
	Body       string
}

func (a answer) problem(t *testing.T) (p problem.Problem) {
	t.Helper()
	if a.Headers["Content-Type"] != problem.ContentType || json.Unmarshal([]byte(a.Body), &p) != nil || p.Status != a.StatusCode {
		t.Errorf("no problem document: %+v", a)
	}
	return p
}

func call(t *testing.T, h *Export, payload string) answer {
	t.Helper()
	out, err := h.Invoke(t.Context(), []byte(payload))
	if err != nil {
		t.Fatalf("a caller by HTTP gets an error of the function: %v", err)
	}
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return a
}

func httpEvent(method, path, authorization, body string) string {
	e, err := json.Marshal(map[string]any{
		"httpMethod": method, "path": path, "queryString": map[string]string{}, "headers": map[string]string{"authorization": authorization}, "body": body,
	})
	if err != nil {
		panic(err)
	}
	return string(e)
}

func timerEvent(at, message string) string {
	e, err := json.Marshal(map[string]string{"Type": "Timer", "TriggerName": "t", "Time": at, "Message": message})
	if err != nil {
		panic(err)
	}
	return string(e)
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	h := deployment(t, plans, nil)
	if a := call(t, h, httpEvent("GET", "/healthz", "", "")); a.StatusCode != 200 || !strings.Contains(a.Body, `"plans":1`) {
		t.Errorf("health: %+v", a)
	}
	for _, authorization := range []string{"", "Bearer wrong-token-0123456789"} {
		a := call(t, h, httpEvent("POST", "/v1/exports", authorization, `{"image":"img-a"}`))
		if a.problem(t); a.StatusCode != 401 {
			t.Errorf("authorization %q: %+v", authorization, a)
		}
	}
	a := call(t, h, httpEvent("POST", "/v1/exports", "Bearer "+token, `{"image":"ami-1"}`))
	if p := a.problem(t); p.Status != 400 || !strings.Contains(p.Detail, "ami-1") {
		t.Errorf("%+v", p)
	}
	if a := call(t, deployment(t, plans, map[string]string{"FERRY_TOKEN": ""}), httpEvent("GET", "/", "", "")); a.StatusCode != 503 {
		t.Errorf("without a token: %+v", a)
	}
}

// A timer event whose plan or time is wrong fails the function, so that people
// see it; none of these reaches the cloud.
func TestTimerRefuses(t *testing.T) {
	t.Parallel()
	h := deployment(t, plans, nil)
	for name, tt := range map[string]struct{ at, message, want string }{
		"no such plan": {"2026-11-21T19:00:00Z", `{"plan":"weekly"}`, `no plan "weekly"; plans.yaml has: nightly`},
		"not due":      {"2026-11-21T20:00:00Z", "nightly", "not due within 2m"},
		"no message":   {"2026-11-21T19:00:00Z", "", "the timer's message is empty"},
	} {
		out, err := h.Invoke(t.Context(), []byte(timerEvent(tt.at, tt.message)))
		if err == nil || out != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %s, %v; want an error with %q", name, out, err, tt.want)
		}
	}
}

// What is wrong with a deployment is named in the error of a timer event, and
// kept from callers by HTTP.
func TestBrokenDeployment(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		h    *Export
		want []string
	}{
		"settings": {deployment(t, plans, map[string]string{"FERRY_REGION": "", "FERRY_SETTLE": "soon", "FERRY_TOKEN": "canary"}), []string{"FERRY_REGION", "FERRY_SETTLE", "FERRY_TOKEN"}},
		"plans":    {deployment(t, `{"version":3,"plans":{"X":{}}}`, nil), []string{"plans.json", `plan name "X"`}},
		"no plans": {deployment(t, "", nil), []string{"plans.json", "make package"}},
	} {
		_, err := tt.h.Invoke(t.Context(), []byte(timerEvent("2026-11-21T19:00:00Z", "nightly")))
		for _, part := range tt.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: timer error %v does not name %s", name, err, part)
			}
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
		for _, path := range []string{"/", "/healthz", "/v1/exports", "/nowhere"} {
			a := call(t, tt.h, httpEvent("GET", path, "Bearer canary", ""))
			if p := a.problem(t); p.Status != 503 || p.Hint == "" || strings.Contains(a.Body, "FERRY_") || strings.Contains(a.Body, "canary") {
				t.Errorf("%s: %s = %+v", name, path, a)
			}
		}
	}
}

func TestUndecodable(t *testing.T) {
	t.Parallel()
	h := &Export{Open: func() (*ferry.Ferry, error) { panic("the deployment is opened for an event that cannot be read") }}
	for name, tt := range map[string]struct {
		payload string
		status  int
	}{
		"no JSON":     {`{"httpMethod":"GET"`, 400},
		"empty":       {``, 400},
		"no method":   {`{"httpMethod":"","path":"/","headers":{}}`, 400},
		"no slash":    {`{"httpMethod":"GET","path":"canary","headers":{"authorization":"canary"}}`, 400},
		"timer":       {`{"Type":"Timer","TriggerName":"canary","Time":"canary","Message":""}`, 400},
		"too large":   {httpEvent("POST", "/v1/exports", "canary", strings.Repeat("x", 256<<10)), 413},
		"too deep":    {`{"httpMethod":"GET","path":"/","headers":` + strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40) + `}`, 413},
		"too crowded": {`{"httpMethod":"GET","path":"/","headers":[` + strings.TrimSuffix(strings.Repeat(`1,`, 200), ",") + `]}`, 413},
	} {
		a := call(t, h, tt.payload)
		if p := a.problem(t); p.Status != tt.status || p.Detail == "" || strings.Contains(a.Body, "canary") {
			t.Errorf("%s: %+v, want status %d and nothing quoted", name, a, tt.status)
		}
	}
}

// Events of kinds that this function has no use for succeed, so that they are
// not delivered again; a broken deployment does not change that.
func TestForeignEvents(t *testing.T) {
	t.Parallel()
	handlers := []*Export{deployment(t, plans, nil), deployment(t, plans, map[string]string{"FERRY_REGION": ""})}
	payloads := []string{`{"key1":"test value 1"}`, `"text"`, `{"specversion":"1.0","id":"1"}`, `{"Records":[]}`}
	for i, h := range handlers {
		for _, payload := range payloads {
			if out, err := h.Invoke(t.Context(), []byte(payload)); err != nil || out != nil {
				t.Errorf("deployment %d: %s = %s, %v", i, payload, out, err)
			}
		}
	}
}
