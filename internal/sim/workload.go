package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/config"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ferry"
	"github.com/imageferry/imageferry/internal/function"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/secret"
)

// The deployment.
const (
	region      = "ap-guangzhou"
	statePrefix = "imageferry/"
	token       = "simulated-token-0123456789"
	quiet       = 10 * time.Minute // that an unanswered start is given to show itself
)

var (
	imageBucket = image.Bucket{Name: "images", AppID: "1250000000"}
	stateBucket = image.Bucket{Name: "state", AppID: "1250000000"}
	apiToken    = secret.New(token)
)

// plans returns the plans of a run of so many days. Their schedules end with the
// month: a tick looks at every due instant since a year ago.
func plans(days int) plan.Set {
	set := plan.Set{}
	add := func(name, at string, change func(p *plan.Plan)) {
		p := plan.Default()
		p.Name, p.Deadline = name, 12*time.Hour
		p.Schedule = fmt.Sprintf("0 %s 1-%d 12 ? 2026", at, days+1)
		change(&p)
		set[name] = p
	}
	add("nightly", "0 3", func(p *plan.Plan) { // fixed images, one of which may be gone
		p.Images = []plan.Selector{{ID: "img-web1"}, {ID: "img-db1"}}
		p.Unchanged, p.Format, p.CatchUp = plan.Export, image.QCOW2, plan.CatchUpAll
	})
	add("pattern", "0 9", func(p *plan.Plan) { // whatever has the name; the rest is skipped
		p.Images = []plan.Selector{{Name: "app-*", Newest: 2}}
		p.Prefix, p.AnyData, p.Deadline = "team/", true, 30*time.Hour // the next slot may come before it is over
		p.Notify = map[string][]string{"webhook": {"completed", "failed", "partial", "stalled", "missed", "skipped", "suspended", "resumed"}}
	})
	add("machines", "30 15", func(p *plan.Plan) { // images are made first
		p.Instances = []plan.InstanceSelector{{Tags: map[string]string{"backup": "yes"}}}
	})
	add("narrow", "15 21", func(p *plan.Plan) { // two at a time
		p.Images = []plan.Selector{{ID: "img-app1"}, {ID: "img-web1"}, {ID: "img-log1"}}
		p.Unchanged, p.MaxInFlight, p.RootDiskOnly, p.CatchUp = plan.Export, 2, true, plan.CatchUpNone
	})
	return set
}

// deploy puts a deployment together for one instance.
func (w *world) deploy(i *instance) *ferry.Ferry {
	l := ledger.New(state{i}, statePrefix)
	l.Nonce = func() string {
		v := w.running.of
		v.nonces++
		return fmt.Sprintf("%d/%d", v.number, v.nonces)
	}
	return &ferry.Ferry{
		Config: config.Config{
			Region: region, ImageBucket: imageBucket, StateBucket: stateBucket, StatePrefix: statePrefix,
			Settle: w.settle, Token: apiToken, NotifyUnmanaged: true,
		},
		Plans: w.plans,
		Driver: &export.Driver{
			Ledger: l, Cloud: cloud{i}, Files: files{i}, Verify: verifier{i}, Notify: receiver{i}, Keep: keeper{i}, Plans: w.plans, Bucket: imageBucket, Region: region,
			Settle: w.settle, Quiet: quiet, Now: i.now, Sleep: i.sleep, Pool: i.pool, Log: silent,
		},
	}
}

func exportHandler(i *instance) handler {
	return &function.Export{Open: func() (*ferry.Ferry, error) { return i.ferry, nil }}
}

func notifyHandler(i *instance) handler {
	return &function.Notify{Open: func() (*ferry.Ferry, error) { return i.ferry, nil }}
}

// furnish fills the account: images, machines, and what is wrong with them.
func (w *world) furnish() {
	for i, name := range []string{"web1", "db1", "app1", "app2", "log1"} {
		id := image.ID("img-" + name)
		m := image.Image{ID: id, Name: name, Type: "PRIVATE_IMAGE", State: "NORMAL", OS: "Ubuntu", Created: epoch.Add(-time.Duration(i+1) * 24 * time.Hour)}
		if app, ok := strings.CutPrefix(name, "app"); ok {
			m.Name = "app-" + app
		}
		for disk := range 1 + w.number(named("disks", name), 3) {
			m.Disks = append(m.Disks, image.Disk{Snapshot: fmt.Sprintf("snap-%s%d", name, disk), System: disk == 0, GiB: 50})
		}
		p := &picture{Image: m}
		if who := named("image", name); w.hit(imagePoisoned, who) && i > 1 {
			p.poison = []poison{alwaysRefused, alwaysUnknown}[w.number(who.and(1), 2)]
			w.met("an image that can never be exported")
		} else if w.hit(imageDeleted, who) && i > 2 {
			w.at(w.deletionOf(who, name), func() {
				delete(w.catalog, id)
				w.tell(nil, "somebody deletes image %s", id)
			})
		}
		w.catalog[id] = p
	}
	w.machines = []image.Instance{
		{ID: "ins-one", Name: "one", Tags: map[string]string{"backup": "yes"}},
		{ID: "ins-two", Name: "two"},
	}
}

// deletionOf is when an image is deleted: at any time, or in the seconds between a
// plan's choice of it and its export.
func (w *world) deletionOf(who identity, name string) time.Duration {
	slot := map[string]time.Duration{"app2": 9 * time.Hour, "log1": 21*time.Hour + 15*time.Minute}[name]
	if w.float(who.and(3)) < 0.5 {
		return time.Duration(w.float(who.and(2)) * float64(w.calm))
	}
	day := time.Duration(w.number(who.and(4), w.opt.Days)) * 24 * time.Hour
	return day + slot + time.Duration(w.float(who.and(5))*float64(5*time.Second))
}

// timers plans every tick of the run, with what becomes of it.
func (w *world) timers() {
	for _, name := range w.plans.Names() {
		w.due[name] = map[time.Duration]bool{}
		for _, slot := range w.plans[name].Due(epoch.Add(-time.Second), epoch.Add(w.end), 1000) {
			at := slot.Sub(epoch)
			w.due[name][at] = true
			w.fire("plan "+name, `{"plan":"`+name+`"}`, at, func(v *invocation) { w.checkTick(v, name, at) })
		}
	}
	for at, k := time.Duration(0), 0; at < w.end; at, k = at+sweepEvery, k+1 {
		if at > w.calm && k%2 == 1 {
			continue // what is under way in the calm takes its time anyway
		}
		w.fire("sweep", `{"sweep":true}`, at+time.Duration(w.float(named("sweep", k))*float64(2*time.Minute)), nil)
	}
}

const sweepEvery = 30 * time.Minute

// fire plans one tick of a timer trigger. What comes of each delivery is checked.
func (w *world) fire(trigger, message string, due time.Duration, check func(*invocation)) {
	name := fmt.Sprintf("%s of %s", trigger, clockText(due))
	id := named(name)
	w.at(max(0, due-time.Second), func() { // what becomes of it is drawn when it is due, or the calm would have faults
		at := due
		switch {
		case w.hit(timerLost, id):
			w.met("a timer did not fire")
			return
		case w.hit(timerEarly, id):
			at -= 200 * time.Millisecond
			w.met("a timer fired early")
		case w.hit(timerLate, id):
			at += time.Duration(w.float(id.and(1)) * float64(90*time.Second))
			w.met("a timer fired late")
		}
		event := timerEvent(trigger, epoch.Add(at), message)
		w.at(at, func() { w.deliver(&w.export, name, event, check) })
		if w.hit(timerTwice, id) {
			w.met("two timers for one slot at once")
			w.at(at+time.Duration(w.float(id.and(2))*float64(2*time.Second)), func() { w.deliver(&w.export, name+", twin", event, check) })
		}
		if w.hit(timerRepeated, id) {
			w.met("a timer event that came again")
			w.at(at+time.Duration(w.float(id.and(3))*float64(10*time.Minute)), func() { w.deliver(&w.export, name+", again", event, check) })
		}
	})
}
