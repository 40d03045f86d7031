package sim

import (
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// checkEnd is when the calm is over: all must have converged.
func (w *world) checkEnd() {
	if w.versioned {
		return // nothing went on there
	}
	for _, h := range w.order {
		if !h.damaged {
			w.checkEnded(h)
		}
	}
	w.ledger.under(statePrefix+"v1/open/", "", func(key string, o *object) bool {
		if o.deleted == 0 && !w.of(parseKey(key).export).damaged {
			w.violate(workListEmpties, parseKey(key).export, "%s is still there", key)
		}
		return w.violation == nil
	})
	for _, name := range w.plans.Names() {
		w.checkSlots(name)
		w.checkDigests(name)
	}
	for _, c := range w.clients {
		if c.accepted && w.histories[image.RequestedID(c.key)] == nil {
			w.violate(requestsAreAnswered, "", "the request with %q was accepted, and there is no export of it", c.key)
		}
	}
}

// mostAnnounced is how many tries of a notice are announced before it is given up.
// An instance can die between announcing and sending, each time.
const mostAnnounced = 5

// checkEnded: what was begun is closed, and everybody heard of it who would hear.
func (w *world) checkEnded(h *history) {
	r := h.newest()
	switch {
	case r == nil:
		w.violate(exportsEnd, h.id, "it has a marker and no log")
		return
	case r.State != ledger.Closed:
		w.violate(exportsEnd, h.id, "it is %s since %s", r.State, clockText(r.stands))
		return
	}
	for channel, d := range r.Deliveries {
		heard := h.heard[channel]
		switch {
		case !h.tried[channel] && d.Attempt < mostAnnounced && !w.left(channel):
			w.violate(everybodyIsTold, h.id, "%s was never tried", channel)
		case d.State == ledger.Sent && heard == nil && channel != ledger.ManifestChannel:
			w.violate(everybodyIsTold, h.id, "%s heard nothing, and the log says it did", channel)
		case d.State != ledger.Sent && d.State != ledger.Undelivered:
			w.violate(everybodyIsTold, h.id, "%s is left at %s", channel, d.State)
		}
	}
	w.checkFallbacks(r)
	w.checkManifest(h, r)
	w.ended(r)
}

// ended counts how exports end.
func (w *world) ended(r *record) {
	w.met("an export that ends " + string(r.Verdict))
	for _, d := range r.Deliveries {
		if d.State == ledger.Undelivered {
			w.met("a notice that was given up")
		}
	}
	if r.Request.News != nil {
		w.met("news: " + r.Request.News.Kind)
	}
}
