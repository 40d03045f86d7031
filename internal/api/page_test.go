package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// What people need to know of a plan, in words.
func TestPageOfPlans(t *testing.T) {
	t.Parallel()
	last := due.AddDate(0, 0, -1)
	tests := []struct {
		name     string
		overview export.Overview
		want     []string
		not      []string
	}{
		{"new", export.Overview{Plan: "nightly", Next: []time.Time{due}}, []string{"<h3>nightly</h3>", "No slot so far.", "Next 2026-11-22 19:00:00 (Mon 03:00:00 in UTC+8)."}, []string{"class=\"suspended\"", "resume"}},
		{"by request", export.Overview{Plan: "single"}, []string{"No schedule: runs when a timer or somebody asks."}, nil},
		{"went well", export.Overview{Plan: "nightly", Last: &export.LastSlot{Slot: last, Exports: 1}}, []string{"Last slot 2026-11-21 19:00:00: 1 export."}, []string{"failed", "left out"}},
		{"went badly", export.Overview{Plan: "nightly", Last: &export.LastSlot{Slot: last, Exports: 3, Failed: 2, Skipped: 4}}, []string{"3 exports, <i>2 failed</i>, 4 left out as unchanged or under way."}, nil},
		{"missed", export.Overview{Plan: "nightly", Last: &export.LastSlot{Slot: last, Fate: ledger.Missed}}, []string{`<span class="missed">missed</span>.`}, []string{"0 exports"}},
		{"suspended", export.Overview{Plan: "nightly", Suspended: true, Last: &export.LastSlot{Slot: last, Fate: ledger.Suspended}},
			[]string{`<h3>nightly <span class="suspended">suspended</span></h3>`, "imageferry resume nightly", "POST /v1/plans/nightly/resume"}, nil},
	}
	for _, tt := range tests {
		x, h := newAPI(token)
		x.overview = []export.Overview{tt.overview}
		page := as(h, "GET", "/", "").Body.String()
		for _, part := range tt.want {
			if !strings.Contains(page, part) {
				t.Errorf("%s: the page does not show %q:\n%s", tt.name, part, page)
			}
		}
		for _, part := range tt.not {
			if strings.Contains(page, part) {
				t.Errorf("%s: the page shows %q", tt.name, part)
			}
		}
	}
}

// A schedule is over at some time.
func TestPageOfPast(t *testing.T) {
	t.Parallel()
	x := &exporter{overview: []export.Overview{{Plan: "once"}}}
	h := apiOf(x, plan.Set{"once": {Name: "once", Schedule: "0 0 3 1 1 * 2020"}}, token)
	if page := as(h, "GET", "/", "").Body.String(); !strings.Contains(page, "Never due again. Schedule <code>0 0 3 1 1 * 2020</code>.") {
		t.Error(page)
	}
}

// Who heard of a verdict is said as it is; the manifest is nobody.
func TestPageSaysWhoHeard(t *testing.T) {
	t.Parallel()
	for want, states := range map[string][]ledger.DeliveryState{
		"; announced<":           {ledger.Sent, ledger.Undelivered},
		"; not announced yet<":   {ledger.Sent, ledger.SendLater},
		"; announced to nobody<": {ledger.Undelivered},
	} {
		x, h := newAPI(token)
		e := ledger.Entry{Seq: 3, State: ledger.Closed, Verdict: ledger.Complete, Request: ledger.Request{ID: "a"}, Deliveries: map[string]ledger.Delivery{"manifest": {State: ledger.Sent}}}
		for i, s := range states {
			e.Deliveries[string(rune('a'+i))] = ledger.Delivery{State: s, Detail: "no <b>room</b>"}
		}
		x.entries = map[image.ExportID]ledger.Entry{"a": e}
		page := as(h, "GET", "/", "").Body.String()
		if !strings.Contains(page, want) {
			t.Errorf("no %q in %s", want, page)
		}
		if undelivered := strings.Contains(page, "Not delivered by"); undelivered != (want != "; not announced yet<") || strings.Contains(page, "<b>room") {
			t.Errorf("%s: %s", want, page)
		}
	}
}
