// Package notice is what people and programs are told, and the channels that
// carry it.
//
// A notice is made from a ledger entry alone, so that a repeat says the same as
// the first try and carries the same id: whoever hears it twice can tell. It says
// everything twice: as a text for people and as data for programs.
//
// The one channel is a webhook: a CloudEvents 1.0 document signed as Standard
// Webhooks ask.
package notice

import (
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Types of notices; stable, for programs.
const (
	Completed = "imageferry.export.completed"
	Failed    = "imageferry.export.failed"
	Partial   = "imageferry.export.partial"
)

// Notice is one message about one export.
type Notice struct {
	ID      string    // the same on every channel and at every try
	Type    string    // one of the types above
	Time    time.Time // of the verdict
	Subject string    // one line
	Text    string    // what a person wants to know, several lines
	Data    Data
}

// Data is the notice for programs: the data of the CloudEvent. Fields are added,
// never renamed.
type Data struct {
	Export    image.ExportID `json:"export"`
	Managed   bool           `json:"managed"` // false: somebody else exported it, for example with the console
	Plan      string         `json:"plan,omitempty"`
	Slot      time.Time      `json:"slot,omitzero"`
	Image     image.ID       `json:"image,omitempty"`
	Name      string         `json:"imageName,omitempty"`
	Region    string         `json:"region"`
	Bucket    image.Bucket   `json:"bucket"`
	Format    image.Format   `json:"format,omitempty"`
	Files     []ledger.File  `json:"files"`
	Missing   []string       `json:"missing,omitempty"` // of an export that was started
	Bytes     int64          `json:"bytes"`
	Started   time.Time      `json:"started,omitzero"`
	Ended     time.Time      `json:"ended"`
	Seconds   int64          `json:"seconds,omitempty"`
	TaskID    uint64         `json:"taskId,omitempty"`
	Reason    string         `json:"reason,omitempty"`
	Detail    string         `json:"detail,omitempty"`
	Hint      string         `json:"hint,omitempty"`
	RequestID string         `json:"requestId,omitempty"` // the cloud's request id, for a support ticket
}

// Of makes the notice of an entry that has a verdict.
func Of(e ledger.Entry, region string) Notice {
	n := Notice{ID: e.NoticeID(), Time: e.Ended, Data: dataOf(e, region)}
	switch e.Verdict {
	case ledger.Complete:
		n.Type = Completed
	case ledger.Partial:
		n.Type = Partial
	default:
		n.Type = Failed
	}
	n.Subject, n.Text = n.Data.subject(e.Verdict), n.Data.text(e.Verdict)
	return n
}

func dataOf(e ledger.Entry, region string) Data {
	r := e.Request
	d := Data{
		Export: r.ID, Managed: r.Origin != ledger.Observed, Plan: r.Plan, Image: r.Image.ID, Name: r.Image.Name,
		Region: region, Bucket: r.Bucket, Format: r.Format, Files: e.Landed, Started: e.Started, Ended: e.Ended,
		TaskID: e.TaskID, Reason: e.Reason, Detail: e.Detail, Hint: e.Hint, RequestID: e.RequestID,
	}
	if r.Origin == ledger.Scheduled {
		d.Slot = r.Slot
	}
	if !e.Started.IsZero() {
		d.Seconds = int64(e.Ended.Sub(e.Started).Round(time.Second).Seconds())
	}
	landed := map[string]bool{}
	for _, f := range e.Landed {
		d.Bytes += f.Size
		landed[f.Key] = true
	}
	for _, key := range e.Expected {
		if !landed[key] && !e.Started.IsZero() { // what was never started is not missing
			d.Missing = append(d.Missing, key)
		}
	}
	if d.Files == nil {
		d.Files = []ledger.File{}
	}
	return d
}
