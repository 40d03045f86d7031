package event_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/imageferry/imageferry/internal/event"
)

// told matches every text that Decode may produce, so that none can hold
// anything from the event: words of ours, numbers, and our field names.
var told = regexp.MustCompile(`^(record \d+: )?[a-zA-Z0-9 ,:()_-]*(("(Type|Time|TriggerName|Message|httpMethod|path|headers|queryString|body|requestContext|sourceIp|Records|cos|event|eventName|eventTime|cosBucket|cosObject|name|appid|region|cosRegion|key|url|size|vid|meta|ETag|specversion|ErrorMessage|Body)")[a-zA-Z0-9 ,()-]*)*$`)

// FuzzDecode holds what is true of every input: no panic, an error of a known
// kind or an event that keeps its promises, and nothing quoted.
func FuzzDecode(f *testing.F) {
	for _, raw := range readSamples(f) {
		f.Add(raw)
	}
	f.Add([]byte(record(map[string]string{"size": `"x"`, "key": `""`})))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := event.Decode(raw)
		var texts []string
		switch e := e.(type) {
		case nil:
			if !errors.Is(err, event.ErrTooLarge) && !errors.Is(err, event.ErrMalformed) {
				t.Errorf("error of no known kind: %v", err)
			}
			texts = append(texts, err.Error())
		case event.Unknown:
			texts = append(texts, e.Reason)
		case event.Timer:
			if e.Time.Location() != time.UTC {
				t.Errorf("time %v", e.Time)
			}
		case event.HTTP:
			if e.Method == "" || !strings.HasPrefix(e.Path, "/") {
				t.Errorf("method %q, path %q", e.Method, e.Path)
			}
		case event.ObjectsCreated:
			texts = append(texts, e.Skipped...)
			checkObjects(t, e)
		}
		if (e == nil) == (err == nil) {
			t.Errorf("event %v and error %v", e, err)
		}
		for _, text := range texts {
			if !told.MatchString(text) {
				t.Errorf("says %q", text)
			}
		}
	})
}

func checkObjects(t *testing.T, e event.ObjectsCreated) {
	if n := len(e.Objects) + len(e.Skipped); n == 0 || n+e.Ignored > event.MaxMembers {
		t.Errorf("%d objects, %d skipped, %d ignored", len(e.Objects), len(e.Skipped), e.Ignored)
	}
	for _, o := range e.Objects {
		if o.Key == "" || len(o.Key) > 850 || !utf8.ValidString(o.Key) || strings.ContainsAny(o.Key, "\x00\r\n") {
			t.Errorf("key %q", o.Key)
		}
		if o.FallbackKey == o.Key || o.Bucket == "" || o.AppID == "" || o.Size < -1 {
			t.Errorf("object %+v", o)
		}
	}
}

// FuzzHTTPNeverTimer holds that nothing with a mark of an HTTP request is taken
// for a timer tick, wherever it says that it is one.
func FuzzHTTPNeverTimer(f *testing.F) {
	const tick = `"Type":"Timer","TriggerName":"n","Time":"2026-11-22T19:00:00Z","Message":""`
	for _, field := range []string{`"httpMethod":"POST"`, `"path":"/"`, `"headers":{}`, `"queryString":null`, `"requestContext":{}`, `"HTTPMethod":1`} {
		f.Add([]byte(`{`+tick+`,`+field+`}`), `{`+tick+`}`)
		f.Add([]byte(`{`+field+`,`+tick+`}`), tick)
	}
	f.Fuzz(func(t *testing.T, raw []byte, body string) {
		// The bytes as they are, read by the standard library's own rules,
		// which match names in any case.
		var marks struct{ HTTPMethod, Path, Headers, QueryString, RequestContext json.RawMessage }
		_ = json.Unmarshal(raw, &marks)
		e, _ := event.Decode(raw)
		if marks.HTTPMethod != nil || marks.Path != nil || marks.Headers != nil || marks.QueryString != nil || marks.RequestContext != nil {
			mustNotTick(t, e, raw)
		}

		// The same as what a caller can send: a body, a header, a query.
		wrapped, err := json.Marshal(map[string]any{
			"httpMethod": "POST", "path": "/" + body, "body": body,
			"headers": map[string]string{"x": body}, "queryString": map[string]string{body: string(raw)},
		})
		if err != nil {
			t.Fatal(err)
		}
		e, err = event.Decode(wrapped)
		mustNotTick(t, e, wrapped)
		if err == nil && e.Kind() != "http" {
			t.Errorf("%s is %s", wrapped, e.Kind())
		}
	})
}

func mustNotTick(t *testing.T, e event.Event, raw []byte) {
	if _, tick := e.(event.Timer); tick {
		t.Errorf("a timer tick: %s", raw)
	}
}
