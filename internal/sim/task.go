package sim

import (
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
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
	should []diskimage.Want // what each is to hold
	began  time.Duration
	opens  time.Duration // its first upload
	ends   time.Duration // its last file, or its death
	dead   bool          // no file after ends, and an upload that stays open
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
	for _, d := range m.Exported(r.RootOnly) {
		t.should = append(t.should, diskimage.Want{Format: r.Format, Bytes: d.GiB << 30, System: d.System, AnyData: w.plans[r.Plan].AnyData})
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
	w.tasks = append(w.tasks, t)
	w.tell(nil, "CVM takes task %d for %s", t.number, t.export)
	if w.hit(emptyFirst, id) {
		w.at(t.opens, func() {
			w.met("a file that was empty before it had content")
			w.land(t.files[0], 0, t, t.should[0])
		})
	}
	w.write(t, id)
	return t
}

// write plans the uploads of a task: one disk after the other, or the last two at once.
func (w *world) write(t *task, id identity) {
	n := len(t.files)
	part := (t.ends - t.opens) / time.Duration(n)
	together := w.float(id.and('e')) < 0.3
	lands := n
	switch {
	case w.hit(taskDies, id):
		lands, t.dead = 0, true
		t.ends = w.now + time.Duration(w.float(id.and('d'))*float64(t.ends-w.now))
		w.met("a task that died silently")
	case n > 1 && w.hit(taskDiesHalf, id):
		lands, t.dead = n-1, true
		w.met("a task that died with files missing")
	}
	for i, key := range t.files {
		from, to := t.opens+part*time.Duration(i), t.opens+part*time.Duration(i+1)
		if i == n-1 {
			to = t.ends
		}
		if together && n > 1 && i >= n-2 {
			from, to = t.opens+part*time.Duration(n-2), t.ends
		}
		if i >= lands {
			if from < t.ends {
				w.uploads = append(w.uploads, &upload{key: key, from: from, left: true})
			}
			continue
		}
		w.upload(&upload{key: key, from: from, to: to}, t, t.should[i])
		if together && i == n-1 && i > 0 {
			w.at(to, func() { w.met("the last two files landed at once") })
		}
	}
	if t.dead {
		return
	}
	if w.hit(uploadLeft, id) { // CVM began a second time, and forgot the first
		w.uploads = append(w.uploads, &upload{key: t.files[n-1], from: t.opens, left: true})
	}
	if w.hit(taskRewrites, id) { // the first disk was not as it should be
		again := &upload{key: t.files[0], from: t.ends - part/2, to: t.ends + time.Duration(w.logUniform(id.and('w'), float64(5*time.Minute), float64(2*time.Hour)))}
		w.upload(again, t, t.should[0])
		t.ends = again.to
		w.at(again.to, func() { w.met("a file that was written again when all were there") })
	}
}
