package sim

import (
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// task is one export that CVM took. Nobody can ask how it is doing (213/47833 has
// no query); its files appear, or do not.
type task struct {
	number uint64
	export image.ExportID
	prefix string
	image  image.ID
	files  []string
	began  time.Duration
	opens  time.Duration // its first upload
	ends   time.Duration // its last file, or its death
	dead   bool          // no file after ends, and an upload that stays open
}

// uploading reports whether an upload of the task is open. COS keeps those of a
// task that died.
func (t *task) uploading(now time.Duration) bool {
	return now >= t.opens && (now < t.ends || t.dead && t.ends > t.opens)
}

// runningTasks counts what takes up quota.
func (w *world) runningTasks() (n int) {
	for _, t := range w.tasks {
		if w.now < t.ends {
			n++
		}
	}
	return n
}

// longest is how long an export takes at most when nothing goes wrong.
const longest = 3 * time.Hour

// begin starts a task, and plans the landing of its files.
func (w *world) begin(r ledger.Request, s *sent) *task {
	id := named("task", string(r.ID), s.id)
	m := w.catalog[r.Image.ID]
	t := &task{
		number: uint64(len(w.tasks) + 1), export: r.ID, prefix: r.Prefix, image: r.Image.ID, began: w.now,
		files: image.Expected(m.Image, r.Prefix, r.Format, r.RootOnly), // by the cloud's own word, whatever r says
	}
	takes := time.Duration(w.logUniform(id.and('t'), float64(10*time.Minute), float64(longest)))
	queued := min(takes/4, time.Duration(w.float(id.and('q'))*float64(8*time.Minute)))
	if w.hit(taskQueued, id) {
		queued += time.Duration(w.float(id.and('r')) * float64(90*time.Minute))
		takes += queued
		w.met("a task that was queued for long")
	}
	if w.hit(taskLong, id) {
		takes += time.Duration(w.logUniform(id.and('l'), float64(8*time.Hour), float64(30*time.Hour)))
		w.met("a task that took longer than its deadline")
	}
	t.opens, t.ends = w.now+queued, w.now+takes
	land := len(t.files)
	switch {
	case w.hit(taskDies, id):
		land, t.dead = 0, true
		t.ends = w.now + time.Duration(w.float(id.and('d'))*float64(takes))
		w.met("a task that died silently")
	case len(t.files) > 1 && w.hit(taskDiesHalf, id):
		land, t.dead = land-1, true
		w.met("a task that died with files missing")
	}
	w.tasks = append(w.tasks, t)
	w.tell(nil, "CVM takes task %d for %s", t.number, t.export)
	together := w.float(id.and('e')) < 0.3 // the last two files in the same instant
	if w.hit(emptyFirst, id) {
		w.at(t.opens, func() {
			w.met("a file that was empty before it had content")
			w.land(t.files[0], 0, t)
		})
	}
	for i, key := range t.files[:land] {
		at := t.opens + (t.ends-t.opens)*time.Duration(i+1)/time.Duration(len(t.files))
		if together && i >= len(t.files)-2 {
			at = t.ends
		}
		w.at(at, func() {
			if together && i == len(t.files)-1 && i > 0 {
				w.met("the last two files landed at once")
			}
			w.land(key, 20<<30+int64(len(key)), t)
		})
	}
	return t
}
