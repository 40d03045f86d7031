package export_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

const machine = image.InstanceID("ins-aaaaaaaa")

func madeID(slot time.Time) image.ExportID {
	return image.ExportID(image.SlotPrefix("nightly", slot) + string(machine))
}

// withMachine is a world with one instance, of which a plan keeps so many images.
func withMachine(t *testing.T, keep int) *world {
	t.Helper()
	w := newWorld(t)
	w.making = 10 * time.Minute
	w.instances = []image.Instance{{ID: machine}}
	p := machines(keep, machine)
	p.Deadline = 20 * time.Hour
	w.deploy(p)
	return w
}

func (w *world) oneDay(n int) {
	w.now = day(n)
	_, _ = w.timer(w.plans["nightly"], day(n))
	for range 6 {
		w.now = w.now.Add(20 * time.Minute)
		_ = w.sweep()
	}
}

func TestInstance(t *testing.T) {
	t.Parallel()
	w := withMachine(t, 3)
	w.oneDay(0)
	w.wantClosed(madeID(slot), ledger.Complete, 1, 1)
	m := w.images[w.made[0]]
	want := map[string]string{export.TagPlan: "nightly", export.TagInstance: string(machine), export.TagExport: string(madeID(slot))}
	if !maps.Equal(m.Tags, want) || w.tasks[0].request.Image.ID != m.ID || w.notices[0].Request.Instance != machine {
		t.Errorf("tags %v, exported %s", m.Tags, w.tasks[0].request.Image.ID)
	}
	for _, at := range w.calls {
		if strings.HasPrefix(at, "DeleteImages") {
			t.Error("an image was deleted, with one of three made")
		}
	}
	w.wantKept()
}

// An image is exported when it is NORMAL, and not before.
func TestInstanceImageIsAwaited(t *testing.T) {
	t.Parallel()
	w := withMachine(t, 3)
	w.making = 3 * time.Hour
	w.oneDay(0)
	if len(w.tasks) != 0 || w.entry(madeID(slot)).State != ledger.Imaged {
		t.Fatalf("%d tasks, %s while the image is being made", len(w.tasks), w.entry(madeID(slot)).State)
	}
	w.sweepFor(6 * time.Hour)
	w.wantClosed(madeID(slot), ledger.Complete, 1, 1)
	if made := w.images[w.made[0]].Created.Add(w.making); w.tasks[0].at.Before(made) {
		t.Errorf("exported at %s; the image was NORMAL at %s", w.tasks[0].at, made)
	}
}

// However CreateImage answers, there is one image of the slot, and it is exported.
func TestCreateImageOutcomes(t *testing.T) {
	t.Parallel()
	later := &outcome.Error{Kind: outcome.Later, Op: "CreateImage", Code: "MutexOperation.TaskRunning"}
	for _, test := range []struct {
		name  string
		fault fault
		maker error // answers the first call
		calls int
	}{
		{"unknown, with effect", lostAnswer, nil, 1},
		{"unknown, without effect", refused, nil, 2},
		{"dies before", diesBefore, nil, 2},
		{"dies after", diesAfter, nil, 1},
		{"busy", fine, later, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := withMachine(t, 3)
			calls := 0
			w.fault = func(_ int, c string) fault {
				if !strings.HasPrefix(c, "CreateImage") {
					return fine
				}
				if calls++; calls == 1 {
					return test.fault
				}
				return fine
			}
			w.maker = func(int) error {
				if calls == 1 {
					return test.maker
				}
				return nil
			}
			w.oneDay(0)
			w.wantClosed(madeID(slot), ledger.Complete, 1, 1)
			if calls != test.calls || len(w.made) != 1 {
				t.Errorf("%d calls, %d images; want %d and 1", calls, len(w.made), test.calls)
			}
			w.wantKept()
		})
	}
}

// The first call took effect late: the second is answered Duplicate, and the image
// is found by its name.
func TestCreateImageDuplicate(t *testing.T) {
	t.Parallel()
	w := withMachine(t, 3)
	calls := 0
	w.fault = func(_ int, c string) fault {
		if strings.HasPrefix(c, "CreateImage") {
			if calls++; calls == 1 {
				return refused
			}
			w.addImage("img-late0000", 1)
			m := w.images["img-late0000"]
			m.Name, m.Created = madeID(slot).MadeName(), w.now
			m.Tags = map[string]string{export.TagPlan: "nightly", export.TagInstance: string(machine), export.TagExport: string(madeID(slot))}
			w.images[m.ID] = m
		}
		return fine
	}
	w.oneDay(0)
	w.wantClosed(madeID(slot), ledger.Complete, 1, 1)
	if w.tasks[0].request.Image.ID != "img-late0000" || len(w.made) != 0 || calls != 2 {
		t.Errorf("exported %s after %d calls, %d more were made", w.tasks[0].request.Image.ID, calls, len(w.made))
	}
}

// A stranger's image has the name: it is neither exported nor deleted.
func TestForeignImageOfTheName(t *testing.T) {
	t.Parallel()
	w := withMachine(t, 1)
	w.addImage("img-foreign0", 1)
	m := w.images["img-foreign0"]
	m.Name = madeID(slot).MadeName()
	w.images[m.ID] = m
	w.oneDay(0)
	w.wantClosed(madeID(slot), ledger.Failed, 0, 1)
	if e := w.entry(madeID(slot)); e.Reason != "name-taken" || e.Hint == "" || len(w.made) != 0 {
		t.Errorf("%s (%s), %d images made", e.Reason, e.Hint, len(w.made))
	}
	if _, there := w.images["img-foreign0"]; !there {
		t.Error("it was deleted")
	}
}

func TestImageThatIsNeverReady(t *testing.T) {
	t.Parallel()
	for state, reason := range map[string]string{"CREATEFAILED": "image-failed", "CREATING": "image-not-ready", "gone": "image-not-ready"} {
		w := withMachine(t, 3)
		w.making = 1000 * time.Hour
		w.oneDay(0)
		m := w.images[w.made[0]]
		if m.State = state; state == "gone" {
			delete(w.images, m.ID)
		} else {
			w.images[m.ID] = m
		}
		w.sweepFor(24 * time.Hour)
		w.wantClosed(madeID(slot), ledger.Failed, 0, 1)
		if e := w.entry(madeID(slot)); e.Reason != reason {
			t.Errorf("%s: %s; want %s", state, e.Reason, reason)
		}
	}
}

func TestInstanceThatIsGone(t *testing.T) {
	t.Parallel()
	w := withMachine(t, 3)
	w.instances = nil
	w.oneDay(0)
	w.wantClosed(madeID(slot), ledger.Failed, 0, 1)
	if len(w.made) != 0 {
		t.Errorf("%d images made", len(w.made))
	}
}

// The newest images whose exports are complete stay, and all that nobody can say
// were made by us for an export that is over.
func TestPrune(t *testing.T) {
	t.Parallel()
	w := withMachine(t, 2)
	tag := func(id image.ID, created time.Time, tags map[string]string) {
		w.addImage(id, 1)
		m := w.images[id]
		m.Name, m.Created, m.Tags = string(id), created, tags
		w.images[id] = m
	}
	ours := func(of string) map[string]string {
		return map[string]string{export.TagPlan: "nightly", export.TagInstance: string(machine), export.TagExport: of}
	}
	w.oneDay(0)
	w.oneDay(1)
	tag("img-untagged", day(-9), nil)
	tag("img-noexport", day(-9), ours(""))
	tag("img-forged00", day(-9), ours(string(madeID(slot)))) // says that it was made for an export that made another
	tag("img-unknown0", day(-9), ours("nightly-20200101t030000z-"+string(machine)))
	tag("img-othermac", day(-9), map[string]string{export.TagPlan: "nightly", export.TagInstance: "ins-other", export.TagExport: string(madeID(slot))})
	if _, there := w.images[w.made[0]]; !there || len(w.made) != 2 {
		t.Fatalf("after two days, of %q the first is there: %t", w.made, there)
	}
	w.cloud = func(int) error { return errRefused }
	w.oneDay(2) // fails: nothing is deleted for it
	w.cloud = nil
	w.oneDay(3)
	w.oneDay(4)
	left := slices.Sorted(maps.Keys(w.images))
	want := []image.ID{"img-aaaaaaaa", "img-forged00", w.made[3], w.made[4], "img-noexport", "img-othermac", "img-unknown0", "img-untagged"}
	if !slices.Equal(left, want) {
		t.Errorf("left %q; want %q (made %q)", left, want, w.made)
	}
	w.wantKept()
}

// An image whose own export is not over stays, however old it is.
func TestPruneSparesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w := withMachine(t, 1)
	p := w.plans["nightly"]
	p.Deadline = 700 * time.Hour
	w.deploy(p)
	w.takes = 0 // its files come late
	w.oneDay(0)
	w.takes = 20 * time.Minute
	first := w.tasks[0]
	w.tasks[0].landed = true
	w.oneDay(1)
	w.oneDay(2)
	if _, there := w.images[w.made[0]]; !there {
		t.Fatal("the image was deleted while it was being exported")
	}
	if _, there := w.images[w.made[1]]; there {
		t.Error("the second image was kept, with a newer complete one")
	}
	for _, key := range first.request.Files() {
		w.put(key, 1)
	}
	w.oneDay(3)
	if _, there := w.images[w.made[0]]; there {
		t.Error("the first image was kept after its export was over")
	}
	w.wantKept()
}

// A prune that dies is not repeated under the same entry; the next export of the
// instance looks again.
func TestPruneDies(t *testing.T) {
	t.Parallel()
	for _, f := range faults {
		w := withMachine(t, 1)
		w.oneDay(0)
		died := false
		w.fault = func(_ int, c string) fault {
			if died || !strings.HasPrefix(c, "DeleteImages") {
				return fine
			}
			died = true
			return f
		}
		w.oneDay(1)
		if e := w.entry(madeID(day(1))); !died || e.State != ledger.Closed || e.Verdict != ledger.Complete {
			t.Errorf("fault %d: %s %s", f, e.State, e.Verdict)
		}
		w.oneDay(2)
		var left []image.ID
		for _, id := range w.made {
			if _, there := w.images[id]; there {
				left = append(left, id)
			}
		}
		if !slices.Equal(left, w.made[2:]) {
			t.Errorf("fault %d: %q are left of %q", f, left, w.made)
		}
		w.wantKept()
	}
}

// Nothing is deleted where all are to stay.
func TestKeepAll(t *testing.T) {
	t.Parallel()
	w := withMachine(t, 0)
	for n := range 4 {
		w.oneDay(n)
	}
	if len(w.images) != 5 || len(w.made) != 4 {
		t.Errorf("%d images of %d made and one", len(w.images), len(w.made))
	}
	if i := slices.IndexFunc(w.calls, func(c string) bool { return strings.HasPrefix(c, fmt.Sprint("DescribeImages find ", machine)) }); i >= 0 {
		t.Error("it was looked for what to delete")
	}
}
