package fsck

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// place looks for what must be listed of an export that stands at e.
func (c *check) place(ctx context.Context, e ledger.Entry) error {
	shown := e.State
	if e.State == ledger.Closed {
		shown = e.Verdict
	}
	c.count(func(f *Figures) { f.States[shown]++ })
	r := e.Request
	if r.Origin == ledger.Scheduled {
		c.slots.add(r.Plan+"/"+r.Slot.UTC().Format(markFormat), inLogs, string(r.ID))
	}
	if e.State == ledger.Closed {
		return c.checkClosed(ctx, e)
	}
	return c.checkAlive(ctx, e)
}

// closed is the body of an object in history.
type closed struct {
	Schema  int
	ID      image.ExportID
	Plan    string
	Image   image.ID
	Verdict ledger.State
	At      time.Time
}

// checkClosed: it is in the history of its day, with the same verdict, and a failure
// is marked on its slot. The mark is made first, and the place on the work list is
// given up last.
func (c *check) checkClosed(ctx context.Context, e ledger.Entry) error {
	r, day := e.Request, e.At.UTC().Format(dayFormat)
	c.history.add(day, inLogs, string(r.ID))
	key := c.root + days + day + "/" + string(r.ID)
	var h closed
	err := c.read(ctx, key, &h, &h.Schema)
	switch {
	case absent(err) && c.now.Sub(e.At) < grace:
		return nil
	case absent(err):
		c.find(unlisted, key, r.ID, "it is CLOSED since %s, and not here", stamp(e.At))
		return nil
	case err != nil:
		return c.unread(ctx, key, r.ID, err)
	}
	want := closed{h.Schema, r.ID, r.Plan, r.Image.ID, e.Verdict, e.At.UTC()}
	if h.At = h.At.UTC(); h != want {
		c.find(summary, key, r.ID, "it says %s of %s at %s; the log says %s of %s at %s", h.Verdict, h.ID, stamp(h.At), e.Verdict, r.ID, stamp(e.At))
	}
	if !fails(e) {
		return nil
	}
	key = c.root + slotNotes + r.Plan + "/" + r.Slot.UTC().Format(image.SlotFormat) + "." + string(ledger.Spoilt) + "." + string(r.ID)
	if _, err := c.Get(ctx, key); absent(err) {
		c.find(unmarked, key, r.ID, "it is %s, and its slot has no mark of that", e.Verdict)
	}
	return nil
}

// fails reports whether an export is one that its plan's failures are counted by.
// Schema 1 knew no such marks.
func fails(e ledger.Entry) bool {
	return e.Request.Origin == ledger.Scheduled && e.Schema > 1 && (e.Verdict == ledger.Failed || e.Verdict == ledger.Partial)
}

// checkAlive: it is on the work list. What the list asks for need not be what the log
// asks for: a slot that is filled twice, before and after somebody changed the plan, has
// the marker of the first and the log of whoever decided first.
func (c *check) checkAlive(ctx context.Context, e ledger.Entry) error {
	name := ledger.OpenName(e.Request)
	key := c.root + workList + name
	m, err := c.marker(ctx, key)
	switch {
	case absent(err):
		latest, err := c.newest(ctx, e.Request.ID)
		if err == nil && latest.Seq == e.Seq { // else it has moved on, perhaps to its end
			c.find(lost, key, e.Request.ID, "it is %s, and not on the work list", e.State)
		}
		return ctx.Err()
	case err != nil:
		return c.unread(ctx, key, e.Request.ID, err)
	case ledger.OpenName(m) != name:
		c.find(misplaced, key, e.Request.ID, "it holds the request of %q", ledger.OpenName(m))
	}
	return nil
}

// marker reads an object on the work list.
func (c *check) marker(ctx context.Context, key string) (ledger.Request, error) {
	var m struct {
		Schema  int
		Request ledger.Request
	}
	err := c.read(ctx, key, &m, &m.Schema)
	return m.Request, err
}

// newest returns the newest entry of a log, past what a stale listing shows. Seq is
// 0 if there is none.
func (c *check) newest(ctx context.Context, id image.ExportID) (ledger.Entry, error) {
	e, err := c.ledger.Load(ctx, id)
	for err == nil && e.Seq > 0 {
		var later ledger.Entry
		if err = c.read(ctx, c.root+logDir(id)+entryName(e.Seq+1), &later, &later.Schema); absent(err) {
			return e, nil
		}
		if err == nil && later.Seq != e.Seq+1 {
			return e, nil // somebody else's; the log's own check says so
		}
		e = later
	}
	return e, err
}
