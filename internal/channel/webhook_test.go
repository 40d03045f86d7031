package channel_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/imageferry/imageferry/internal/notice"
)

// receiver keeps what a webhook got.
type receiver struct {
	mu     sync.Mutex
	paths  []string
	header []http.Header
	bodies [][]byte
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paths, r.header, r.bodies = append(r.paths, req.Method+" "+req.RequestURI), append(r.header, req.Header), append(r.bodies, body)
	w.WriteHeader(http.StatusNoContent)
}

// The library of Standard Webhooks and the SDK of CloudEvents are the oracles.
func TestWebhook(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	o := internet(t, r)
	set := newSet(t, o)
	for range 2 {
		if err := set.Send(t.Context(), "webhook", completed()); err != nil {
			t.Fatal(err)
		}
	}
	got, body := r.header[0], r.bodies[0]
	if r.paths[0] != "POST /canary?key=canary" || got.Get("Content-Type") != "application/cloudevents+json; charset=utf-8" {
		t.Errorf("%s with type %q", r.paths[0], got.Get("Content-Type"))
	}
	for _, key := range []string{webhookKey, secondKey} {
		verifier, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := verifier.Verify(body, got); err != nil {
			t.Errorf("signature: %v", err)
		}
		if err := verifier.Verify(append(body, ' '), got); err == nil {
			t.Error("the signature does not cover the body")
		}
		for _, name := range []string{"Webhook-Id", "Webhook-Timestamp"} {
			forged := got.Clone()
			forged.Set(name, strconv.FormatInt(time.Now().Unix()+1, 10))
			if err := verifier.Verify(body, forged); err == nil {
				t.Errorf("the signature does not cover %s", name)
			}
		}
	}
	first, err := standardwebhooks.NewWebhook(webhookKey)
	if err != nil {
		t.Fatal(err)
	}
	at, err := strconv.ParseInt(got.Get("Webhook-Timestamp"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := first.Sign(got.Get("Webhook-Id"), time.Unix(at, 0), body); err != nil || !strings.HasPrefix(got.Get("Webhook-Signature"), want+" v1,") {
		t.Errorf("the first key does not sign first: %s", got.Get("Webhook-Signature"))
	}
	n := notice.Of(completed(), o.Region)
	if got.Get("Webhook-Id") != n.ID || r.header[1].Get("Webhook-Id") != n.ID || string(r.bodies[1]) != string(body) {
		t.Error("a repeat is another notice")
	}
	var ce event.Event
	if err := json.Unmarshal(body, &ce); err != nil {
		t.Fatal(err)
	}
	if err := ce.Validate(); err != nil || ce.ID() != n.ID || ce.Type() != notice.Completed || ce.Subject() != string(completed().Request.ID) {
		t.Errorf("%v: %v", err, ce)
	}
}

// The time of a signature is that of the try, not of the notice.
func TestWebhookTimestamp(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	o := internet(t, r)
	o.Now = func() time.Time { return slot.Add(time.Hour) }
	if err := newSet(t, o).Test(t.Context(), "webhook"); err != nil {
		t.Fatal(err)
	}
	if want := strconv.FormatInt(slot.Add(time.Hour).Unix(), 10); r.header[0].Get("Webhook-Timestamp") != want {
		t.Errorf("%s, want %s", r.header[0].Get("Webhook-Timestamp"), want)
	}
}
