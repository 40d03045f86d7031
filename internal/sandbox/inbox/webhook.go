package inbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// receiveWebhook takes CloudEvents 1.0 in structured JSON mode, signed as
// Standard Webhooks, at any path.
func (in *Inbox) receiveWebhook(m *Message, r *http.Request, body []byte) answer {
	m.ID = r.Header.Get("webhook-id")
	m.Text = string(m.Body)
	if r.Method != http.MethodPost {
		return m.refuse("method "+r.Method, plain(http.StatusMethodNotAllowed, "POST only"))
	}
	if in.webhook != nil {
		if err := in.webhook.Verify(body, r.Header); err != nil {
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
	m.Text = strings.TrimSpace(e.Type + " " + e.Subject + "\n" + readable(m.Data, ""))
	return plain(http.StatusOK, "ok")
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
