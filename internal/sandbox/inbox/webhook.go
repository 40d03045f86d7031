package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// receiveWebhook takes CloudEvents 1.0 in structured JSON mode, signed as
// Standard Webhooks, at any path.
func (in *Inbox) receiveWebhook(m *Message, r *http.Request, body []byte) answer {
	m.ID = r.Header.Get("webhook-id")
	webhook, err := in.webhookOf(m, path.Base(r.URL.Path))
	if err != nil {
		return m.refuse(err.Error(), plain(http.StatusInternalServerError, err.Error()))
	}
	m.Text = string(m.Body)
	if r.Method != http.MethodPost {
		return m.refuse("method "+r.Method, plain(http.StatusMethodNotAllowed, "POST only"))
	}
	if webhook != nil {
		if err := webhook.Verify(body, r.Header); err != nil {
			return m.refuse(err.Error(), plain(http.StatusUnauthorized, err.Error()))
		}
		m.Signed = true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/cloudevents+json" {
		return m.refuse(fmt.Sprintf("content type %q", r.Header.Get("Content-Type")),
			plain(http.StatusUnsupportedMediaType, "application/cloudevents+json only"))
	}
	e, err := parseEvent(body)
	if err != nil {
		return m.refuse(err.Error(), plain(http.StatusBadRequest, err.Error()))
	}
	m.Type, m.Subject = e.Type, e.Subject
	m.Data, _ = tree(e.Data)
	readEvent(e, m)
	return plain(http.StatusOK, "ok")
}

// webhookOf returns what checks the signatures of a receiver, or nil if it takes
// unsigned events.
func (in *Inbox) webhookOf(m *Message, key string) (*standardwebhooks.Webhook, error) {
	r, named := in.robots[key]
	if !named {
		return in.webhook, nil
	}
	if m.Robot = r.Name; r.Secret == "" {
		return nil, nil
	}
	w, err := standardwebhooks.NewWebhook(r.Secret)
	if err != nil {
		return nil, fmt.Errorf("the secret of the receiver %q is not base64", r.Name)
	}
	return w, nil
}

// readEvent reads what an event says about itself, and then those of its data
// that are made for people.
func readEvent(e event, m *Message) {
	var r reading
	r.plain(strings.TrimSpace(e.Type + " " + e.Subject))
	r.plain(text(m.Data, "subject"))
	r.plain(text(m.Data, "text"))
	r.matter(map[string]string{"error": "red", "warning": "orange", "info": "green"}[text(m.Data, "severity")])
	r.into(m)
}

// event is the part of a CloudEvent that a receiver here looks at.
type event struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject"`
	Time        *time.Time      `json:"time"` // RFC 3339, as encoding/json wants it
	Data        json.RawMessage `json:"data"`
}

// attribute is the form of all names in an event but data_base64 (CloudEvents
// 1.0, naming conventions).
var attribute = regexp.MustCompile(`^([a-z0-9]+|data_base64)$`)

func parseEvent(body []byte) (e event, err error) {
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("not a CloudEvent: %w", err)
	}
	names, _ := tree(body)
	for name := range names {
		if !attribute.MatchString(name) {
			return e, fmt.Errorf("attribute name %q: want a to z and digits", name)
		}
	}
	switch {
	case e.SpecVersion != "1.0":
		return e, fmt.Errorf("specversion %q: want 1.0", e.SpecVersion)
	case e.ID == "" || e.Source == "" || e.Type == "":
		return e, errors.New("id, source and type must not be empty")
	}
	return e, nil
}
