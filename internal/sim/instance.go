package sim

import (
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/ferry"
	"github.com/imageferry/imageferry/internal/plan"
)

// instance is one process of a function. It keeps its driver while it lives.
type instance struct {
	w        *world
	of       *lambda
	name     string
	skew     time.Duration // of its clock
	width    int           // of its pools
	old      bool          // of the previous version
	born     time.Duration
	serves   *invocation
	idle     time.Duration // since
	thaws    time.Duration
	dead     bool
	channels []plan.Channel // as they were when it began
	refused  map[*ear]bool  // those that it knows to have left
	stale    bool           // a listing of those that left was
	ferry    *ferry.Ferry
	handler  handler
}

// clock is what the instance's clock shows at an instant.
func (i *instance) clock(at time.Duration) time.Time { return epoch.Add(at + i.skew) }

func (i *instance) now() time.Time { return i.clock(i.w.now) }

// coldAfter is how long an idle instance is kept.
const coldAfter = 20 * time.Minute

// instance returns one that is free.
func (w *world) instance(f *lambda, id identity) *instance {
	kept := f.instances[:0]
	var free *instance
	for _, i := range f.instances {
		switch {
		case i.dead, i.serves == nil && w.now-i.idle > coldAfter:
			continue
		case i.serves == nil && free == nil:
			free = i
		}
		kept = append(kept, i)
	}
	f.instances = kept
	switch {
	case free != nil && w.float(id.and('w')) < w.warm:
		w.met("a warm instance")
		return free
	case len(f.instances) >= f.most:
		return free
	}
	return w.boot(f, id)
}

// boot starts a new instance.
func (w *world) boot(f *lambda, id identity) *instance {
	f.born++
	i := &instance{w: w, of: f, name: fmt.Sprintf("%s-%d", f.name, f.born), born: w.now, width: w.width, refused: map[*ear]bool{}}
	if w.hit(clockSkew, id) {
		i.skew = time.Duration((w.float(id.and('s'))*2 - 1) * float64(w.skew))
	}
	if w.oldDays[w.day()] && w.hit(oldVersion, id) {
		i.old = true
		w.met("an instance of the previous version")
	}
	for _, c := range w.channels {
		i.channels = append(i.channels, c.Channel)
	}
	i.ferry = w.deploy(i)
	i.handler = f.handle(i)
	f.instances = append(f.instances, i)
	return i
}

// jump sets the clock of an instance between two invocations, within what is
// promised.
func (w *world) jump(i *instance, id identity) {
	if w.hit(clockJump, id) {
		i.skew = time.Duration((w.float(id.and('j'))*2 - 1) * float64(w.skew))
		w.met("a clock was set")
	}
}
