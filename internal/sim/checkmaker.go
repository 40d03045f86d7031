package sim

import (
	"slices"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// checkCreate is when CreateImage is about to be called.
func (w *world) checkCreate(i *instance, id image.ExportID) *record {
	return w.claim(i, id, func(r *record) bool { return r.State == ledger.Imaging }, "CreateImage")
}

// checkMade is when CVM makes an image.
func (w *world) checkMade(claim *record, of image.ExportID) {
	w.acts(claim, "CreateImage")
	n := 0
	for _, p := range w.catalog {
		if p.export == of {
			n++
		}
	}
	if n > 1 {
		w.violate(imagesAreMadeOnce, of, "CVM made %d images for it", n)
	}
	w.met("an image was made of an instance")
}

// checkDeletion is when an image is about to be deleted: one that we made, is not
// the newest of its instance, and whose own export is over.
func (w *world) checkDeletion(i *instance, id image.ID) *record {
	v := i.serves
	announces := func(r *record) bool {
		return r.by == v && r.State == ledger.Pruning && slices.Contains(r.Surplus, string(id)) && r.effects[string(id)] == 0
	}
	var announced *record // two exports of an instance may announce the same; the one that was read back acts
	for _, h := range w.order {
		for _, r := range h.records {
			if announces(r) && (announced == nil || r.seen > announced.seen) {
				announced = r
			}
		}
	}
	if announced == nil {
		w.violate(intentionFirst, "", "%s deletes %s without an entry that announces it", v.name, id)
		return nil
	}
	return w.claim(i, announced.log.id, announces, string(id))
}

// checkDeleted is when CVM deletes an image.
func (w *world) checkDeleted(claim *record, id image.ID) {
	w.acts(claim, "DeleteImages")
	p := w.catalog[id]
	if claim == nil || p == nil {
		return
	}
	if p.export == "" {
		w.violate(onlyOurImagesGo, claim.log.id, "%s is deleted, and we did not make it", id)
		return
	}
	if r := w.of(p.export).newest(); r == nil || r.State != ledger.Closed {
		w.violate(onlyOurImagesGo, claim.log.id, "%s is deleted, and its export is not over", id)
	}
	behind := 0
	for _, h := range w.order {
		r := h.newest()
		if r != nil && r.Request.Instance == claim.Request.Instance && r.Request.Plan == claim.Request.Plan && r.Verdict == ledger.Complete {
			if other := w.catalog[r.Request.Image.ID]; other != nil && newer(other.Image, p.Image) {
				behind++
			}
		}
	}
	if behind < claim.Request.Keep {
		w.violate(onlyOurImagesGo, claim.log.id, "%s is deleted, and only %d newer ones of its instance are complete", id, behind)
	}
}

// newer reports whether a may count as made after b: nobody can order those of one second.
func newer(a, b image.Image) bool { return a.ID != b.ID && !a.Created.Before(b.Created) }
