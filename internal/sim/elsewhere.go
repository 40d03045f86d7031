package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
)

// set is the files of an export that somebody else started in the console.
type set struct {
	keys []string
	told image.ExportID // the export under whose name all are told of
	torn bool           // somebody could not see all of it
}

// exportElsewhere lets somebody export a machine in the console: an upload for each of
// its disks, which end in any order.
func (w *world) exportElsewhere(day identity) {
	w.met("a machine that somebody else exported")
	s := &set{}
	for n := range 1 + w.number(day.and(30), 3) {
		key := fmt.Sprintf("vm%d_xvd%c.raw", w.day(), 'a'+n)
		s.keys = append(s.keys, key)
		takes := time.Duration(w.logUniform(day.and(uint64(31+n)), float64(time.Minute), float64(longest)))
		w.upload(&upload{key: key, from: w.now, to: w.now + takes}, nil, shouldOf(key))
	}
	w.sets = append(w.sets, s)
}

// shouldOf is what a file of others is to hold, as far as its name says.
func shouldOf(key string) (want diskimage.Want) {
	for ext, format := range map[string]image.Format{".raw": image.RAW, ".qcow2": image.QCOW2} {
		if strings.HasSuffix(key, ext) {
			want.Format = format
		}
	}
	want.System = strings.Contains(key, "_system_") || strings.Contains(key, "_xvda.")
	return want
}

// setOf returns the set of a file, or nil.
func (w *world) setOf(key string) *set {
	for _, s := range w.sets {
		if slices.Contains(s.keys, key) {
			return s
		}
	}
	return nil
}

// checkSet: where COS shows who writes, a set is told of when it is complete, and not
// again. A listing that lags shows less, and a file that is replaced is another export.
func (w *world) checkSet(h *history, r *record) {
	s := w.setOf(r.Request.File)
	if s == nil || !w.uploadsShow || r.Reason == "gone" {
		return
	}
	replaced := slices.ContainsFunc(s.keys, func(key string) bool { return w.versions[key] > 1 })
	if r.by.stale || replaced || !r.At.Before(r.Request.Deadline) {
		s.torn = true
	}
	if s.torn {
		return
	}
	if s.told != "" && s.told != h.id {
		w.violate(setsAreToldOnce, h.id, "%s is told of, and was under the name of %s", r.Request.File, s.told)
	}
	s.told = h.id
	if len(r.Landed) != len(s.keys) {
		w.violate(setsAreToldOnce, h.id, "it is told of with %d of %d files", len(r.Landed), len(s.keys))
	}
	if len(s.keys) > 1 {
		w.met("a set of files that was told of as one")
	}
}
