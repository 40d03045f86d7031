package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// checkNews is when COS takes news on: what they say is so.
func (w *world) checkNews(c *sent, q ledger.Request) {
	switch n := q.News; {
	case n == nil:
	case n.Kind == ledger.KindStalled:
		w.stalledIsTrue(c, n)
	case n.Kind == ledger.KindDigest:
		w.digestIsTrue(c, q)
	}
}

// stalledIsTrue: an export that is waited for beyond its time is late, or its files may
// not be read.
func (w *world) stalledIsTrue(c *sent, n *ledger.Told) {
	r := w.of(n.Export).newest()
	late := r != nil && c.by.on.now().After(r.Request.Deadline)
	if !late && w.denied < c.by.began {
		w.violate(failureIsTrue, n.Export, "it is stalled, and is neither late nor kept from being read")
	}
}

// digestIsTrue: a digest names what became of each export of its slot, when all of them
// are decided, and comes once.
func (w *world) digestIsTrue(c *sent, q ledger.Request) {
	slot := q.News.Slots[0]
	var exports []ledger.Pick
	for _, m := range w.marks[q.Plan] {
		if m.at != slot.Sub(epoch) {
			continue
		}
		if m.fate == ledger.Filled {
			exports = m.note.Exports
		}
		if m.fate == ledger.Digested && m.stands < c.by.began && !c.by.stale {
			w.violate(digestsAreTrue, q.ID, "it is told since %s, and now again", clockText(m.stands))
		}
	}
	if len(exports) != len(q.News.Exports) {
		w.violate(digestsAreTrue, q.ID, "it names %d exports, and the slot has %d", len(q.News.Exports), len(exports))
	}
	for _, o := range q.News.Exports {
		named := slices.ContainsFunc(exports, func(p ledger.Pick) bool { return p.Export == o.Export })
		if r := w.of(o.Export).newest(); !named || r == nil || r.Verdict == "" || r.Verdict != o.Verdict {
			w.violate(digestsAreTrue, q.ID, "it says that %s is %s, and that is not so", o.Export, o.Verdict)
		}
	}
}

// checkDigests: whoever wants digests has got one of each slot since the first that was
// told of, or of the newest at least.
func (w *world) checkDigests(name string) {
	if !w.heeded(name, ledger.KindDigest) || w.damaged { // nobody knows what became of what was damaged
		return
	}
	newest, first := time.Duration(-1), w.end
	for _, m := range w.marks[name] {
		switch m.fate {
		case ledger.Filled:
			newest = max(newest, m.at)
		case ledger.Digested:
			first = min(first, m.at)
		}
	}
	first = min(first, newest)
	for _, m := range w.marks[name] {
		about := strings.TrimSuffix(image.SlotPrefix(name, epoch.Add(m.at)), "-")
		if m.fate == ledger.Filled && m.at >= first && w.histories[image.NewsID(about, ledger.KindDigest)].newest() == nil {
			w.violate(digestsAreTrue, slotName(name, m.at), "there is no digest of slot %s of plan %s", clockText(m.at), name)
		}
	}
}
