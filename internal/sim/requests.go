package sim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// client is somebody who asks for an export by HTTP, and repeats the request with
// the same Idempotency-Key until it is accepted or refused.
type client struct {
	key      string
	image    image.ID
	tries    int
	accepted bool
}

// visitors plans what people do: requests, files of their own, names that are taken.
func (w *world) visitors() {
	for day := range w.opt.Days {
		id := named("day", day)
		if w.float(id.and(1)) < 0.7 {
			c := &client{key: fmt.Sprintf("key of day %d", day), image: []image.ID{"img-app1", "img-web1", "img-gone"}[w.number(id.and(2), 3)]}
			w.clients = append(w.clients, c)
			at := time.Duration(day)*24*time.Hour + time.Duration(w.float(id.and(3))*float64(12*time.Hour))
			w.at(at, func() { w.ask(c) })
			if w.float(id.and(4)) < 0.3 {
				w.met("the same request twice at once")
				w.at(at+time.Duration(w.float(id.and(5))*float64(3*time.Second)), func() { w.ask(c) })
			}
		}
		w.at(time.Duration(day)*24*time.Hour, func() { w.strangers(id) })
	}
}

// ask sends a request. A Function URL repeats nothing; the client does.
func (w *world) ask(c *client) {
	c.tries++
	again := func() {
		if c.tries < 6 && !c.accepted {
			w.met("a request was repeated")
			w.at(w.now+3*time.Minute, func() { w.ask(c) })
		}
	}
	body := fmt.Sprintf(`{"image":%q}`, c.image)
	ok := w.invoke(&w.export, fmt.Sprintf("request with %q, try %d", c.key, c.tries), httpEvent("POST", "/v1/exports", c.key, body), func(_ *invocation, out []byte, err error) {
		var a struct{ StatusCode int }
		if err == nil && json.Unmarshal(out, &a) == nil {
			w.tell(nil, "the request with %q is answered %d", c.key, a.StatusCode)
		}
		switch {
		case a.StatusCode == 202:
			c.accepted = true
			w.met("a request was accepted")
		case a.StatusCode == 422:
			w.met("a request was refused")
		default:
			again()
		}
	})
	if !ok {
		again()
	}
}

// strangers puts files of others into the image bucket, for a day.
func (w *world) strangers(day identity) {
	start := w.now
	at := func(n uint64) time.Duration { return start + time.Duration(w.float(day.and(n))*float64(24*time.Hour)) }
	if w.hit(strangerFile, day) {
		name := []string{"notes.txt", "backup_xvda.raw", "other_img-web1_system_snap-web10.qcow2", "img-db1_data_snap-db11.raw"}[w.number(day.and(20), 4)]
		size := []int64{0, 1 << 30}[w.number(day.and(21), 2)]
		w.at(at(22), func() {
			w.met("a stranger's file")
			w.land(name, size, nil, shouldOf(name))
		})
	}
	if w.hit(strangerSet, day) {
		w.at(at(24), func() { w.exportElsewhere(day) })
	}
	if w.hit(eventForged, day) {
		w.at(at(23), func() {
			w.met("a forged event")
			rec := recordOf("team/forged_img-web1_system_snap-web10.raw", 1<<30, "x", epoch.Add(w.now))
			w.deliver(&w.notify, fmt.Sprintf("forged event of %s", clockText(w.now)), objectsEvent(rec), nil)
			w.eventOfNoDisk(recordOf("team/forged_manifest.json", 1<<10, "x", epoch.Add(w.now)))
		})
	}
	if w.hit(fileRemoved, day) {
		w.at(at(25), func() { w.removeFile(day) })
	}
	if w.hit(imageNamesake, day) {
		w.takeImageName(start)
	}
	for _, name := range []string{"nightly", "narrow"} {
		if who := named("taken", day, name); w.hit(nameTaken, who) {
			w.takeName(name, start)
		}
	}
}

// removeFile removes a file of an export that is over, as people do who tidy up.
func (w *world) removeFile(day identity) {
	n := w.number(day.and(26), 20)
	for _, h := range slices.Backward(w.order) {
		r := h.newest()
		if r == nil || r.State != ledger.Closed || r.Verdict != ledger.Complete || len(h.starts) == 0 {
			continue
		}
		if n--; n < 0 {
			key := h.starts[0].task.files[0]
			w.images.remove(key)
			w.removed[key] = w.now
			w.met("somebody removed a file of ours")
			w.tell(nil, "somebody removes %s", key)
			return
		}
	}
}

// takeName puts a stranger's file where the next slot of a plan wants to write.
func (w *world) takeName(name string, from time.Duration) {
	p := w.plans[name]
	next := p.Next(epoch.Add(from), 1)
	if len(next) == 0 {
		return
	}
	m := w.catalog["img-web1"]
	export := image.ScheduledID(name, next[0], m.ID)
	key := image.Expected(m.Image, image.Prefix(p.Prefix, export), p.Format, p.RootDiskOnly)[0]
	w.at(max(from, next[0].Sub(epoch)-time.Hour), func() {
		w.met("a stranger's file under a name of ours")
		w.land(key, 1<<20, nil, shouldOf(key))
	})
}

// absences switches a function off for hours or days.
func (w *world) absences() {
	for day := range w.opt.Days {
		for _, f := range []*lambda{&w.export, &w.notify} {
			id := named("off", f.name, day)
			w.at(time.Duration(day)*24*time.Hour, func() {
				if !w.hit(functionOff, id) {
					return
				}
				w.met("a function was switched off")
				f.offFrom = w.now + time.Duration(w.float(id.and(1))*float64(24*time.Hour))
				f.offTo = min(w.calm, f.offFrom+time.Duration(w.logUniform(id.and(2), float64(time.Hour), float64(60*time.Hour))))
				w.tell(nil, "function %s is off from %s to %s", f.name, clockText(f.offFrom), clockText(f.offTo))
			})
		}
	}
}
