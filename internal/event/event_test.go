package event_test

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/event"
)

// samples is what each file in testdata means.
var samples = map[string]event.Event{
	"timer.json": event.Timer{
		Trigger: "nightly",
		Time:    time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC),
		Message: `{"plan":"nightly-web"}`,
	},
	"timer.nomessage.json": event.Timer{
		Trigger: "everyfive",
		Time:    time.Date(2026, 11, 22, 19, 5, 0, 0, time.UTC),
	},
	"http.functionurl.json": event.HTTP{
		Method: "POST",
		Path:   "/v1/exports",
		Query:  url.Values{"dry": {"1"}, "wait": {"no"}},
		Header: http.Header{
			"Accept":            {"*/*"},
			"Accept-Encoding":   {"gzip, deflate, br"},
			"Authorization":     {"Bearer CANARY"},
			"Connection":        {"keep-alive"},
			"Content-Length":    {"24"},
			"Content-Type":      {"application/json"},
			"Host":              {"1250000042-a1b2c3d4e5.ap-guangzhou.tencentscf.com"},
			"X-Scf-Remote-Addr": {"203.0.113.9"},
		},
		Body: `{"image":"img-0a1b2c3d"}`,
	},
	"http.functionurl.context.json": event.HTTP{
		Method:   "GET",
		Path:     "/",
		Query:    url.Values{},
		Header:   http.Header{"Accept": {"*/*"}},
		SourceIP: "203.0.113.10",
	},
	"http.gateway.json": event.HTTP{
		Method: "POST",
		Path:   "/v1/plans/nightly/run",
		Query:  url.Values{"foo": {"bar"}, "bob": {"alice"}},
		Header: http.Header{
			"Accept-Language": {"en-US,en,cn"},
			"Accept":          {"text/html,application/xml,application/json"},
			"Host":            {"service-a1b2c3d4-1250000042.ap-guangzhou.apigateway.myqcloud.com"},
			"User-Agent":      {"ferry-test/1"},
		},
		Body:     `{"test":"body"}`,
		SourceIP: "203.0.113.14",
		Gateway:  true,
	},
	"http.gateway.query.json": event.HTTP{
		Method: "GET",
		Path:   "/v1/exports",
		Query:  url.Values{"a": {"b", "c"}, "x": {"y"}, "i": {""}},
		Header: http.Header{
			"Accept":               {"*/*"},
			"Endpoint-Timeout":     {"15"},
			"Host":                 {"service-xyz-1250000042.ap-shanghai.apigateway.myqcloud.com"},
			"X-Anonymous-Consumer": {"true"},
			"X-Qualifier":          {"$LATEST"},
		},
		SourceIP: "203.0.113.8",
		Gateway:  true,
	},
	"http.gateway.base64.json": event.HTTP{
		Method:   "PUT",
		Path:     "/v1/exports",
		Query:    url.Values{},
		Header:   http.Header{"Accept": {"text/html", "text/plain", "*/*"}},
		Body:     "AAEC/w==",
		Base64:   true,
		SourceIP: "203.0.113.8",
		Gateway:  true,
	},
	"cos.wildcard.json": created(event.Object{
		AppID: "1250000042", Bucket: "images", Region: "ap-chengdu",
		Key:       "nightly/web_xvda.raw",
		Size:      20 << 30,
		Time:      time.Unix(1795374000, 0).UTC(),
		EventName: "cos:ObjectCreated:*",
	}),
	"cos.oldhost.json": created(event.Object{
		AppID: "125042", Bucket: "ferry-cos-test", Region: "bj",
		Key:       "foobar.zip",
		Size:      9755203,
		Version:   "15945fbff94a6476647d1e08",
		Time:      time.Unix(1566028555, 0).UTC(),
		EventName: "cos:ObjectCreated:*",
	}),
	"cos.post.json": created(event.Object{
		AppID: "1250000042", Bucket: "images", Region: "ap-guangzhou",
		Key:       "testfile",
		Size:      1029,
		Time:      time.Unix(1545205770, 0).UTC(),
		EventName: "cos:ObjectCreated:Post",
	}),
	"cos.put.escaped.json": created(event.Object{
		AppID: "1250000042", Bucket: "images", Region: "ap-shanghai",
		Key:       "a+b 镜像!.raw",
		Size:      557,
		ETag:      "5eb63bbbe01eeed093cb22bb8f5acdc3",
		Time:      time.Unix(1650016156, 0).UTC(),
		EventName: "cos:ObjectCreated:Put",
	}),
	"cos.multipart.json": created(event.Object{
		AppID: "1250000042", Bucket: "images", Region: "ap-chengdu",
		Key:       "nightly/web_xvda.raw",
		Size:      20 << 30,
		Time:      time.Unix(1795374000, 0).UTC(),
		EventName: "cos:ObjectCreated:CompleteMultipartUpload",
	}),
	"cos.remove.json":      event.Unknown{Reason: "no created object among 1 records"},
	"unknown.console.json": event.Unknown{Reason: `no mark of a known kind (fields "Type", "httpMethod", "Records")`},
	"unknown.dlq.json":     event.Unknown{Reason: `a dead-letter message (fields "ErrorMessage" and "Body")`},
	"unknown.monitor.json": event.Unknown{Reason: `a CloudEvents document of EventBridge (field "specversion")`},
	"unknown.audit.json":   event.Unknown{Reason: `a CloudEvents document of EventBridge (field "specversion")`},
}

func created(objects ...event.Object) event.ObjectsCreated {
	return event.ObjectsCreated{Objects: objects}
}

// readSamples returns the files in testdata by name.
func readSamples(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	files := make(map[string][]byte)
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = b
	}
	return files
}

func TestDecodeSamples(t *testing.T) {
	t.Parallel()
	files := readSamples(t)
	if len(files) != len(samples) {
		t.Errorf("%d files in testdata, %d expectations", len(files), len(samples))
	}
	for name, raw := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := event.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(samples[name], got, rawHTTP); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// rawHTTP lets cmp look into HTTP, whose own String shows next to nothing.
var rawHTTP = cmp.Transformer("fields", func(h event.HTTP) map[string]any {
	return map[string]any{
		"method": h.Method, "path": h.Path, "query": h.Query, "header": h.Header,
		"body": h.Body, "base64": h.Base64, "ip": h.SourceIP, "gateway": h.Gateway,
	}
})

func TestDecodeMalformed(t *testing.T) {
	t.Parallel()
	const timer = `"Type":"Timer","TriggerName":"n","Time":"2026-11-22T19:00:00Z"`
	tests := []struct{ name, raw, want string }{
		{"empty", "", "not valid JSON"},
		{"blank", " \n", "not valid JSON"},
		{"null bytes", "{\"Type\":\"Timer\"\x00}", "not valid JSON"},
		{"null byte in a string", "{\"Type\":\"Ti\x00mer\"}", "not valid JSON"},
		{"byte order mark", "\ufeff{" + timer + "}", "not valid JSON"},
		{"two documents", "{" + timer + "}{" + timer + "}", "not valid JSON"},
		{"cut short", "{" + timer, "not valid JSON"},
		{"closing only", "]]]}}}", "not valid JSON"},
		{"timer without a time", `{"Type":"Timer","TriggerName":"n"}`, `timer: field "Time" is not an RFC 3339 time`},
		{"timer with a local time", `{"Type":"Timer","Time":"2026-11-22 19:00:00"}`, `timer: field "Time" is not an RFC 3339 time`},
		{"timer with a number as time", `{"Type":"Timer","Time":1795374000}`, `timer: field "Time" is not a string`},
		{"timer with an object as message", `{` + timer + `,"Message":{"plan":"x"}}`, `timer: field "Message" is not a string`},
		{"timer with a list of names", `{"Type":"Timer","TriggerName":["n"]}`, `timer: field "TriggerName" is not a string`},
		{"method is a number", `{"httpMethod":1e999999,"path":"/","headers":{}}`, `http: field "httpMethod" is not a string`},
		{"method is empty", `{"httpMethod":"","path":"/","headers":{}}`, `http: field "httpMethod" is empty`},
		{"path without slash", `{"httpMethod":"GET","path":"v1","headers":{}}`, `http: field "path" does not begin with a slash`},
		{"path is a list", `{"httpMethod":"GET","path":["/"],"headers":{}}`, `http: field "path" is not a string`},
		{"headers are a list", `{"httpMethod":"GET","path":"/","headers":["a"]}`, `http: field "headers" is not an object`},
		{"header is an object", `{"httpMethod":"GET","path":"/","headers":{"a":{}}}`, `http: field "headers" holds a value that is no string or list of strings`},
		{"query nests", `{"httpMethod":"GET","path":"/","headers":{},"queryString":{"a":[["b"]]}}`, `http: field "queryString" holds a value that is no string or list of strings`},
		{"body is an object", `{"httpMethod":"GET","path":"/","headers":{},"body":{}}`, `http: field "body" is not a string`},
		{"context is a string", `{"httpMethod":"GET","path":"/","headers":{},"requestContext":"x"}`, `http: field "requestContext" is not an object`},
		{"records are an object", `{"Records":{"cos":{}}}`, `objects: field "Records" is not an array`},
		{"records are null", `{"Records":null}`, `objects: field "Records" is not an array`},
		{"records in lower case", `{"records":[]}`, `objects: field "Records" is not an array`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := event.Decode([]byte(tt.raw))
			if e != nil || !errors.Is(err, event.ErrMalformed) {
				t.Fatalf("got %v, %v", e, err)
			}
			if want := "malformed event: " + tt.want; err.Error() != want {
				t.Errorf("got  %q\nwant %q", err, want)
			}
		})
	}
}

func TestDecodeUnknown(t *testing.T) {
	t.Parallel()
	const (
		none  = `no mark of a known kind (fields "Type", "httpMethod", "Records")`
		noObj = "the top level is not an object"
		timer = `"Type":"Timer","TriggerName":"n","Time":"2026-11-22T19:00:00Z"`
	)
	tests := []struct{ name, raw, want string }{
		{"null", "null", noObj},
		{"array", "[{" + timer + "}]", noObj},
		{"string", `"Timer"`, noObj},
		{"huge number", "1e999999", noObj},
		{"empty object", "{}", none},
		{"other type", `{"Type":"timer","Time":"2026-11-22T19:00:00Z"}`, none},
		{"type is a list", `{"Type":["Timer"]}`, none},
		{"last type counts", `{` + timer + `,"Type":"Other"}`, none},
		{"nested timer", `{"event":{` + timer + `}}`, none},
		{"no records", `{"Records":[]}`, "no created object among 0 records"},
		{"another queue", `{"Records":[{"Ckafka":{"topic":"t"}},{"CMQ":{}}]}`, "no created object among 2 records"},
		{"no path", `{"httpMethod":"GET","headers":{}}`, `like an HTTP request, but without field "path"`},
		{"null headers", `{"httpMethod":"GET","path":"/","headers":null}`, `like an HTTP request, but without field "headers"`},
		{"method in lower case", `{"httpmethod":"GET","path":"/","headers":{}}`, `like an HTTP request, but without field "httpMethod"`},
		{"timer and http", `{` + timer + `,"httpMethod":"GET","path":"/","headers":{}}`, "fields of more than one kind: timer, http"},
		{"timer and HTTPMETHOD", `{` + timer + `,"HTTPMETHOD":null}`, "fields of more than one kind: timer, http"},
		{"timer and records", `{` + timer + `,"records":[]}`, "fields of more than one kind: timer, objects"},
		{"all", `{` + timer + `,"path":"/","Records":[]}`, "fields of more than one kind: timer, http, objects"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := event.Decode([]byte(tt.raw))
			if err != nil {
				t.Fatal(err)
			}
			if want := (event.Unknown{Reason: tt.want}); got != event.Event(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// What a caller puts into the parts of a request that he controls stays there.
func TestRequestInTimerClothing(t *testing.T) {
	t.Parallel()
	raw := `{"httpMethod":"POST","path":"/","headers":{"Type":"Timer"},"queryString":{"Type":"Timer"},
		"body":"{\"Type\":\"Timer\",\"Time\":\"2026-11-22T19:00:00Z\"}"}`
	e, err := event.Decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if e.Kind() != "http" {
		t.Errorf("kind is %q", e.Kind())
	}
}

func TestNothingQuotesContent(t *testing.T) {
	t.Parallel()
	const timer = `"Type":"Timer","TriggerName":"CANARY","Time":"2026-11-22T19:00:00Z"`
	raws := []string{
		`CANARY`, `{"CANARY"}`, `"CANARY"`, `{"CANARY":"CANARY"}`, `{"Type":"CANARY"}`,
		`{"Type":"Timer","Time":"CANARY"}`,
		`{` + timer + `,"path":"CANARY"}`,
		`{` + timer + `,"Message":["CANARY"]}`,
		`{"httpMethod":"CANARY","path":"CANARY","headers":{}}`,
		`{"httpMethod":"CANARY","path":"/","headers":{"CANARY":{}}}`,
		`{"httpMethod":"CANARY","path":"/","headers":{},"queryString":{"CANARY":{}}}`,
		`{"Records":"CANARY"}`,
		`{"Records":["CANARY"]}`,
		`{"Records":[{"CANARY":1}]}`,
		`{"specversion":"CANARY","data":"CANARY"}`,
	}
	for field, value := range map[string]string{
		"appid": `"CANARY"`, "key": `"CANARY"`, "name": `["CANARY"]`, "url": `["CANARY"]`,
	} {
		raws = append(raws, record(map[string]string{"url": `"http://CANARY/%zz"`, field: value}))
	}
	for _, raw := range raws {
		e, err := event.Decode([]byte(raw))
		var said string
		switch e := e.(type) {
		case nil:
			said = err.Error()
		case event.Unknown:
			said = e.Reason
		case event.ObjectsCreated:
			if len(e.Objects) > 0 {
				t.Errorf("%s was accepted", raw)
			}
			said = strings.Join(e.Skipped, "\n")
		default:
			t.Errorf("%s is %s", raw, e.Kind())
		}
		if said == "" || strings.Contains(said, "CANARY") {
			t.Errorf("%s\nis answered by %q", raw, said)
		}
	}
}
