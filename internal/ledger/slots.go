package ledger

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
)

// Fate is what became of an instant of a plan.
type Fate string

// The fates. All but Filled are the end of a key, behind a dot.
const (
	Filled    Fate = ""          // every export of the slot is on the work list
	Missed    Fate = "missed"    // it was due, nothing ran, and it is not made up
	Suspended Fate = "suspended" // it was due while the plan was suspended
	Resumed   Fate = "resumed"   // not a slot: somebody resumed the plan then
	Begun     Fate = "begun"     // the plan, or its present schedule, is reckoned from here on
	Spoilt    Fate = "failed"    // an export of the slot failed; there is one mark each
	Digested  Fate = "digest"    // people were told what became of the whole slot
)

// Mark is one object in the log of a plan's slots.
type Mark struct {
	Slot   time.Time
	Fate   Fate
	Export image.ExportID // Spoilt only
}

func (m Mark) key() string {
	name := m.Slot.UTC().Format(image.SlotFormat)
	switch m.Fate {
	case Filled:
		return name
	case Spoilt:
		return name + "." + string(Spoilt) + "." + string(m.Export)
	}
	return name + "." + string(m.Fate)
}

// parseMark is the inverse of key; other objects give false.
func parseMark(name string) (Mark, bool) {
	parts := strings.SplitN(name, ".", 3)
	slot, err := time.Parse(image.SlotFormat, parts[0])
	m := Mark{Slot: slot}
	if len(parts) > 1 {
		m.Fate = Fate(parts[1])
	}
	if len(parts) > 2 {
		m.Export = image.ExportID(parts[2])
	}
	switch m.Fate {
	case Filled, Missed, Suspended, Resumed, Begun, Spoilt, Digested:
		return m, err == nil && m.key() == name
	}
	return m, false // of a newer version
}

// Slot is what a mark says.
type Slot struct {
	Schema   int       `json:"schema"`
	Plan     string    `json:"plan"`
	Slot     time.Time `json:"slot"`
	Schedule string    `json:"schedule,omitempty"` // of the plan, when the mark was made
	At       time.Time `json:"at"`
	Detail   string    `json:"detail,omitempty"`
	Exports  []Pick    `json:"exports,omitempty"` // Filled: what is exported
	Skipped  []Pick    `json:"skipped,omitempty"` // Filled: what is not, and why
}

func (s *Slot) schema() int { return s.Schema }

// Pick is an image or an instance that the plan chose for a slot.
type Pick struct {
	Image    image.ID         `json:"image,omitempty"`
	Instance image.InstanceID `json:"instance,omitempty"`
	Export   image.ExportID   `json:"export"`           // of this slot; of a skipped one, the export that has it
	Reason   string           `json:"reason,omitempty"` // of skipping: unchanged, under-way
}

// UnmarshalJSON also reads what schema 1 wrote: the export's id alone.
func (p *Pick) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &p.Export)
	}
	type plain Pick
	return json.Unmarshal(data, (*plain)(p))
}

// Marks returns the marks of a plan from an instant on, in order. What it does
// not know is passed over.
func (l *Ledger) Marks(ctx context.Context, plan string, from time.Time) ([]Mark, error) {
	dir := "slots/" + plan + "/"
	var marks []Mark
	after := from.Add(-time.Second).UTC().Format(image.SlotFormat)
	for more := true; more; {
		var names []string
		var err error
		if names, more, err = l.names(ctx, dir, after, maxList); err != nil {
			return nil, err
		}
		for _, name := range names {
			if m, ok := parseMark(name); ok && !m.Slot.Before(from) {
				marks = append(marks, m)
			}
			after = name
		}
		more = more && len(names) > 0
	}
	return marks, nil
}

// ReadMark returns what a mark says.
func (l *Ledger) ReadMark(ctx context.Context, plan string, m Mark) (Slot, error) {
	var s Slot
	err := l.get(ctx, l.prefix+"slots/"+plan+"/"+m.key(), &s)
	return s, err
}

// MarkSlot makes a mark. One that stands is left as it is.
func (l *Ledger) MarkSlot(ctx context.Context, m Mark, s Slot) error {
	s.Schema, s.Slot, s.At = Schema, m.Slot.UTC(), s.At.UTC()
	err := l.put(ctx, "slots/"+s.Plan+"/"+m.key(), s)
	if outcome.Is(err, outcome.Exists) {
		return nil
	}
	return wrap(err, "mark slot %s of plan %s", m.Slot.UTC().Format(time.RFC3339), s.Plan)
}

// spoil marks the slot of an export that failed, for those who count failures.
func (l *Ledger) spoil(ctx context.Context, e Entry) error {
	r := e.Request
	if r.Origin != Scheduled || e.Verdict != Failed && e.Verdict != Partial {
		return nil
	}
	s := Slot{Plan: r.Plan, At: e.At, Detail: e.Reason}
	return l.MarkSlot(ctx, Mark{Slot: r.Slot, Fate: Spoilt, Export: r.ID}, s)
}
