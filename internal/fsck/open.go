package fsck

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// patience is how long after its deadline an export may stay on the work list: a day
// for uploads that still run, and almost one until the last try to tell of it.
const patience = 3 * 24 * time.Hour

// checkOpen looks from the work list at the log. A log that cannot be read is not
// spoken of here: its own check does.
func (c *check) checkOpen(ctx context.Context, name string, id image.ExportID) error {
	key := c.root + workList + name
	e, err := c.newest(ctx, id)
	switch {
	case err != nil:
		return ctx.Err()
	case e.Seq == 0:
		return c.checkMarker(ctx, key, name, id)
	case ledger.OpenName(e.Request) != name:
		c.find(misplaced, key, id, "the log has the slot %s", stamp(e.Request.Slot))
	case e.State == ledger.Closed && c.now.Sub(e.At) > grace:
		c.find(unfinished, key, id, "it is CLOSED since %s, and still on the work list", stamp(e.At))
	case e.State != ledger.Closed && c.now.Sub(due(e.Request)) > patience:
		c.find(stuck, key, id, "it is %s, and its deadline was %s", e.State, stamp(due(e.Request)))
	}
	return nil
}

// checkMarker checks what is on the work list and has no log yet.
func (c *check) checkMarker(ctx context.Context, key, name string, id image.ExportID) error {
	m, err := c.marker(ctx, key)
	switch {
	case absent(err): // it was closed meanwhile
		return nil
	case err != nil:
		return c.unread(ctx, key, id, err)
	case ledger.OpenName(m) != name:
		c.find(misplaced, key, id, "it holds the request of %q", ledger.OpenName(m))
	case c.now.Sub(due(m)) > grace:
		c.find(unstarted, key, id, "nothing was decided on it, and its deadline was %s", stamp(due(m)))
	}
	return nil
}

// due is when an export is to be over. News have no deadline.
func due(r ledger.Request) time.Time {
	if r.Deadline.Before(r.Slot) {
		return r.Slot
	}
	return r.Deadline
}
