package api_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/api"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

var due = time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)

func planViews(t *testing.T, body []byte) []api.PlanView {
	t.Helper()
	var list struct{ Plans []api.PlanView }
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return list.Plans
}

func TestPlans(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	x.overview = []export.Overview{
		{Plan: "nightly", Next: []time.Time{due}, Last: &export.LastSlot{Slot: due.AddDate(0, 0, -1), Exports: 2, Failed: 1, Skipped: 3}},
		{Plan: "single", Suspended: true, Last: &export.LastSlot{Slot: due.AddDate(0, 0, -1), Fate: ledger.Suspended}},
	}
	w := as(h, "GET", "/v1/plans", "")
	want := []api.PlanView{
		{
			Name: "nightly", Next: []time.Time{due}, Images: []plan.Selector{{ID: "img-a"}, {ID: "img-b"}}, Format: image.QCOW2, Bucket: bucket,
			Last: &api.LastView{Slot: due.AddDate(0, 0, -1), Fate: "filled", Exports: 2, Failed: 1, Skipped: 3},
		},
		{
			Name: "single", Next: []time.Time{}, Suspended: true, Images: []plan.Selector{{ID: "img-a"}}, Format: image.RAW, Bucket: bucket,
			Last: &api.LastView{Slot: due.AddDate(0, 0, -1), Fate: "suspended"},
		},
	}
	if diff := cmp.Diff(want, planViews(t, w.Body.Bytes())); diff != "" || w.Code != 200 {
		t.Errorf("%d\n%s", w.Code, diff)
	}
}

func TestNoPlans(t *testing.T) {
	t.Parallel()
	_, h := newAPI(token)
	if got := strings.TrimSpace(as(h, "GET", "/v1/plans", "").Body.String()); got != `{"plans":[]}` {
		t.Errorf("got %s; want a list that is empty, not absent", got)
	}
}

// One plan that cannot be read does not hide the others; if none can, the bucket
// is what is wrong.
func TestPlansUnreadable(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	broken := errors.New("a newer version wrote it")
	x.overview = []export.Overview{{Plan: "nightly", Err: broken}, {Plan: "single"}}
	got := planViews(t, as(h, "GET", "/v1/plans", "").Body.Bytes())
	if len(got) != 2 || got[0].Problem != broken.Error() || got[1].Problem != "" {
		t.Errorf("%+v", got)
	}
	x.overview[1].Err = broken
	if p := wantProblem(t, as(h, "GET", "/v1/plans", ""), 503); !strings.Contains(p.Detail, broken.Error()) {
		t.Errorf("%+v", p)
	}
	if page := as(h, "GET", "/", ""); page.Code != 200 || strings.Count(page.Body.String(), broken.Error()) != 2 {
		t.Errorf("page: %d %s", page.Code, page.Body)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	w := as(h, "POST", "/v1/plans/nightly/preview", "")
	if got := w.Body.String(); w.Code != 200 || !strings.Contains(got, `"items":[]`) || !strings.Contains(got, `"plan":"nightly"`) {
		t.Errorf("%d %s; want a list that is empty, not absent", w.Code, got)
	}
	x.preview = export.Preview{Slot: due, Items: []export.PreviewItem{{Image: "img-a", Would: export.WouldSkip, Reason: "unchanged", Export: "e"}}}
	var got export.Preview
	if err := json.Unmarshal(as(h, "POST", "/v1/plans/nightly/preview", "").Body.Bytes(), &got); err != nil || len(got.Items) != 1 || got.Items[0].Would != export.WouldSkip {
		t.Errorf("%+v, %v", got, err)
	}
	x.err = errors.New("no answer")
	wantProblem(t, as(h, "POST", "/v1/plans/nightly/preview", ""), 503)
}

// Running a plan by its path is asking for its exports.
func TestRun(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	byPath := views(t, as(h, "POST", "/v1/plans/nightly/run", "", "Idempotency-Key", "k"), 202)
	byBody := views(t, as(h, "POST", "/v1/exports", `{"plan":"nightly"}`, "Idempotency-Key", "k"), 202)
	if diff := cmp.Diff(byPath, byBody); diff != "" || len(byPath) != 2 || len(x.entries) != 2 {
		t.Errorf("%d exports\n%s", len(x.entries), diff)
	}
	if x.order.Origin != ledger.Requested || x.order.Plan.Name != "nightly" {
		t.Errorf("order %+v", x.order)
	}
	if other := views(t, as(h, "POST", "/v1/plans/nightly/run", ""), 202); other[0].ID == byPath[0].ID {
		t.Error("without a key, two requests are one")
	}
	wantProblem(t, as(h, "POST", "/v1/plans/nightly/run", "", "Idempotency-Key", strings.Repeat("k", 256)), 400)
}

// An error beside results is about other exports: what was asked for is on the list.
func TestErrorBesideResults(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	x.err = errors.New("canary: another export is damaged")
	w := as(h, "POST", "/v1/plans/nightly/run", "")
	if got := views(t, w, 202); len(got) != 2 || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%s", w.Body)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	for _, was := range []string{"true", "false"} {
		w := as(h, "POST", "/v1/plans/nightly/resume", "")
		if got, want := strings.TrimSpace(w.Body.String()), `{"plan":"nightly","wasSuspended":`+was+`}`; w.Code != 200 || got != want {
			t.Errorf("%d %s, want %s", w.Code, got, want)
		}
	}
	if !slices.Equal(x.resumed, []string{"nightly", "nightly"}) {
		t.Errorf("resumed %q", x.resumed)
	}
	x.err = errors.New("no answer")
	wantProblem(t, as(h, "POST", "/v1/plans/nightly/resume", ""), 503)
}

// What a body asks for would go unheard.
func TestNoBodyWanted(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/v1/plans/nightly/run", "/v1/plans/nightly/preview", "/v1/plans/nightly/resume", "/v1/exports/x/retry"} {
		for body, status := range map[string]int{`{"format":"VHD"}`: 400, "x": 400, strings.Repeat(" ", 64<<10+1): 413} {
			x, h := newAPI(token)
			if wantProblem(t, as(h, "POST", target, body), status); x.calls > 0 {
				t.Errorf("%s with %.20q reached the exporter", target, body)
			}
		}
	}
	_, h := newAPI(token)
	if w := as(h, "POST", "/v1/plans/nightly/run", " {}\n"); w.Code != 202 {
		t.Errorf("an empty object: %d", w.Code)
	}
}
