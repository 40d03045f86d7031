package notice

import "time"

// event is a CloudEvent 1.0 in structured JSON. Its subject is the export that it
// is about, else the plan.
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
	subject := string(n.Data.Export)
	if subject == "" {
		subject = n.Data.Plan
	}
	return event{
		SpecVersion: "1.0", ID: n.ID, Type: n.Type, Time: n.Time.UTC(), ContentType: "application/json",
		Source: "/imageferry/" + n.Data.Region, Subject: subject,
		Data: payload{Data: n.Data, Subject: n.Subject, Text: n.Text},
	}
}
