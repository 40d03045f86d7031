package export

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

const (
	// How far back the slots of a plan are looked at, and with it what a tick costs,
	// however long the plan has been running: so many due ones, of about a year, or
	// a month for a plan that has no schedule.
	lookbackSlots       = 300
	lookback            = 400 * 24 * time.Hour
	unscheduledLookback = 31 * 24 * time.Hour
)

// standing is what became of the slots of a plan: its marks, oldest first.
type standing []ledger.Mark

// standing reads what became of the last slots of a plan before a time.
func (d *Driver) standing(ctx context.Context, p plan.Plan, at time.Time) (standing, error) {
	from := at.Add(-unscheduledLookback)
	if p.Schedule != "" {
		from = at.Add(-lookback)
		if due := p.Due(from, at, lookbackSlots); len(due) == lookbackSlots {
			from = due[0]
		}
	}
	return d.Ledger.Marks(ctx, p.Name, from)
}

// filled reports whether nothing is left to be done about a due slot.
func (s standing) filled(slot time.Time) bool {
	return slices.ContainsFunc(s, func(m ledger.Mark) bool {
		return m.Slot.Equal(slot) && (m.Fate == ledger.Filled || m.Fate == ledger.Suspended)
	})
}

// accounted returns the instants of which there is a record.
func (s standing) accounted() map[time.Time]bool {
	at := map[time.Time]bool{}
	for _, m := range s {
		if accounts(m) {
			at[m.Slot] = true
		}
	}
	return at
}

func accounts(m ledger.Mark) bool {
	return m.Fate != ledger.Resumed && m.Fate != ledger.Spoilt && m.Fate != ledger.Digested
}

// suspended reports whether the plan was suspended and not resumed since.
func (s standing) suspended() bool {
	for _, m := range slices.Backward(s) {
		if m.Fate == ledger.Suspended || m.Fate == ledger.Resumed {
			return m.Fate == ledger.Suspended
		}
	}
	return false
}

// before returns the newest mark before a slot that f wants.
func (s standing) before(slot time.Time, f func(ledger.Mark) bool) (ledger.Mark, bool) {
	for _, m := range slices.Backward(s) {
		if m.Slot.Before(slot) && f(m) {
			return m, true
		}
	}
	return ledger.Mark{}, false
}

// suspects returns the slots that were filled before one, newest first, since the
// plan was last resumed: as far back as the n-th in which an export failed, and
// none if there are not so many among the last 2n.
func (s standing) suspects(slot time.Time, n int) (list []ledger.Mark) {
	bad, found := map[time.Time]bool{}, 0
	for _, m := range slices.Backward(s) {
		switch {
		case !m.Slot.Before(slot):
		case m.Fate == ledger.Spoilt:
			bad[m.Slot] = true
		case m.Fate == ledger.Resumed, len(list) == 2*n:
			return nil
		case m.Fate == ledger.Filled:
			list = append(list, m)
			if bad[m.Slot] {
				found++
			}
			if found == n {
				return list
			}
		}
	}
	return nil
}

// spoilt reports whether the export of the same image in the slot before an order's
// had failed by then, so that people are waiting for the good news.
func (s standing) spoilt(o Order, r ledger.Request) bool {
	last, ok := s.before(o.Slot, func(m ledger.Mark) bool { return m.Fate == ledger.Filled })
	if !ok || o.Origin != ledger.Scheduled {
		return false
	}
	what := strings.TrimPrefix(string(r.ID), o.Names)
	was := image.ExportID(image.SlotPrefix(o.Plan.Name, last.Slot) + what)
	return slices.Contains(s, ledger.Mark{Slot: last.Slot, Fate: ledger.Spoilt, Export: was})
}
