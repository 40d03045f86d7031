package notice

import (
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Data is the notice for programs: the data of the CloudEvent. Fields are added,
// never renamed.
type Data struct {
	Kind      string           `json:"kind"` // the last word of the type
	Severity  Severity         `json:"severity"`
	Export    image.ExportID   `json:"export,omitempty"`    // absent from notices about a plan
	Managed   bool             `json:"managed"`             // false: somebody else exported it, for example with the console
	Recovered bool             `json:"recovered,omitempty"` // completed, after the export before it had failed
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
	Links     []Link           `json:"links,omitempty"`   // to download the files; set by who sends
	Bytes     int64            `json:"bytes"`             // of all files
	Started   time.Time        `json:"started,omitzero"`
	Ended     time.Time        `json:"ended"`
	Seconds   int64            `json:"seconds,omitempty"` // from Started to Ended
	TaskID    uint64           `json:"taskId,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	Detail    string           `json:"detail,omitempty"`
	Hint      string           `json:"hint,omitempty"`
	RequestID string           `json:"requestId,omitempty"` // the cloud's request id, for a support ticket
	Digest    *Digest          `json:"digest,omitempty"`
	Channel   string           `json:"channel,omitempty"`   // that somebody tries
	InsteadOf string           `json:"insteadOf,omitempty"` // the channel that could not deliver it; set by the sender
}

// Link lets whoever has it download a file.
type Link struct {
	Key   string    `json:"key"`
	URL   string    `json:"url"`   // https, signed
	Until time.Time `json:"until"` // it ends then, or earlier with the key that signed it
}

// Digest is what became of all exports of a slot.
type Digest struct {
	Completed int              `json:"completed"`
	Partial   int              `json:"partial"`
	Failed    int              `json:"failed"`
	Skipped   int              `json:"skipped"` // left out, because the plan holds them
	Exports   []ledger.Outcome `json:"exports"`
}

func dataOf(e ledger.Entry, region string) Data {
	r := e.Request
	d := Data{
		Kind: e.Kind(), Export: r.ID, Managed: r.Origin != ledger.Observed, Plan: r.Plan, Instance: r.Instance, Image: r.Image.ID, Name: r.Image.Name,
		Region: region, Bucket: r.Bucket, Format: r.Format, Files: e.Landed, Started: e.Started, Ended: e.Ended,
		TaskID: e.TaskID, Reason: e.Reason, Detail: e.Detail, Hint: e.Hint, RequestID: e.RequestID,
	}
	if d.Kind == ledger.KindRecovered {
		d.Kind, d.Recovered = ledger.KindCompleted, true
	}
	if r.Origin == ledger.Scheduled {
		d.Slot = r.Slot
	}
	if !e.Started.IsZero() {
		d.Seconds = int64(e.Ended.Sub(e.Started).Round(time.Second).Seconds())
	}
	d.count(e)
	if r.News != nil {
		d.tell(*r.News, r)
	}
	return d
}

// count sums up the files that are there, and lists those that are not.
func (d *Data) count(e ledger.Entry) {
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
}

// tell makes d the data of news: what the ledger calls an export is then only the
// name under which the news are kept.
func (d *Data) tell(news ledger.Told, r ledger.Request) {
	d.Export, d.Slots = news.Export, news.Slots
	if news.Export == "" && news.Kind != ledger.KindResumed { // which happens at any time
		d.Slot = r.Slot
	}
	if news.Kind == ledger.KindDigest {
		d.Digest = digestOf(news)
		for _, o := range news.Exports {
			d.Bytes += o.Bytes
		}
	}
}

func digestOf(news ledger.Told) *Digest {
	g := &Digest{
		Completed: news.Counts[ledger.Complete], Partial: news.Counts[ledger.Partial], Failed: news.Counts[ledger.Failed], Skipped: news.Skipped, Exports: news.Exports,
	}
	if g.Exports == nil {
		g.Exports = []ledger.Outcome{}
	}
	return g
}

// whole returns how many of the files are known to be whole disks.
func (d Data) whole() (n int) {
	for _, f := range d.Files {
		if f.Check != nil && f.Check.Verdict == diskimage.Verified {
			n++
		}
	}
	return n
}
