package fsck

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// compare goes through the days on which lists and logs do not name the same
// exports. Most of them differ only because somebody works while we look.
func (c *check) compare(ctx context.Context, work *errgroup.Group) error {
	for _, day := range c.history.differing() {
		err := c.list(ctx, days+day+"/", func(key string) error {
			if _, id, ok := parseClosed(strings.TrimPrefix(key, c.root+days)); ok {
				work.Go(func() error { return c.checkListed(ctx, key, day, id) })
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, group := range c.slots.differing() {
		err := c.list(ctx, slotNotes+group, func(key string) error {
			if m, ok := parseMark(strings.TrimPrefix(key, c.root+slotNotes)); ok && m.fate == ledger.Filled {
				work.Go(func() error { return c.checkStarted(ctx, key, m) })
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkListed: what a day of history names was closed on it.
func (c *check) checkListed(ctx context.Context, key, day string, id image.ExportID) error {
	e, err := c.newest(ctx, id)
	switch {
	case err != nil: // the log's own check speaks of it
		return ctx.Err()
	case e.Seq == 0:
		c.find(ghost, key, id, "it has no log")
	case e.State != ledger.Closed:
		c.find(ghost, key, id, "its log says %s", e.State)
	case e.At.UTC().Format(dayFormat) != day:
		c.find(ghost, key, id, "its log says that it was closed on %s", e.At.UTC().Format(dayFormat))
	}
	return nil
}

// checkStarted: what a slot note names has a log, or is on the work list.
func (c *check) checkStarted(ctx context.Context, key string, m mark) error {
	var s ledger.Slot
	if err := c.read(ctx, key, &s, &s.Schema); err != nil {
		return ctx.Err() // spoken of before
	}
	for _, p := range s.Exports {
		marker := c.root + workList + ledger.OpenName(ledger.Request{ID: p.Export, Slot: m.slot})
		if _, err := c.Get(ctx, marker); !absent(err) {
			continue
		}
		// Only behind the work list: an export that ends leaves it, and has a log then.
		if e, err := c.newest(ctx, p.Export); err == nil && e.Seq == 0 {
			c.find(missing, key, p.Export, "%s has neither a log nor a place on the work list", p.Export)
		}
	}
	return ctx.Err()
}
