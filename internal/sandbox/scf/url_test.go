package scf_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// send makes a request to a handler behind a real server.
func send(t *testing.T, h http.Handler, method, path, body string) (*http.Response, string) {
	t.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	req, err := http.NewRequest(method, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "1250000000-abcdefghij.ap-guangzhou.tencentscf.com"
	req.Header.Add("X-Multi", "one")
	req.Header.Add("X-Multi", "two")
	req.Header.Set("X-Scf-Remote-Addr", "203.0.113.9")
	req.Header.Set("User-Agent", "test")
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func shownEvent(t *testing.T, body string) map[string]any {
	t.Helper()
	var shown struct{ Event map[string]any }
	if err := json.Unmarshal([]byte(body), &shown); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	return shown.Event
}

func TestFunctionURLEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	resp, body := send(t, w.FunctionURL("echo"), "POST", "/v1/a%20b?a=1&b=2&b=3&bare", `{"test":"hello world"}`)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("JSON without statusCode gave %s %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	want := map[string]any{
		"body":       `{"test":"hello world"}`,
		"httpMethod": "POST",
		"path":       "/v1/a%20b",
		"headers": map[string]any{
			"host": "1250000000-abcdefghij.ap-guangzhou.tencentscf.com", "x-multi": "one, two",
			"x-scf-remote-addr": "127.0.0.1", "user-agent": "test", "accept-encoding": "gzip", "content-length": "22",
		},
		"queryString": map[string]any{"a": "1", "b": "3", "bare": ""},
	}
	if diff := cmp.Diff(want, shownEvent(t, body)); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	if i := w.wait(t, 1)[0]; i.Source != "url" {
		t.Errorf("source = %q", i.Source)
	}
}

func TestFunctionURLAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	tests := []struct {
		name, do   string
		status     int
		body       string
		multiValue []string
	}{
		{"status", `{"do":"return","json":{"statusCode":201,"headers":{"X-Multi":"a"},"body":"made"}}`, 201, "made", []string{"a"}},
		{"array header", `{"do":"return","json":{"statusCode":200,"headers":{"X-Multi":["a","b"]},"body":"x"}}`, 200, "x", []string{"a", "b"}},
		{"base64", `{"do":"return","json":{"statusCode":200,"isBase64Encoded":true,"body":"/wA="}}`, 200, "\xff\x00", nil},
		{"no status", `{"do":"return","json":{"body":"x"}}`, 200, `{"body":"x"}`, nil},
		{"no object", `{"do":"return","json":"text"}`, 200, `"text"`, nil},
		{"bad status", `{"do":"return","json":{"statusCode":99}}`, 500, `{"errorCode":430,"errorMessage":"invalid scf response format: statusCode is not a number from 200 to 599"}` + "\n", nil},
		{"bad base64", `{"do":"return","json":{"statusCode":200,"isBase64Encoded":true,"body":"?"}}`, 500, `{"errorCode":430,"errorMessage":"invalid scf response format: body: illegal base64 data at input byte 0"}` + "\n", nil},
		{"bad header", `{"do":"return","json":{"statusCode":200,"headers":{"X":1}}}`, 500, `{"errorCode":430,"errorMessage":"invalid scf response format: header \"X\" is neither a string nor an array of strings"}` + "\n", nil},
		{"error", `{"do":"fail","text":"no"}`, 500, `{"errorCode":430,"errorMessage":"no"}` + "\n", nil},
		{"exit", `{"do":"exit","n":2}`, 500, `{"errorCode":439,"errorMessage":"process ended before it answered: exit status 2"}` + "\n", nil},
		{"answer too large", `{"do":"return much","n":6291456}`, 500, `{"errorCode":407,"errorMessage":"answer has 6291458 bytes, more than 6291456"}` + "\n", nil},
		{"request too large", strings.Repeat("x", 6<<20+1), 413, `{"errorCode":406,"errorMessage":"request body has 6291457 bytes, more than 6291456"}` + "\n", nil},
	}
	for _, test := range tests {
		resp, body := send(t, w.FunctionURL("echo"), "POST", "/", test.do)
		if resp.StatusCode != test.status || body != test.body {
			t.Errorf("%s: %d %q, want %d %q", test.name, resp.StatusCode, body, test.status, test.body)
		}
		if diff := cmp.Diff(test.multiValue, resp.Header.Values("X-Multi")); diff != "" {
			t.Errorf("%s: header X-Multi (-want +got):\n%s", test.name, diff)
		}
	}
	if resp, _ := send(t, w.FunctionURL("nobody"), "GET", "/", ""); resp.StatusCode != 404 {
		t.Errorf("unknown function: %s", resp.Status)
	}
}

func TestLegacyAPIGateway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	h := w.LegacyAPIGateway("echo")
	ask := `{"do":"return","json":{"statusCode":200,"body":"fine"}}`
	if resp, body := send(t, h, "POST", "/", ask); resp.StatusCode != 200 || body != "fine" {
		t.Errorf("answer %d %q", resp.StatusCode, body)
	}
	if resp, body := send(t, h, "POST", "/", `{"do":"fail","text":"no"}`); resp.StatusCode != 200 || body != "no" {
		t.Errorf("function's error %d %q, want 200 and its text", resp.StatusCode, body)
	}
	resp, body := send(t, h, "POST", "/", `{"do":"return","json":{"body":"x"}}`)
	if !strings.Contains(body, `"errno":403`) || resp.StatusCode != 502 {
		t.Errorf("wrong shape %d %q", resp.StatusCode, body)
	}
}

func TestLegacyAPIGatewayEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	// The plain echo has no statusCode, which this trigger refuses; the function
	// wraps what it saw if asked.
	_, body := send(t, w.LegacyAPIGateway("echo"), "POST", "/export?wrap&a=b&a=c&i&x=y", "\xff\x00")
	event := shownEvent(t, body)
	context := event["requestContext"].(map[string]any)
	if context["sourceIp"] != "127.0.0.1" || context["serviceId"] == "" || context["stage"] != "release" || context["requestId"] == "" {
		t.Errorf("requestContext = %v", context)
	}
	if event["isBase64Encoded"] != true || event["body"] != "/wA=" || event["path"] != "/export" {
		t.Errorf("body = %v, base64 %v, path %v", event["body"], event["isBase64Encoded"], event["path"])
	}
	want := map[string]any{"wrap": true, "a": []any{"b", "c"}, "i": true, "x": "y"}
	if diff := cmp.Diff(want, event["queryString"]); diff != "" {
		t.Errorf("queryString (-want +got):\n%s", diff)
	}
	for _, name := range []string{"headerParameters", "pathParameters", "queryStringParameters", "stageVariables"} {
		if _, ok := event[name].(map[string]any); !ok {
			t.Errorf("%s = %v, want an object", name, event[name])
		}
	}
}
