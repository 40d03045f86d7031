package export

import (
	"context"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// News are told as verdicts are: a request on the work list, a log, a claim on
// each send. So they survive a crash, and a repeat carries the same id.

// openNews puts news on the work list, unless no channel wants to hear of them.
// Opening the same news again is harmless.
func (d *Driver) openNews(ctx context.Context, r ledger.Request) error {
	for _, channel := range d.Notify.Channels() {
		if hears(r, channel, r.News.Kind) {
			_, err := d.Ledger.Open(ctx, r)
			return err
		}
	}
	return nil
}

// newsOf makes the request for news about an export.
func newsOf(about ledger.Request, n *ledger.Told) ledger.Request {
	return ledger.Request{
		ID: image.NewsID(string(about.ID), n.Kind), Origin: ledger.Noticed, Plan: about.Plan, Slot: about.Slot, Image: about.Image,
		Bucket: about.Bucket, Prefix: about.Prefix, Format: about.Format, Deadline: about.Deadline, Hears: about.Hears, News: n,
	}
}

// tellPlan puts news about the slot of an order on the work list.
func (d *Driver) tellPlan(ctx context.Context, o Order, n *ledger.Told) error {
	slot := o.Slot.UTC().Truncate(time.Second)
	about := strings.TrimSuffix(image.SlotPrefix(o.Plan.Name, slot), "-")
	return d.openNews(ctx, ledger.Request{
		ID: image.NewsID(about, n.Kind), Origin: ledger.Noticed, Plan: o.Plan.Name, Slot: slot, Bucket: o.Bucket,
		Deadline: slot, Hears: o.Plan.Notify, News: n,
	})
}
