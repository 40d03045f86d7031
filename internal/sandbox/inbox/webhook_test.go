package inbox_test

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

const (
	hookURL    = "https://hooks.imageferry.test/hook"
	eventType  = "application/cloudevents+json; charset=utf-8"
	cloudEvent = `{"specversion":"1.0","id":"e1","source":"/imageferry","type":"imageferry.export.completed","subject":"nightly-20261122-web",` +
		`"time":"2026-11-22T03:00:00Z","datacontenttype":"application/json","data":{"export":"nightly-20261122-web","files":2}}`
)

var hookSecret = "whsec_" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))

// signed are the headers of a webhook signed at that time.
func signed(t *testing.T, secret, body string, at time.Time) []string {
	t.Helper()
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := wh.Sign("msg_1", at, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"Content-Type", eventType, "webhook-id", "msg_1", "webhook-timestamp", strconv.FormatInt(at.Unix(), 10), "webhook-signature", signature}
}

func TestWebhook(t *testing.T) {
	p := newPeople(t, inbox.Config{WebhookSecret: hookSecret})
	if got := p.send(t, hookURL, cloudEvent, signed(t, hookSecret, cloudEvent, time.Now())...); got != "200 ok" {
		t.Fatal(got)
	}
	m := p.last(t)
	m.At, m.Header, m.Body = time.Time{}, nil, nil
	want := inbox.Message{
		Channel: inbox.Webhook, Host: "hooks.imageferry.test", Path: "/hook", ID: "msg_1",
		Type: "imageferry.export.completed", Subject: "nightly-20261122-web", Signed: true,
		Text: "imageferry.export.completed nightly-20261122-web",
		Data: map[string]any{"export": "nightly-20261122-web", "files": 2.0},
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

func TestWebhookSignatures(t *testing.T) {
	other := base64.StdEncoding.EncodeToString([]byte("another key that is long enough."))
	rotated := signed(t, hookSecret, cloudEvent, time.Now())
	rotated[7] = signed(t, other, cloudEvent, time.Now())[7] + " " + rotated[7]
	for name, tt := range map[string]struct {
		header  []string
		body    string
		problem string
	}{
		"two keys while one is rotated": {rotated, cloudEvent, ""},
		"other key":                     {signed(t, other, cloudEvent, time.Now()), cloudEvent, "no matching signature"},
		"changed body":                  {signed(t, hookSecret, cloudEvent, time.Now()), cloudEvent + " ", "no matching signature"},
		"stale":                         {signed(t, hookSecret, cloudEvent, time.Now().Add(-6*time.Minute)), cloudEvent, "too old"},
		"from the future":               {signed(t, hookSecret, cloudEvent, time.Now().Add(6*time.Minute)), cloudEvent, "too new"},
		"unsigned":                      {[]string{"Content-Type", eventType}, cloudEvent, "missing required headers"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeople(t, inbox.Config{WebhookSecret: hookSecret})
			got := p.send(t, hookURL, tt.body, tt.header...)
			m := p.last(t)
			if tt.problem == "" {
				if got != "200 ok" || !m.Signed {
					t.Errorf("%s, problem %q", got, m.Problem)
				}
				return
			}
			if !strings.HasPrefix(got, "401 ") || m.Signed || !strings.Contains(m.Problem, tt.problem) {
				t.Errorf("%s, signed %t, problem %q", got, m.Signed, m.Problem)
			}
		})
	}
}

func TestWebhookBodies(t *testing.T) {
	p := newPeople(t, inbox.Config{})
	for _, tt := range []struct{ body, contentType, want string }{
		{cloudEvent, eventType, "200 ok"},
		{cloudEvent, "application/json", "415 "},
		{`{"specversion":"1.0","id":"1","source":"/s","type":"t"}`, eventType, "200 ok"},
		{`{"specversion":"1.0","id":"1","source":"/s","type":"t","data":[1]}`, eventType, "200 ok"},
		{`not json`, eventType, "400 not a CloudEvent"},
		{`[]`, eventType, "400 not a CloudEvent"},
		{`{"specversion":"0.3","id":"1","source":"/s","type":"t"}`, eventType, `400 specversion "0.3"`},
		{`{"specversion":"1.0","id":"","source":"/s","type":"t"}`, eventType, "400 id, source and type"},
		{`{"specversion":"1.0","id":"1","source":"/s","type":"t","data_type":"x"}`, eventType, `400 attribute name "data_type"`},
		{`{"specversion":"1.0","id":"1","source":"/s","type":"t","time":"yesterday"}`, eventType, "400 not a CloudEvent"},
	} {
		got := p.send(t, hookURL, tt.body, "Content-Type", tt.contentType)
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s as %s: %s, want %s", tt.body, tt.contentType, got, tt.want)
		}
		if m := p.last(t); (m.Problem == "") != (got == "200 ok") {
			t.Errorf("%s: problem %q", tt.body, m.Problem)
		}
	}
	resp, err := p.client.Get(hookURL)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Body.Close(); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %s", resp.Status)
	}
}
