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

// lookedAt is how many of a plan's newest slots a digest is made of.
const lookedAt = 3

// checkDigests: of each of the last slots, whoever wants a digest has got one.
func (w *world) checkDigests(name string) {
	if !w.heeded(name, ledger.KindDigest) {
		return
	}
	var filled []time.Duration
	for _, m := range w.marks[name] {
		if m.fate == ledger.Filled && !slices.Contains(filled, m.at) {
			filled = append(filled, m.at)
		}
	}
	slices.Sort(filled)
	for _, at := range filled[max(0, len(filled)-lookedAt):] {
		about := strings.TrimSuffix(image.SlotPrefix(name, epoch.Add(at)), "-")
		if w.histories[image.NewsID(about, ledger.KindDigest)].newest() == nil {
			w.violate(digestsAreTrue, slotName(name, at), "there is no digest of slot %s of plan %s", clockText(at), name)
		}
	}
}
