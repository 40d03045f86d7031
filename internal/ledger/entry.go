package ledger

import (
	"fmt"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
)

// Schema is the version of the stored form. A reader accepts this and older
// ones; it leaves exports with a newer one alone and says so, because a
// deployment of the previous version may run beside this one.
const Schema = 3

// SchemaError says that an object was written by a newer version.
type SchemaError struct {
	Key    string
	Schema int
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("ledger object %q has schema %d, newer than %d: it is left alone; deploy the newer version everywhere", e.Key, e.Schema, Schema)
}

// State is where an export stands.
type State string

// The states. COMPLETE, FAILED, PARTIAL and NEWS are verdicts: what remains is to
// tell people. After CLOSED nothing happens any more.
const (
	None     State = ""
	Imaging  State = "IMAGING"  // CreateImage is about to be called, by the holder of the claim only
	Imaged   State = "IMAGED"   // the image is there, and not yet ready to be exported
	Intent   State = "INTENT"   // ExportImages is about to be called, by the holder of the claim only
	Accepted State = "ACCEPTED" // the cloud took the task, or its files show that it did
	Retry    State = "RETRY"    // refused for now; not before NotBefore
	Complete State = "COMPLETE" // every expected file is there, and is a whole disk
	Failed   State = "FAILED"
	Partial  State = "PARTIAL" // some of the disks are whole; others are missing, or are none
	News     State = "NEWS"    // something about a plan, to be told
	Pruning  State = "PRUNING" // images that we made of an instance are about to be deleted, by the holder of the claim only
	Closed   State = "CLOSED"
)

// Origin is who asked for an export.
type Origin string

// The origins. Observed is a file that somebody else exported: there is nothing
// to start, only people to tell.
const (
	Scheduled Origin = "timer"
	Requested Origin = "http"
	Observed  Origin = "observed"
	Noticed   Origin = "noticed" // by ourselves, about a plan: see [Request.News]
)

// Request is what is to be exported. It is complete: an export can be driven on
// after the plan that asked for it has changed or gone.
type Request struct {
	ID       image.ExportID `json:"id"`
	Origin   Origin         `json:"origin"`
	Plan     string         `json:"plan,omitempty"`
	Slot     time.Time      `json:"slot"` // due instant; for other origins the time of asking
	Image    image.Image    `json:"image"`
	Bucket   image.Bucket   `json:"bucket"`
	Prefix   string         `json:"prefix"` // of the files, export id included
	Format   image.Format   `json:"format"`
	RootOnly bool           `json:"rootOnly,omitempty"`
	Role     string         `json:"role,omitempty"` // empty: CVM's own default
	Deadline time.Time      `json:"deadline"`       // when files that are not there are missing
	Refusal  *image.Refusal `json:"refusal,omitempty"`
	File     string         `json:"file,omitempty"` // Observed only: the key that was seen
	Set      string         `json:"set,omitempty"`  // Observed only: what the keys of all its files start with; empty: File is alone

	Instance    image.InstanceID    `json:"instance,omitempty"`    // of which the image is made first; Image is empty until then
	DataDisks   []string            `json:"dataDisks,omitempty"`   // of Instance, which the image is to hold
	Keep        int                 `json:"keep,omitempty"`        // of the images made of Instance, how many stay; 0: all
	MaxInFlight int                 `json:"maxInFlight,omitempty"` // of Plan; 0: no limit but CVM's
	Hears       map[string][]string `json:"hears,omitempty"`       // channel -> what it hears of; a channel that is not here hears the usual
	AnyData     bool                `json:"anyData,omitempty"`     // see [diskimage.Want]
	Recovers    bool                `json:"recovers,omitempty"`    // the export before this one failed
	News        *Told               `json:"news,omitempty"`        // Noticed only
}

// Told is something to tell people that is no verdict on an export.
type Told struct {
	Kind   string         `json:"kind"`
	Export image.ExportID `json:"export,omitempty"` // that it is about, if it is about one
	Slots  []time.Time    `json:"slots,omitempty"`  // that it is about, oldest first
	Detail string         `json:"detail"`
	Hint   string         `json:"hint,omitempty"`

	Exports []Outcome     `json:"exports,omitempty"` // KindDigest: what became of each, bad ones first; of many, not all
	Counts  map[State]int `json:"counts,omitempty"`  // KindDigest: of all, by verdict
	Skipped int           `json:"skipped,omitempty"` // KindDigest: left out of the slot, because the plan holds them
}

// Outcome is how an export of a slot ended.
type Outcome struct {
	Export  image.ExportID `json:"export"`
	Image   image.ID       `json:"image,omitempty"`
	Name    string         `json:"name,omitempty"`
	Verdict State          `json:"verdict"`
	Reason  string         `json:"reason,omitempty"`
	Bytes   int64          `json:"bytes,omitempty"` // of the files that landed
}

// Files returns the keys that the export is expected to write.
func (r Request) Files() []string {
	if r.Origin == Observed {
		return []string{r.File}
	}
	return image.Expected(r.Image, r.Prefix, r.Format, r.RootOnly)
}

// MakesImage reports whether the export still needs an image of its instance.
func (r Request) MakesImage() bool { return r.Instance != "" && r.Image.ID == "" }

// Kinds of what people are told: verdicts on exports, and news.
const (
	KindCompleted = "completed"
	KindRecovered = "recovered" // completed, after the export before it had failed
	KindFailed    = "failed"
	KindPartial   = "partial"
	KindStalled   = "stalled"   // an export is late and still under way
	KindMissed    = "missed"    // a slot was due, and nothing ran
	KindSkipped   = "skipped"   // images were left out of a slot, because the plan holds them
	KindSuspended = "suspended" // a plan is not run any more until somebody resumes it
	KindResumed   = "resumed"
	KindDigest    = "digest" // what became of all exports of a slot
)

// Stem returns what the keys of all files of the export start with, and of no
// other: one id can begin as another does, but none holds a "_".
func (r Request) Stem() string { return r.Prefix + "_" }

// Entry is one decision and the whole state after it, as stored.
type Entry struct {
	Schema int       `json:"schema"`
	Seq    int       `json:"seq"` // 1, 2, 3, … without a gap
	State  State     `json:"state"`
	Nonce  string    `json:"nonce"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // nobody else acts on the claim before; zero means it guards nothing

	Request   Request   `json:"request"`
	Making    int       `json:"making,omitempty"`    // calls of CreateImage announced so far
	Attempt   int       `json:"attempt,omitempty"`   // calls of ExportImages announced so far
	Refused   int       `json:"refused,omitempty"`   // of those, how many were answered "not now"
	NotBefore time.Time `json:"notBefore,omitzero"`  // RETRY
	TaskID    uint64    `json:"taskId,omitempty"`    // absent when the task was adopted by its files
	Expected  []string  `json:"expected,omitempty"`  // keys, from ACCEPTED on
	Started   time.Time `json:"started,omitzero"`    // when ExportImages was accepted, or first known to be
	Landed    []File    `json:"landed,omitempty"`    // what was there at the verdict
	Stalled   time.Time `json:"stalled,omitzero"`    // when people were told that it is late and still under way
	Running   int       `json:"running,omitempty"`   // RETRY: exports that were under way when the limit was met
	Full      bool      `json:"full,omitempty"`      // RETRY: it was the limit of running tasks, so nobody else is started either
	Surplus   []string  `json:"surplus,omitempty"`   // PRUNING: ids of the images to delete
	Verdict   State     `json:"verdict,omitempty"`   // from the verdict on, CLOSED included
	Ended     time.Time `json:"ended,omitzero"`      // when the verdict was reached
	Reason    string    `json:"reason,omitempty"`    // of FAILED, PARTIAL, RETRY; stable, for programs
	Detail    string    `json:"detail,omitempty"`    // the same for people
	Hint      string    `json:"hint,omitempty"`      // the way out
	RequestID string    `json:"requestId,omitempty"` // the cloud's, for a support ticket

	Deliveries map[string]Delivery `json:"deliveries,omitempty"` // by channel, from the verdict on
}

// File is an exported disk that is there.
type File struct {
	Key   string    `json:"key"`
	Size  int64     `json:"size"`            // bytes
	CRC64 string    `json:"crc64,omitempty"` // x-cos-hash-crc64ecma, decimal
	ETag  string    `json:"etag,omitempty"`
	Time  time.Time `json:"time,omitzero"` // last modified

	Check *diskimage.Report `json:"check,omitempty"` // what is in it; nil: nobody looked
}

// Delivery is one channel's side of telling people. It has an id of its own
// that stays the same over all attempts, so that a receiver can drop repeats.
type Delivery struct {
	ID        string        `json:"id"`
	State     DeliveryState `json:"state"`
	Attempt   int           `json:"attempt,omitempty"`
	NotBefore time.Time     `json:"notBefore,omitzero"`
	Detail    string        `json:"detail,omitempty"`
	For       string        `json:"for,omitempty"` // the channel that could not deliver it, whose fall-back this one is
}

// ManifestChannel is the delivery that is no message: the manifest, which is kept
// beside the log and beside the files.
const ManifestChannel = "manifest"

// DeliveryState is where a delivery stands.
type DeliveryState string

// Delivery states. Sending is a claim: after the entry's Until it means that
// nobody knows.
const (
	Sending     DeliveryState = "sending"
	Sent        DeliveryState = "sent"
	SendLater   DeliveryState = "later"
	Undelivered DeliveryState = "undelivered"
)

func (e *Entry) schema() int { return e.Schema }

// Kind is what people are told by the verdict of e.
func (e Entry) Kind() string {
	switch {
	case e.Verdict == Complete && e.Request.Recovers:
		return KindRecovered
	case e.Verdict == Complete:
		return KindCompleted
	case e.Verdict == Partial:
		return KindPartial
	case e.Verdict == News && e.Request.News != nil:
		return e.Request.News.Kind
	}
	return KindFailed
}

// NoticeID is the id under which the verdict is told, on every channel and at
// every try.
func (e Entry) NoticeID() string {
	return string(e.Request.ID) + "." + strings.ToLower(string(e.Verdict))
}

// Next returns the entry that follows e in the given state. It guards nothing
// until the caller sets Until.
func (e Entry) Next(s State, at time.Time) Entry {
	n := e
	n.Seq, n.State, n.At, n.Until = e.Seq+1, s, at.UTC(), time.Time{}
	return n
}
