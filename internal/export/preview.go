package export

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// Preview is what a plan would do at its next slot, as things stand.
type Preview struct {
	Plan      string        `json:"plan"`
	Slot      time.Time     `json:"slot"`                // the next due one; without a schedule, now
	Next      []time.Time   `json:"next,omitempty"`      // due instants, if the plan has a schedule
	Suspended bool          `json:"suspended,omitempty"` // then nothing is exported until somebody resumes it
	Items     []PreviewItem `json:"items"`
	Files     int           `json:"files"` // that would be written, as far as known
	GiB       int64         `json:"gib"`   // of the disks behind them; files of other formats than RAW are smaller
}

// PreviewItem is one image or instance that the plan chooses.
type PreviewItem struct {
	Image    image.ID         `json:"image,omitempty"`
	Instance image.InstanceID `json:"instance,omitempty"` // an image is made of it first
	Name     string           `json:"name,omitempty"`
	Would    Would            `json:"would"`
	Reason   string           `json:"reason,omitempty"` // of skipping or failing; stable, for programs
	Detail   string           `json:"detail,omitempty"`
	Hint     string           `json:"hint,omitempty"`
	Export   image.ExportID   `json:"export"`          // that would be; of a skipped one, the one that has it
	Files    int              `json:"files,omitempty"` // zero where the image is yet to be made
	GiB      int64            `json:"gib,omitempty"`
	Past     *Past            `json:"past,omitempty"` // its last complete export under this plan
}

// Would is what would become of an item.
type Would string

// What a preview says.
const (
	WouldExport Would = "export"
	WouldSkip   Would = "skip"
	WouldFail   Would = "fail"
)

// Past is how an export went.
type Past struct {
	Export  image.ExportID `json:"export"`
	Ended   time.Time      `json:"ended"`
	Seconds int64          `json:"seconds"` // from the start of the task to the verdict
	Bytes   int64          `json:"bytes"`
}

const (
	previewRuns = 5 // due instants that a preview lists
	pastSlots   = 5 // filled slots that it looks back for past exports
	pastMost    = 200
)

// Preview looks at everything that the plan's next slot would look at, and
// changes nothing.
func (d *Driver) Preview(ctx context.Context, p plan.Plan) (Preview, error) {
	now := d.Now().UTC().Truncate(time.Second)
	out := Preview{Plan: p.Name, Slot: now, Next: p.Next(now, previewRuns)}
	if len(out.Next) > 0 {
		out.Slot = out.Next[0]
	}
	o := PlanOrder(p, out.Slot, d.Bucket)
	s, err := d.survey(ctx, o)
	if err != nil {
		return out, err
	}
	out.Suspended = s.suspended()
	all := s.requests
	skipped, err := d.skip(ctx, o, &s)
	if err != nil {
		return out, err
	}
	past, err := d.past(ctx, p.Name, s.standing, out.Slot)
	for _, r := range all {
		item := preview(r, under(r.Stem(), s.names), skipped)
		item.Past = past[pastKey{r.Image.ID, r.Instance}]
		out.Items = append(out.Items, item)
		if item.Would == WouldExport {
			out.Files, out.GiB = out.Files+item.Files, out.GiB+item.GiB
		}
	}
	return out, err
}

func preview(r ledger.Request, standing []string, skipped []ledger.Pick) PreviewItem {
	item := PreviewItem{Image: r.Image.ID, Instance: r.Instance, Name: r.Image.Name, Export: r.ID, Would: WouldExport, Files: len(r.Files())}
	for _, disk := range r.Image.Exported(r.RootOnly) {
		item.GiB += disk.GiB
	}
	at := slices.IndexFunc(skipped, func(p ledger.Pick) bool { return p.Image == r.Image.ID && r.Image.ID != "" })
	switch {
	case at >= 0:
		item.Would, item.Reason, item.Export = WouldSkip, skipped[at].Reason, skipped[at].Export
	case r.Refusal != nil:
		item.Would, item.Reason, item.Detail, item.Hint = WouldFail, r.Refusal.Reason, r.Refusal.Detail, r.Refusal.Hint
	case len(standing) > 0:
		item.Would, item.Reason, item.Detail = WouldFail, "name-taken", standing[0]+" stands in "+r.Bucket.String()
	}
	return item
}

type pastKey struct {
	image    image.ID
	instance image.InstanceID
}

// past returns the newest complete export of each image and instance in the last
// slots of a plan.
func (d *Driver) past(ctx context.Context, name string, s standing, before time.Time) (map[pastKey]*Past, error) {
	var picks []ledger.Pick
	for range pastSlots {
		m, ok := s.before(before, func(m ledger.Mark) bool { return m.Fate == ledger.Filled })
		if !ok || len(picks) >= pastMost {
			break
		}
		note, err := d.Ledger.ReadMark(ctx, name, m)
		if err != nil && !errors.Is(err, ledger.ErrDamaged) {
			return nil, err
		}
		picks, before = slices.Concat(picks, note.Exports, note.Skipped), m.Slot
	}
	picks = picks[:min(len(picks), pastMost)]
	entries := make([]ledger.Entry, len(picks))
	d.Pool(len(picks), func(i int) {
		var err error
		if entries[i], err = d.Ledger.Load(ctx, picks[i].Export); err != nil {
			entries[i] = ledger.Entry{} // for people only: what cannot be read is not shown
		}
	})
	found := map[pastKey]*Past{}
	for i, e := range entries {
		key := pastKey{picks[i].Image, picks[i].Instance}
		if e.Verdict != ledger.Complete || found[key] != nil {
			continue
		}
		p := &Past{Export: e.Request.ID, Ended: e.Ended, Seconds: int64(e.Ended.Sub(e.Started).Seconds())}
		for _, f := range e.Landed {
			p.Bytes += f.Size
		}
		found[key] = p
	}
	return found, nil
}
