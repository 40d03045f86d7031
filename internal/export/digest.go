package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// A digest tells at once what became of all exports of a slot, when the last of them
// is over. It is for whoever would rather read one message a night than fifty, so
// only channels that ask for it get it.

const (
	// digestSlots is how many slots without a digest are looked at: one that is still open
	// after so many later ones was told of as stalled or failed long ago.
	digestSlots = 30
	// digestMost bounds the exports that a digest names; it counts them all. A region
	// has 500 images of its own at most.
	digestMost = 500
)

// digest tells of the slots of a plan that are over and were not told of. It goes by
// the work list that t went through.
func (d *Driver) digest(ctx context.Context, t *tick, p plan.Plan) error {
	r := ledger.Request{Plan: p.Name, Hears: p.Notify}
	wanted := func(c plan.Channel) bool { return hears(r, c, ledger.KindDigest) }
	if !slices.ContainsFunc(d.Notify.Channels(), wanted) {
		return nil
	}
	s, err := d.standing(ctx, p, d.Now())
	if err != nil {
		return err
	}
	for _, m := range s.undigested() {
		if t.lists(p.Name, m.Slot) || !t.open(d.Now()) {
			continue
		}
		if err := d.digestSlot(ctx, p, m); err != nil {
			return err
		}
	}
	return nil
}

// undigested returns those of the newest filled slots that nobody was told of in one
// piece, newest first. Where nobody ever was, it is the newest alone: who asks for
// digests today does not ask for those of last month.
func (s standing) undigested() (list []ledger.Mark) {
	began := slices.IndexFunc(s, func(m ledger.Mark) bool { return m.Fate == ledger.Digested })
	for i, m := range slices.Backward(s) {
		switch {
		case m.Fate != ledger.Filled:
		case began < 0:
			return []ledger.Mark{m}
		case i < began, len(list) == digestSlots:
			return list
		case !slices.Contains(s, ledger.Mark{Slot: m.Slot, Fate: ledger.Digested}):
			list = append(list, m)
		}
	}
	return list
}

// lists reports whether any export of a slot is on the work list.
func (t *tick) lists(name string, slot time.Time) bool {
	prefix := slot.UTC().Format(image.SlotFormat) + "-" + image.SlotPrefix(name, slot)
	for listed := range t.listed {
		if strings.HasPrefix(listed, prefix) {
			return true
		}
	}
	return false
}

// digestSlot tells of one slot, if all of its exports have a verdict. The news come
// before the mark: a crash between them tells again, under the same id.
func (d *Driver) digestSlot(ctx context.Context, p plan.Plan, m ledger.Mark) error {
	note, err := d.Ledger.ReadMark(ctx, p.Name, m)
	if errors.Is(err, ledger.ErrDamaged) {
		return nil
	}
	if err != nil {
		return err
	}
	entries := make([]ledger.Entry, len(note.Exports))
	errs := make([]error, len(note.Exports))
	d.Pool(len(entries), func(i int) { entries[i], errs[i] = d.Ledger.Load(ctx, note.Exports[i].Export) })
	err = errors.Join(errs...)
	switch {
	case errors.Is(err, ledger.ErrDamaged): // nobody knows what became of it; fsck says so
		return d.mark(ctx, p, m.Slot, ledger.Digested, "an export cannot be read")
	case err != nil:
		return err
	}
	if slices.ContainsFunc(entries, func(e ledger.Entry) bool { return e.Verdict == "" }) {
		return nil // the listing was stale
	}
	if err := d.tellPlan(ctx, PlanOrder(p, m.Slot, d.Bucket), digestOf(m.Slot, entries, len(note.Skipped))); err != nil {
		return err
	}
	return d.mark(ctx, p, m.Slot, ledger.Digested, "")
}

// digestOf sums up a slot, what went wrong first.
func digestOf(slot time.Time, entries []ledger.Entry, skipped int) *ledger.Told {
	n := &ledger.Told{Kind: ledger.KindDigest, Slots: []time.Time{slot}, Counts: map[ledger.State]int{}, Skipped: skipped}
	var good []ledger.Outcome
	for _, e := range entries {
		o := ledger.Outcome{Export: e.Request.ID, Image: e.Request.Image.ID, Name: e.Request.Image.Name, Verdict: e.Verdict, Reason: e.Reason}
		n.Counts[e.Verdict]++
		for _, f := range e.Landed {
			o.Bytes += f.Size
		}
		if e.Verdict == ledger.Complete {
			good = append(good, o)
		} else {
			n.Exports = append(n.Exports, o)
		}
	}
	n.Detail = fmt.Sprintf("%d complete, %d failed or partial, %d left out as unchanged or under way", len(good), len(n.Exports), skipped)
	n.Exports = append(n.Exports, good...)
	n.Exports = n.Exports[:min(len(n.Exports), digestMost)]
	return n
}
