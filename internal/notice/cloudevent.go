package notice

import (
	"encoding/json"
	"fmt"
	"time"
)

// event is a CloudEvent 1.0 in structured JSON. Its subject is the export that it
// is about, else the plan, else the channel that is tried.
type event struct {
	SpecVersion string    `json:"specversion"`
	ID          string    `json:"id"`
	Source      string    `json:"source"`
	Type        string    `json:"type"`
	Subject     string    `json:"subject"`
	Time        time.Time `json:"time"`
	ContentType string    `json:"datacontenttype"`
	Data        payload   `json:"data"`
}

type payload struct {
	Data
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// CloudEvent returns the notice as a CloudEvent 1.0 in structured JSON, media type
// application/cloudevents+json. Its data are those of n, with the words of m as
// their subject, one line, and their text, the lines below it. Links are in the data
// alone: they are long, and lend their powers to whoever reads a log.
func (n Notice) CloudEvent(m Message) ([]byte, error) {
	e := event{
		SpecVersion: "1.0", ID: n.ID, Type: n.Type, Time: n.Time.UTC(), ContentType: "application/json",
		Source: "/imageferry/" + n.Data.Region, Subject: n.Data.about(),
		Data: payload{Data: n.Data, Subject: m.Title, Text: m.text()},
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode notice %s: %w", n.ID, err)
	}
	return body, nil
}

// about names what the notice is about, for programs.
func (d Data) about() string {
	switch {
	case d.Export != "":
		return string(d.Export)
	case d.Plan != "":
		return d.Plan
	}
	return d.Channel
}
