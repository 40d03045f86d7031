package sim

import (
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

// checkVerdict is when the first entry with a verdict stands.
func (w *world) checkVerdict(h *history, r *record) {
	w.rightEarsHear(h, r)
	if r.Request.Origin == ledger.Observed {
		w.checkSet(h, r)
	}
	switch {
	case r.Verdict == ledger.Complete:
		w.successIsTrue(h, r)
	case r.Verdict == ledger.Partial, r.Verdict == ledger.Failed:
		w.failureIsTrue(h, r)
	}
	if r.Verdict == ledger.Complete && r.Request.Recovers {
		w.met("an export that recovered")
	}
	if q := r.Request; !slices.Contains(h.recovers, q.Recovers) {
		w.violate(recoveryIsTrue, h.id, "its log says %t, and no marker does", q.Recovers)
	}
}

// files returns what an export writes, by the cloud's own word and not by what its log
// says; of somebody else's, what its log names.
func (h *history) files() (keys []string) {
	r := h.newest()
	switch {
	case r.Request.Origin == ledger.Observed:
		for _, f := range r.Landed {
			keys = append(keys, f.Key)
		}
	case len(h.starts) > 0:
		keys = h.starts[0].task.files
	}
	return keys
}

// successIsTrue: every file that CVM was to write is there, and is the disk that it was
// to be; and nobody is about to replace it, as far as anybody could know.
func (w *world) successIsTrue(h *history, r *record) {
	keys := h.files()
	if len(keys) == 0 || r.Request.Origin == ledger.Observed && !slices.Contains(keys, r.Request.File) {
		w.violate(successIsTrue, h.id, "it is COMPLETE, and there is no file of it")
	}
	for _, key := range keys {
		n := slices.IndexFunc(r.Landed, func(f ledger.File) bool { return f.Key == key })
		if n < 0 || w.images.get(key) == nil {
			w.violate(successIsTrue, h.id, "it is COMPLETE, and %s is not there", key)
			return
		}
		switch o := w.version(r.Landed[n]); {
		case o == nil || o.file.Size == 0 || !o.stoodSince(r.by.began):
			w.violate(successIsTrue, h.id, "it is COMPLETE, and %s was another file then", key)
		case o.flawed():
			w.violate(successIsTrue, h.id, "it is COMPLETE, and %s is no whole disk: %s", key, codes[o.holds])
		}
		for _, u := range w.uploads {
			if u.key == key && u.from < r.by.began && u.writes(w.now) && w.uploadsShow && r.At.Before(r.Request.Deadline) {
				w.violate(nobodyWrites, h.id, "it is COMPLETE, and somebody writes to %s since %s", key, clockText(u.from))
			}
		}
	}
}

// failureIsTrue: people act on what a bad verdict says.
func (w *world) failureIsTrue(h *history, r *record) {
	truth := true
	switch r.Reason {
	case "suspicious", "not-a-disk":
		truth = slices.ContainsFunc(r.Landed, func(f ledger.File) bool { o := w.version(f); return o != nil && o.flawed() })
	case "not-verified":
		truth = w.denied >= r.by.began || r.At.After(r.Request.Deadline.Add(24*time.Hour)) // then it must end, whatever the answer
	case "files-missing", "nothing-landed":
		truth = len(h.starts) == 0 || slices.ContainsFunc(h.files(), func(key string) bool {
			o := w.images.get(key)
			return o == nil || o.file.Size == 0 || o.since >= r.by.began
		})
	}
	early := r.At.Before(r.Request.Deadline)
	if early && slices.Contains([]string{"not-verified", "files-missing", "nothing-landed"}, r.Reason) {
		w.violate(failureIsTrue, h.id, "it is %s (%s), and there is time until %s", r.Verdict, r.Reason, r.Request.Deadline)
	}
	if !truth {
		w.violate(failureIsTrue, h.id, "it is %s (%s), and that is not so", r.Verdict, r.Reason)
	}
	whole := func(f ledger.File) bool { o := w.version(f); return o != nil && !o.flawed() }
	if r.Verdict == ledger.Partial && !slices.ContainsFunc(r.Landed, whole) {
		w.violate(failureIsTrue, h.id, "it is PARTIAL, and no file of it is whole")
	}
	w.met("an export that ends " + string(r.Verdict) + ": " + orOther(r.Reason))
}

// orOther keeps the number of probes small: the reasons that files give.
func orOther(reason string) string {
	switch reason {
	case "suspicious", "not-a-disk", "not-verified", "files-missing", "nothing-landed", "gone":
		return reason
	}
	return "other"
}
