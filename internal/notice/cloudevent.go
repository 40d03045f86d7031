package notice

import "time"

// event is a CloudEvent 1.0 in structured JSON.
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

func cloudEvent(n Notice) event {
	return event{
		SpecVersion: "1.0", ID: n.ID, Type: n.Type, Time: n.Time.UTC(), ContentType: "application/json",
		Source: "/imageferry/" + n.Data.Region, Subject: string(n.Data.Export),
		Data: payload{Data: n.Data, Subject: n.Subject, Text: n.Text},
	}
}
