package export_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// The second slot of an image that the first one exported: is it exported again?
func TestHeldImages(t *testing.T) {
	t.Parallel()
	other := image.Bucket{Name: "elsewhere", AppID: bucket.AppID}
	for _, test := range []struct {
		name   string
		change func(w *world, p *plan.Plan)
		reason string // of leaving it out; empty: it is exported again
	}{
		{"unchanged", func(*world, *plan.Plan) {}, "unchanged"},
		{"unchanged: export", func(_ *world, p *plan.Plan) { p.Unchanged = plan.Export }, ""},
		{"file removed", func(w *world, _ *plan.Plan) { delete(w.objects, systemDisk) }, ""},
		{"file resized", func(w *world, _ *plan.Plan) { w.put(systemDisk, 5) }, ""},
		{"file emptied", func(w *world, _ *plan.Plan) { w.put(systemDisk, 0) }, ""},
		{"other format", func(_ *world, p *plan.Plan) { p.Format = image.VHD }, ""},
		{"other bucket", func(_ *world, p *plan.Plan) { p.Bucket = other }, ""},
		{"other prefix", func(_ *world, p *plan.Plan) { p.Prefix = "team" }, ""},
		{"root disk only", func(_ *world, p *plan.Plan) { p.RootDiskOnly = true }, ""},
		{"other role", func(_ *world, p *plan.Plan) { p.Role = "other" }, "unchanged"},
		{"other deadline", func(_ *world, p *plan.Plan) { p.Deadline = time.Hour }, "unchanged"},
		{"other schedule", func(_ *world, p *plan.Plan) { p.Schedule = "0 0 11 * 11 * 2026" }, "unchanged"},
		{"renamed image", func(w *world, _ *plan.Plan) {
			m := w.images[web]
			m.Name = "new name"
			w.images[web] = m
		}, "unchanged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			firstDay(w, nightly(web))
			p := w.plans["nightly"]
			test.change(w, &p)
			w.deploy(p)
			if _, err := w.timer(p, day(1)); err != nil {
				t.Fatal(err)
			}
			w.calm()
			n := w.note(p, day(1))
			if test.reason == "" {
				if len(w.tasks) != 2 || len(n.Exports) != 1 || len(n.Skipped) != 0 {
					t.Errorf("%d tasks, on record %+v; want it exported again", len(w.tasks), n)
				}
			} else if len(w.tasks) != 1 || len(n.Skipped) != 1 || n.Skipped[0].Reason != test.reason || n.Skipped[0].Export != exportID(web) {
				t.Errorf("%d tasks, on record %+v; want it left out as %s", len(w.tasks), n, test.reason)
			}
			w.wantKept()
		})
	}
}

// What was left out stays on record from slot to slot, with the export that has it.
func TestHeldForDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(web)
	w.deploy(p)
	w.days(p, 6)
	if n := w.note(p, day(5)); len(w.tasks) != 1 || len(n.Skipped) != 1 || n.Skipped[0].Export != exportID(web) {
		t.Errorf("%d tasks, on record %+v", len(w.tasks), n)
	}
	delete(w.objects, systemDisk)
	w.days(p, 2)
	if again := image.ScheduledID(p.Name, day(6), web); w.entry(again).Verdict != ledger.Complete || w.note(p, day(7)).Skipped[0].Export != again {
		t.Errorf("removed after five days: %s; then held by %+v", w.entry(again).Verdict, w.note(p, day(7)).Skipped)
	}
}

// An image whose export is not over is left out, and exported once that failed.
func TestHeldUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(web)
	p.Deadline = 40 * time.Hour
	w.deploy(p)
	w.takes = 0
	w.days(p, 2)
	if n := w.note(p, day(1)); len(w.tasks) != 1 || len(n.Skipped) != 1 || n.Skipped[0].Reason != "under-way" {
		t.Fatalf("%d tasks, on record %+v", len(w.tasks), n)
	}
	w.takes = time.Hour
	w.days(p, 1)
	if e := w.entry(exportID(web)); e.Verdict != ledger.Failed || len(w.tasks) != 2 {
		t.Errorf("%s, %d tasks; want a second after the first failed", e.Verdict, len(w.tasks))
	}
	w.wantKept()
}

// Another plan's export is no reason to leave an image out.
func TestHeldByAnotherPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := nightly(web)
	w.deploy(p)
	w.days(p, 1)
	p.Name = "weekly"
	w.deploy(p)
	w.days(p, 1)
	if len(w.tasks) != 2 {
		t.Errorf("%d tasks of two plans", len(w.tasks))
	}
}

// What is skipped is told of where somebody asked for it, and nowhere else.
func TestSkippedIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	prepareHeld(w)
	playNextDay(w)
	told := w.told(ledger.KindSkipped)
	if len(told) != 1 || !strings.Contains(told[0].Detail, string(web)) || !strings.Contains(told[0].Detail, string(exportID(web))) {
		t.Fatalf("told %+v; want the image and the export that has it", told)
	}
	if d := told[0].Deliveries; len(d) != 1 || d["webhook"].ID == "" {
		t.Errorf("told on %v; only the webhook asked for it", d)
	}
}
