package fsck

import (
	"context"
	"strings"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// checkMark checks an object under slots/.
func (c *check) checkMark(ctx context.Context, key string, m mark) error {
	var s ledger.Slot
	if err := c.read(ctx, key, &s, &s.Schema); err != nil {
		return c.unread(ctx, key, m.export, err)
	}
	if s.Schema > 1 && (s.Plan != m.plan || !s.Slot.Equal(m.slot)) {
		c.find(misplaced, key, m.export, "it holds slot %s of plan %q", stamp(s.Slot), s.Plan)
		return nil
	}
	switch m.fate {
	case ledger.Filled:
		c.checkFilled(key, m, s)
	case ledger.Spoilt:
		e, err := c.newest(ctx, m.export)
		if err == nil && (!fails(e) || e.State != ledger.Closed) {
			c.find(spoilt, key, m.export, "the log says %s %s", named(e.State), e.Verdict)
		}
		return ctx.Err()
	}
	return nil
}

// checkFilled: each image, each instance and each export is there once. Whether the
// exports exist is seen when all logs have been read.
func (c *check) checkFilled(key string, m mark, s ledger.Slot) {
	c.count(func(f *Figures) { f.Slots++ })
	seen := map[string]bool{}
	for _, p := range s.Exports {
		if !strings.HasPrefix(string(p.Export), image.SlotPrefix(m.plan, m.slot)) {
			c.find(slotNote, key, p.Export, "%q is no export of this slot", p.Export)
		}
		for _, name := range []string{string(p.Image), string(p.Instance), string(p.Export)} {
			if name != "" && seen[name] {
				c.find(slotNote, key, p.Export, "%s is there twice", name)
			}
			seen[name] = true
		}
		c.slots.add(m.plan+"/"+m.slot.Format(markFormat), inLists, string(p.Export))
	}
}
