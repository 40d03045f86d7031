package sim

import (
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/manifest"
)

// checkKeep is when a manifest is about to be written.
func (w *world) checkKeep(i *instance, e ledger.Entry) *record {
	w.of(e.Request.ID).tried[ledger.ManifestChannel] = true
	return w.claim(i, e.Request.ID, func(r *record) bool { return r.Deliveries[ledger.ManifestChannel].State == ledger.Sending }, noticeTo(ledger.ManifestChannel))
}

// manifested is when COS takes the manifest of an export on: it never changes.
func (w *world) manifested(id image.ExportID, body []byte) {
	h := w.of(id)
	if h.manifest != nil && string(h.manifest) != string(body) {
		w.violate(manifestsAreKept, id, "its manifest says %s, and said %s", body, h.manifest)
	}
	h.manifest = body
}

// checkManifest: an export that ended with whole files has its manifest, beside the log
// and beside the files, unless the log says that it could not be written.
func (w *world) checkManifest(h *history, r *record) {
	d, claimed := r.Deliveries[ledger.ManifestChannel]
	if !claimed || d.State == ledger.Undelivered {
		return
	}
	m, err := manifest.Decode(h.manifest)
	if err != nil {
		w.violate(manifestsAreKept, h.id, "it is %s, and its manifest is %s: %v", r.Verdict, d.State, err)
		return
	}
	if o := w.images.get(manifest.Key(r.Request)); r.Request.Origin != ledger.Observed && (o == nil || string(o.body) != string(h.manifest)) {
		w.violate(manifestsAreKept, h.id, "its manifest is not beside its files")
	}
	same := m.Export == h.id && m.Verdict == r.Verdict && len(m.Files) == len(r.Landed) && len(m.Files)+len(m.Missing) == max(len(r.Expected), len(r.Landed))
	for i, f := range r.Landed {
		same = same && m.Files[i].Key == f.Key && m.Files[i].ETag == f.ETag && m.Files[i].Size == f.Size
	}
	if !same {
		w.violate(manifestsAreKept, h.id, "its manifest names %v and misses %v, and its log has %v", m.Files, m.Missing, r.Landed)
	}
}
