// Package notice is what people and programs are told, and the channels that
// carry it: how an export ended, and news about one that is late or about a plan.
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
	Stalled   = "imageferry.export.stalled" // late, and still under way

	PlanMissed    = "imageferry.plan.missed"    // it was due, and nothing ran
	PlanSkipped   = "imageferry.plan.skipped"   // it left out images that it holds
	PlanSuspended = "imageferry.plan.suspended" // it is not run any more until somebody resumes it
	PlanResumed   = "imageferry.plan.resumed"
)

// types are the types by what the ledger calls them.
var types = map[string]string{
	ledger.KindCompleted: Completed, ledger.KindFailed: Failed, ledger.KindPartial: Partial, ledger.KindStalled: Stalled,
	ledger.KindMissed: PlanMissed, ledger.KindSkipped: PlanSkipped, ledger.KindSuspended: PlanSuspended, ledger.KindResumed: PlanResumed,
}

// Notice is one message about one export, or about one plan.
type Notice struct {
	ID      string    // the same on every channel and at every try
	Type    string    // one of the types above
	Time    time.Time // of the verdict, or of the news
	Subject string    // one line
	Text    string    // what a person wants to know, several lines
	Data    Data
}

// Data is the notice for programs: the data of the CloudEvent. Fields are added,
// never renamed.
type Data struct {
	Kind      string           `json:"kind"`             // the last word of the type
	Export    image.ExportID   `json:"export,omitempty"` // absent from notices about a plan
	Managed   bool             `json:"managed"`          // false: somebody else exported it, for example with the console
	Plan      string           `json:"plan,omitempty"`
	Slot      time.Time        `json:"slot,omitzero"`
	Slots     []time.Time      `json:"slots,omitempty"`    // that the news are about, oldest first
	Instance  image.InstanceID `json:"instance,omitempty"` // of which the image is made
	Image     image.ID         `json:"image,omitempty"`
	Name      string           `json:"imageName,omitempty"`
	Region    string           `json:"region"`
	Bucket    image.Bucket     `json:"bucket"`
	Format    image.Format     `json:"format,omitempty"`
	Files     []ledger.File    `json:"files"`
	Missing   []string         `json:"missing,omitempty"` // of an export that was started
	Bytes     int64            `json:"bytes"`
	Started   time.Time        `json:"started,omitzero"`
	Ended     time.Time        `json:"ended"`
	Seconds   int64            `json:"seconds,omitempty"`
	TaskID    uint64           `json:"taskId,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Detail    string           `json:"detail,omitempty"`
	Hint      string           `json:"hint,omitempty"`
	RequestID string           `json:"requestId,omitempty"` // the cloud's request id, for a support ticket
}

// Of makes the notice of an entry that has a verdict.
func Of(e ledger.Entry, region string) Notice {
	n := Notice{ID: e.NoticeID(), Type: types[e.Kind()], Time: e.Ended, Data: dataOf(e, region)}
	if news := e.Request.News; news != nil {
		n.Data.tell(*news, e.Request)
		n.Subject, n.Text = n.Data.newsSubject(), n.Data.newsText()
	} else {
		n.Subject, n.Text = n.Data.subject(e.Verdict), n.Data.text(e.Verdict)
	}
	return n
}

func dataOf(e ledger.Entry, region string) Data {
	r := e.Request
	d := Data{
		Kind: e.Kind(), Export: r.ID, Managed: r.Origin != ledger.Observed, Plan: r.Plan, Instance: r.Instance, Image: r.Image.ID, Name: r.Image.Name,
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
