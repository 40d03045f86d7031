package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// files is the image bucket as one instance sees it. It implements [export.Files].
type files struct{ i *instance }

func (f files) Stat(_ context.Context, _ image.Bucket, key string) (file ledger.File, err error) {
	w := f.i.w
	err = w.call(opStat, key, func(*sent) error {
		o := w.images.get(key)
		if o == nil {
			return notFound
		}
		file = o.file
		return nil
	})
	if err != nil {
		return ledger.File{}, err
	}
	return file, nil
}

func (f files) Names(_ context.Context, _ image.Bucket, prefix string) (names []string, err error) {
	w := f.i.w
	err = w.call(opNames, prefix, func(c *sent) error {
		names, _ = w.list(&w.images, c, filesStale, prefix, "", export.MaxNames)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// Uploads shows the uploads of tasks, in the seeds in which COS shows to the bucket's
// owner what CVM uploads.
func (f files) Uploads(_ context.Context, _ image.Bucket, prefix string) (keys []string, err error) {
	w := f.i.w
	err = w.call(opUploads, prefix, func(*sent) error {
		keys, _ = w.opened(prefix)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return keys, nil
}

var _ export.Files = files{}

// land writes a file, by a task of ours or by a stranger, and sends its event.
func (w *world) land(key string, size int64, by *task, should diskimage.Want) {
	w.versions[key]++
	id := named("version", key, w.versions[key])
	file := ledger.File{Key: key, Size: size, CRC64: "1", ETag: fmt.Sprintf("%016x", uint64(id)), Time: epoch.Add(w.now).Truncate(time.Second)}
	o := &object{file: file, by: by, since: w.now, should: should, holds: w.fill(id, should)}
	if was := w.images.get(key); was != nil {
		was.replaced = w.now
		w.met("a file that was written twice")
		if by != nil && was.by == nil {
			w.violate(foreignFilesStay, by.export, "an export overwrote %s, which somebody else had put there", key)
		}
	}
	w.images.put(key, o)
	w.stored[file.ETag] = o
	w.tell(nil, "file %s lands (%d bytes%s)", key, size, o.gloss())
	w.announce(file)
}

func (o *object) gloss() string {
	if o.holds == healthyDisk {
		return ""
	}
	return ", " + codes[o.holds]
}

// announce sends the object-created event of a file, or not.
func (w *world) announce(f ledger.File) {
	name := "event of " + f.Key + " " + f.ETag
	id := named(name)
	rec := recordOf(f.Key, f.Size, f.ETag, f.Time)
	if w.hit(eventLost, id) {
		w.met("an object event was lost")
		return
	}
	after := time.Duration(50+w.number(id.and('a'), 2000)) * time.Millisecond
	if w.hit(eventLate, id) {
		after += time.Duration(w.float(id.and('b')) * float64(2*time.Hour))
		w.met("an object event was late")
	}
	if w.hit(eventsTogether, id) { // with the next one, whenever that is
		w.held = append(w.held, rec)
		w.at(w.now+after, w.releaseHeld)
		return
	}
	records := append(w.held, rec)
	w.held = nil
	if len(records) > 1 {
		w.met("several records in one event")
	}
	w.at(w.now+after, func() { w.deliver(&w.notify, name, objectsEvent(records...), nil) })
	if w.hit(eventDoubled, id) {
		w.met("an object event came twice")
		again := after + time.Duration(w.float(id.and('c'))*w.float(id.and('d'))*float64(20*time.Minute))
		w.at(w.now+again, func() { w.deliver(&w.notify, name+" again", objectsEvent(rec), nil) })
	}
}

// releaseHeld sends what waited for company and found none.
func (w *world) releaseHeld() {
	if len(w.held) > 0 {
		records := w.held
		w.held = nil
		w.deliver(&w.notify, fmt.Sprintf("held events at %s", w.now), objectsEvent(records...), nil)
	}
}
