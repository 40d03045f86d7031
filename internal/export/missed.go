package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// grace is how long after its due instant a slot is given to be filled before it
// counts as missed: a late timer, and SCF's two repeats a minute apart.
const grace = 10 * time.Minute

// audit finds the due slots of a plan that nobody filled: the function was
// disabled, the timer lost, the fan-out stopped half way. It makes up those that
// the plan wants made up, leaves a record of the others, and tells people. It
// returns the exports that it put on the work list.
func (d *Driver) audit(ctx context.Context, p plan.Plan) ([]*job, error) {
	now := d.Now()
	last := p.Due(now.Add(-lookback), now.Add(-grace), 1)
	if len(last) == 0 {
		return nil, nil
	}
	newest := last[0]
	if was, ok := d.audited.Load(p.Name); ok && was == newest {
		return nil, nil // this instance has looked, and records do not go away
	}
	due := p.Due(now.Add(-lookback), newest, lookbackSlots)
	s, err := d.sinceBegun(ctx, p, due[0])
	if err != nil {
		return nil, err
	}
	missed, err := d.missed(ctx, p, s, due)
	switch {
	case err != nil:
		return nil, err
	case !s.accounted()[newest] && !slices.Contains(missed, newest):
		// The plan, or its present schedule, is new: it owes nothing from before.
		return nil, d.mark(ctx, p, newest, ledger.Begun, "")
	case len(missed) == 0:
		d.audited.Store(p.Name, newest)
		return nil, nil
	case s.suspended():
		for _, slot := range missed {
			if err := d.pass(ctx, p, slot); err != nil {
				return nil, err
			}
		}
		return nil, nil
	}
	return d.settleMissed(ctx, p, missed, newest)
}

// sinceBegun returns the marks of a plan from its first due slot on, or all of them
// where those do not reach back so far: then the plan is younger than that, or
// nothing ran it for longer than is looked back. A young one is marked, and not
// asked about again.
func (d *Driver) sinceBegun(ctx context.Context, p plan.Plan, first time.Time) (standing, error) {
	var s standing
	s, err := d.Ledger.Marks(ctx, p.Name, first)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(s, accounts)
	begun := func(m ledger.Mark) bool { return m.Fate == ledger.Begun && m.Slot.Equal(s[at].Slot) }
	if at >= 0 && (!s[at].Slot.After(first) || slices.ContainsFunc(s, begun)) {
		return s, nil
	}
	all, err := d.Ledger.Marks(ctx, p.Name, time.Unix(0, 0))
	if err != nil || at < 0 {
		return all, err
	}
	if oldest := slices.IndexFunc(all, accounts); oldest >= 0 && all[oldest].Slot.Equal(s[at].Slot) {
		err = d.mark(ctx, p, s[at].Slot, ledger.Begun, "")
	}
	return all, err
}

// missed returns the due slots without a record, as far as the mark before each
// shows that the plan had the same schedule then.
func (d *Driver) missed(ctx context.Context, p plan.Plan, s standing, due []time.Time) (list []time.Time, err error) {
	accounted, same := s.accounted(), map[ledger.Mark]bool{}
	for _, slot := range due {
		if accounted[slot] {
			continue
		}
		m, ok := s.before(slot, accounts)
		if !ok {
			continue // it may have been due before there was the plan
		}
		if _, known := same[m]; !known {
			note, err := d.Ledger.ReadMark(ctx, p.Name, m)
			damaged := errors.Is(err, ledger.ErrDamaged) // rather tell of too many than of none
			if err != nil && !damaged {
				return nil, err
			}
			same[m] = damaged || note.Schedule == p.Schedule
		}
		if same[m] {
			list = append(list, slot)
		}
	}
	return list, nil
}

// settleMissed tells of missed slots, makes up those that are wanted, and records
// the others. The news come first, and a slot's record last: whatever a crash
// leaves undone is found missing again, and told of under the same id.
func (d *Driver) settleMissed(ctx context.Context, p plan.Plan, missed []time.Time, newest time.Time) ([]*job, error) {
	late := makeUp(p, missed, newest, d.Now())
	n := &ledger.Told{
		Kind: ledger.KindMissed, Slots: missed,
		Detail: fmt.Sprintf("plan %s was due and did not run; slots missed: %d, the last at %s; to be made up: %d",
			p.Name, len(missed), missed[len(missed)-1].Format(time.RFC3339), len(late)),
		Hint: "see whether the timer trigger is enabled and has the plan's schedule, and what the function's log says at that time",
	}
	if err := d.tellPlan(ctx, PlanOrder(p, missed[len(missed)-1], d.Bucket), n); err != nil {
		return nil, err
	}
	var all []*job
	for _, slot := range missed {
		if !slices.Contains(late, slot) {
			if err := d.mark(ctx, p, slot, ledger.Missed, "not made up: catch_up is "+string(p.CatchUp)+" within "+p.CatchUpWithin.String()); err != nil {
				return all, err
			}
			continue
		}
		jobs, err := d.fill(ctx, PlanOrder(p, slot, d.Bucket))
		all = append(all, jobs...)
		if err != nil {
			return all, fmt.Errorf("make up slot %s of plan %s: %w", slot.Format(time.RFC3339), p.Name, err)
		}
	}
	return all, nil
}

// makeUp returns those of the missed slots that the plan wants made up. One that a
// later slot has replaced is as good as made up where only the newest counts.
func makeUp(p plan.Plan, missed []time.Time, newest, now time.Time) []time.Time {
	return slices.DeleteFunc(slices.Clone(missed), func(slot time.Time) bool {
		switch {
		case now.Sub(slot) > p.CatchUpWithin, p.CatchUp == plan.CatchUpNone:
			return true
		}
		return p.CatchUp == plan.CatchUpNewest && !slot.Equal(newest)
	})
}

func (d *Driver) mark(ctx context.Context, p plan.Plan, slot time.Time, fate ledger.Fate, detail string) error {
	return d.Ledger.MarkSlot(ctx, ledger.Mark{Slot: slot, Fate: fate}, ledger.Slot{Plan: p.Name, Schedule: p.Schedule, At: d.Now(), Detail: detail})
}
