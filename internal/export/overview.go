package export

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// Overview is how a plan stands.
type Overview struct {
	Plan      string
	Next      []time.Time // due instants, if the plan has a schedule
	Suspended bool        // then nothing is exported until somebody resumes it
	Last      *LastSlot   // nil if none of the last slots has a record
	Err       error       // why the rest could not be read; the plan's name and Next are there all the same
}

// LastSlot is what became of the newest slot that there is a record of.
type LastSlot struct {
	Slot    time.Time
	Fate    ledger.Fate // Filled, Missed or Suspended
	Exports int         // Filled: put on the work list
	Skipped int         // Filled: left out, because the plan holds them
	Failed  int         // of Exports, so far
}

// overviewRuns is how many due instants an overview lists.
const overviewRuns = 3

// Overview tells how every plan stands, by name. It costs a LIST for each thousand
// marks of the last slots, mostly one, and at most one GET a plan, however long the
// plan has been running.
func (d *Driver) Overview(ctx context.Context) []Overview {
	names := d.Plans.Names()
	list := make([]Overview, len(names))
	d.Pool(len(names), func(i int) {
		o, p := &list[i], d.Plans[names[i]]
		o.Plan, o.Next = p.Name, p.Next(d.Now(), overviewRuns)
		o.Err = d.record(ctx, p, o)
	})
	return list
}

// record fills in what the ledger says of a plan.
func (d *Driver) record(ctx context.Context, p plan.Plan, o *Overview) error {
	s, err := d.standing(ctx, p, d.Now())
	if err != nil {
		return err
	}
	o.Suspended = s.suspended()
	m, ok := s.last()
	if !ok {
		return nil
	}
	o.Last = &LastSlot{Slot: m.Slot, Fate: m.Fate}
	if m.Fate != ledger.Filled {
		return nil
	}
	note, err := d.Ledger.ReadMark(ctx, p.Name, m)
	o.Last.Exports, o.Last.Skipped, o.Last.Failed = len(note.Exports), len(note.Skipped), s.failures(m.Slot)
	return err
}

// last returns the newest slot's mark. One that was filled after all, although it
// had been given up, counts as filled.
func (s standing) last() (last ledger.Mark, ok bool) {
	for _, m := range s { // a slot's marks are in order: filled comes first
		switch m.Fate {
		case ledger.Filled, ledger.Missed, ledger.Suspended:
			if !ok || m.Slot.After(last.Slot) {
				last, ok = m, true
			}
		}
	}
	return last, ok
}

// failures counts the exports of a slot that failed.
func (s standing) failures(slot time.Time) (n int) {
	for _, m := range s {
		if m.Fate == ledger.Spoilt && m.Slot.Equal(slot) {
			n++
		}
	}
	return n
}
