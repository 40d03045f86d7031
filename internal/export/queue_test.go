package export_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// addImages adds n images and returns their ids.
func (w *world) addImages(n int) (ids []image.ID) {
	for i := range n {
		id := image.ID(fmt.Sprintf("img-n%07d", i))
		w.addImage(id, 1)
		ids = append(ids, id)
	}
	return ids
}

// crowd is a plan of four images a slot, every four hours for two days and a half,
// and room for one task, four of which take five hours.
func crowd(t *testing.T) (*world, plan.Plan) {
	t.Helper()
	w := newWorld(t)
	w.silent = true
	p := everyDay()
	p.Images = nil
	for _, id := range w.addImages(4) {
		p.Images = append(p.Images, plan.Selector{ID: id})
	}
	p.Schedule, p.Deadline = "0 0 3/4 22-24 11 * 2026", 96*time.Hour
	w.takes = 75 * time.Minute
	w.quota(1)
	w.deploy(p)
	return w, p
}

// sweepEvery sweeps at intervals up to a time.
func (w *world) sweepEvery(interval time.Duration, until time.Time) {
	for ; w.now.Before(until); w.now = w.now.Add(interval) {
		_ = w.sweep()
	}
	w.now = until
}

// What does not fit is not asked for: one refusal a tick.
func TestOneRefusalATick(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(w.addImages(50)...)
	w.deploy(p)
	w.takes = 10 * time.Hour
	w.quota(3)
	_, _ = w.timer(p, slot)
	if n := w.exportCalls(); n != 4 {
		t.Errorf("%d calls in the first tick; want 3 and a refusal", n)
	}
	for range 12 {
		before := w.exportCalls()
		w.now = w.now.Add(10 * time.Minute)
		_ = w.sweep()
		if n := w.exportCalls() - before; n > 1 {
			t.Errorf("%d calls in a tick without room", n)
		}
	}
}

// Room that others leave is found before the back-off ends.
func TestRoomIsFoundEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(w.addImages(3)...)
	w.deploy(p)
	w.takes = time.Hour
	w.quota(1)
	_, _ = w.timer(p, slot)
	w.sweepEvery(5*time.Minute, slot.Add(4*time.Hour))
	for i, task := range w.tasks {
		if late := task.at.Sub(slot) - time.Duration(i)*time.Hour; late > 30*time.Minute {
			t.Errorf("task %d was started %s after there was room", i, late)
		}
	}
	if len(w.tasks) != 3 {
		t.Errorf("%d tasks", len(w.tasks))
	}
}

// A newer export does not take the room that an older one was refused, and whose
// time has not come again, whatever its own plan.
func TestHeadOfLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImages(2)
	old, young := nightly("img-n0000000"), nightly("img-n0000001")
	young.Name, young.Schedule = "young", ""
	w.deploy(old, young)
	w.takes = 50 * time.Minute
	w.quota(0) // others have it all
	_, _ = w.timer(old, slot)
	w.quota(1)
	w.now = slot.Add(time.Minute)
	_, _ = w.timer(young, w.now)
	w.sweepEvery(5*time.Minute, slot.Add(8*time.Hour))
	if got := w.taskOrder(); !slices.Equal(got, []image.ID{"img-n0000000", "img-n0000001"}) {
		t.Errorf("started in the order %q", got)
	}
}

// A plan's own limit is kept, and keeps up no other plan.
func TestMaxInFlight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImages(9)
	narrow, wide := everyDay(), everyDay()
	narrow.Images, wide.Images = nil, nil
	for i := range 9 {
		s := plan.Selector{ID: image.ID(fmt.Sprintf("img-n%07d", i))}
		if i < 6 {
			narrow.Images = append(narrow.Images, s)
		} else {
			wide.Images = append(wide.Images, s)
		}
	}
	narrow.MaxInFlight, wide.Name = 2, "wide"
	w.deploy(narrow, wide)
	most := 0
	w.at = func(int, string) { most = max(most, inFlight(w, narrow.Name)) }
	_, _ = w.timer(narrow, slot)
	_, _ = w.timer(wide, slot)
	if n := len(w.tasks); n != 5 {
		t.Errorf("%d tasks at once; want two and three", n)
	}
	w.sweepEvery(5*time.Minute, slot.Add(6*time.Hour))
	if len(w.tasks) != 9 || most != 2 {
		t.Errorf("%d tasks, at most %d of the narrow plan at once", len(w.tasks), most)
	}
	w.wantKept()
}

func inFlight(w *world, name string) (n int) {
	for _, task := range w.tasks {
		if task.request.Plan == name && w.now.Before(task.at.Add(w.takes)) {
			n++
		}
	}
	return n
}

// Images that are being made count as under way.
func TestMaxInFlightOfInstances(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.making = 30 * time.Minute
	p := machines(3)
	for i := range 5 {
		id := image.InstanceID(fmt.Sprintf("ins-n%07d", i))
		w.instances = append(w.instances, image.Instance{ID: id})
		p.Instances = append(p.Instances, plan.InstanceSelector{ID: id})
	}
	p.MaxInFlight = 2
	w.deploy(p)
	_, _ = w.timer(p, slot)
	if len(w.made) != 2 {
		t.Errorf("%d images are being made; want 2", len(w.made))
	}
	w.sweepEvery(5*time.Minute, slot.Add(12*time.Hour))
	if len(w.tasks) != 5 {
		t.Errorf("%d tasks", len(w.tasks))
	}
	w.wantKept()
}
