package export_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

func (w *world) preview(p plan.Plan) (out export.Preview) {
	w.t.Helper()
	before := len(w.calls)
	err, _ := w.invoke(func(ctx context.Context, d *export.Driver) (err error) {
		out, err = d.Preview(ctx, p)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range w.calls[before:] {
		if !slices.ContainsFunc([]string{"GET ", "LIST ", "HEAD ", "Describe"}, func(read string) bool { return strings.HasPrefix(c, read) }) {
			w.t.Errorf("a preview asks for %q", c)
		}
	}
	return out
}

func TestPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(web)
	w.deploy(p)
	w.days(p, 1)
	w.addImage("img-bbbbbbbb", 3)
	w.addImage("img-cccccccc", 1)
	p.Images = append(p.Images, plan.Selector{ID: "img-bbbbbbbb"}, plan.Selector{ID: "img-cccccccc"}, plan.Selector{ID: "img-nowhere0"})
	p.Instances = []plan.InstanceSelector{{ID: "ins-aaaaaaaa"}}
	w.instances = []image.Instance{{ID: "ins-aaaaaaaa"}}
	w.put(string(image.ScheduledID(p.Name, day(1), "img-cccccccc"))+"_xvda.qcow2", 1)
	w.now = day(1).Add(-time.Hour)
	out := w.preview(p)
	var got []string
	for _, i := range out.Items {
		got = append(got, fmt.Sprintf("%s%s: %s %s, %d files, %d GiB", i.Image, i.Instance, i.Would, i.Reason, i.Files, i.GiB))
	}
	want := []string{
		"img-aaaaaaaa: skip unchanged, 1 files, 50 GiB",
		"img-bbbbbbbb: export , 3 files, 150 GiB",
		"img-cccccccc: fail name-taken, 1 files, 50 GiB",
		"img-nowhere0: fail not-found, 0 files, 0 GiB",
		"ins-aaaaaaaa: export , 0 files, 0 GiB",
	}
	if !slices.Equal(got, want) {
		t.Errorf("preview:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if out.Files != 3 || out.GiB != 150 || !out.Slot.Equal(day(1)) || !out.Next[1].Equal(day(2)) || out.Suspended {
		t.Errorf("%d files, %d GiB at %s, then %s", out.Files, out.GiB, out.Slot, out.Next)
	}
	past := out.Items[0].Past
	if past == nil || past.Export != exportID(web) || past.Bytes != 1<<30 || past.Seconds < int64(w.takes.Seconds()) || out.Items[1].Past != nil {
		t.Errorf("past exports: %+v and %+v", past, out.Items[1].Past)
	}
}

func TestPreviewOfASuspendedPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	prepareSuspension(w)
	playNextDay(w)
	if !w.preview(w.plans["nightly"]).Suspended {
		t.Error("it is not said")
	}
}

// What a preview says is what the run then does, whatever happened before.
func TestPreviewAgreesWithTheRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		w.silent = true
		ids := w.addImages(5)
		p := nightly()
		p.SuspendAfter, p.Deadline = 0, 30*time.Hour // which ends between two slots
		if rapid.Bool().Draw(r, "export unchanged ones") {
			p.Unchanged = plan.Export
		}
		w.deploy(p)
		for n := range rapid.IntRange(1, 4).Draw(r, "days") {
			w.now = day(n)
			p.Images = nil
			for i := range 5 {
				w.change(r, ids[i])
				if rapid.Bool().Draw(r, "chosen") {
					p.Images = append(p.Images, plan.Selector{ID: ids[i]})
				}
			}
			if rapid.Bool().Draw(r, "a file in the way") {
				w.put(string(image.ScheduledID(p.Name, day(n), ids[0]))+"_xvda.raw", 1)
			}
			w.takes = rapid.SampledFrom([]time.Duration{time.Hour, 40 * time.Hour, 0}).Draw(r, "takes")
			w.now = day(n).Add(-time.Second)
			said := w.preview(p)
			w.now = day(n)
			if _, err := w.timer(p, day(n)); err != nil {
				r.Fatal(err)
			}
			for _, i := range said.Items {
				if did := w.did(p, day(n), i.Image); did != fmt.Sprintf("%s %s", i.Would, i.Reason) {
					r.Errorf("day %d: %s was to %s %s, and did %s", n, i.Image, i.Would, i.Reason, did)
				}
			}
			w.sweepUntil(day(n).Add(3 * time.Hour))
		}
	})
}

// change lets something happen to an image, or to the files that it was exported to.
func (w *world) change(r *rapid.T, id image.ID) {
	switch rapid.SampledFrom([]string{"", "", "", "removed", "files removed", "Windows", "back"}).Draw(r, "change") {
	case "removed":
		delete(w.images, id)
	case "back":
		w.addImage(id, 1)
	case "files removed":
		for key := range w.objects {
			if strings.Contains(key, string(id)) {
				delete(w.objects, key)
			}
		}
	case "Windows":
		if m, ok := w.images[id]; ok {
			m.Platform = "Windows"
			w.images[id] = m
		}
	}
}

// did says in the words of a preview what a run did with an image.
func (w *world) did(p plan.Plan, slot time.Time, id image.ID) string {
	for _, s := range w.note(p, slot).Skipped {
		if s.Image == id {
			return "skip " + s.Reason
		}
	}
	switch e := w.entry(image.ScheduledID(p.Name, slot, id)); e.State {
	case ledger.Accepted:
		return "export "
	case ledger.Closed:
		return "fail " + e.Reason
	default:
		return string(e.State)
	}
}
