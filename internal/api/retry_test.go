package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

const old = image.ExportID("nightly-20261121t190000z-a")

// ended puts an export there, with a verdict or without.
func (x *exporter) ended(id image.ExportID, verdict ledger.State, change ...func(*ledger.Entry)) {
	e := entry()
	e.Request.ID, e.Request.Prefix, e.Verdict = id, image.Prefix("team", id), verdict
	e.Request.Format, e.Request.Role, e.Request.MaxInFlight, e.Request.RootOnly = image.VMDK, "ferry", 3, true
	e.Request.Hears = map[string][]string{"webhook": {"failed"}}
	if verdict == "" {
		e.State = ledger.Accepted
	}
	for _, f := range change {
		f(&e)
	}
	x.entries[id] = e
}

func TestRetry(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	x.ended(old, ledger.Failed)
	w := as(h, "POST", "/v1/exports/"+string(old)+"/retry", "")
	got := views(t, w, 202)
	if len(got) != 1 || got[0].ID != old+"--2" || w.Header().Get("Location") != "/v1/exports/"+string(old)+"--2" || got[0].Origin != ledger.Requested {
		t.Fatalf("%+v, headers %v", got, w.Header())
	}
	was, is := x.entries[old].Request, x.entries[old+"--2"].Request
	if is.Prefix != "team_"+string(old)+"--2" || is.Slot != now.UTC().Truncate(time.Second) || is.Deadline.Sub(is.Slot) != was.Deadline.Sub(was.Slot) || is.Image.ID != was.Image.ID {
		t.Errorf("prefix %q, slot %v, deadline %v, image %s", is.Prefix, is.Slot, is.Deadline, is.Image.ID)
	}
	was.ID, was.Origin, was.Prefix, was.Slot, was.Deadline, was.Image = is.ID, is.Origin, is.Prefix, is.Slot, is.Deadline, is.Image
	if diff := cmp.Diff(was, is); diff != "" {
		t.Errorf("the retry asks for something else\n%s", diff)
	}
	if again := views(t, as(h, "POST", "/v1/exports/"+string(old)+"/retry", "{}"), 202); again[0].ID != old+"--2" || len(x.entries) != 2 {
		t.Errorf("a repeat is %q, %d exports", again[0].ID, len(x.entries))
	}
}

// A retry that failed is retried, from wherever in the chain one asks.
func TestRetryChain(t *testing.T) {
	t.Parallel()
	for _, from := range []image.ExportID{old, old + "--2"} {
		x, h := newAPI(token)
		x.ended(old, ledger.Partial)
		x.ended(old+"--2", ledger.Failed)
		if got := views(t, as(h, "POST", "/v1/exports/"+string(from)+"/retry", ""), 202); got[0].ID != old+"--3" {
			t.Errorf("the retry of %s is %s", from, got[0].ID)
		}
		x.ended(old+"--3", ledger.Complete)
		if got := views(t, as(h, "POST", "/v1/exports/"+string(from)+"/retry", ""), 202); got[0].ID != old+"--3" || got[0].Verdict != ledger.Complete {
			t.Errorf("what became of the retry of %s is told as %+v", from, got[0])
		}
	}
	x, h := newAPI(token)
	x.ended(old, ledger.Failed)
	x.decide = func(e *ledger.Entry) error { e.Verdict, e.Started = ledger.Failed, now; return nil }
	for range 20 {
		views(t, as(h, "POST", "/v1/exports/"+string(old)+"/retry", ""), 202)
	}
	p := wantProblem(t, as(h, "POST", "/v1/exports/"+string(old)+"/retry", ""), 409)
	if last := old + "--21"; len(x.entries) != 21 || p.Instance != "/v1/exports/"+string(last) || !strings.Contains(p.Detail, string(last)) {
		t.Errorf("%d exports: %+v", len(x.entries), p)
	}
	if got := views(t, as(h, "POST", p.Instance+"/retry", ""), 202); got[0].ID != old+"--22" {
		t.Errorf("the way out leads to %s", got[0].ID)
	}
}

// Prefixes that end in a folder have no "_" before the id.
func TestRetryPrefix(t *testing.T) {
	t.Parallel()
	for _, own := range []string{"", "a", "a-b/c", "a/"} {
		x, h := newAPI(token)
		x.ended(old, ledger.Failed, func(e *ledger.Entry) { e.Request.Prefix = image.Prefix(own, old) })
		views(t, as(h, "POST", "/v1/exports/"+string(old)+"/retry", ""), 202)
		if got, want := x.entries[old+"--2"].Request.Prefix, image.Prefix(own, old+"--2"); got != want {
			t.Errorf("prefix %q, want %q", got, want)
		}
	}
}

// A plan may be called like a retry.
func TestRetryOfOddName(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	const odd = image.ExportID("x--2-20261121t190000z-a")
	x.ended(odd, ledger.Failed)
	if got := views(t, as(h, "POST", "/v1/exports/"+string(odd)+"/retry", ""), 202); got[0].ID != odd+"--2" {
		t.Errorf("the retry is %s", got[0].ID)
	}
}

func TestRetryOfInstance(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	x.ended(old, ledger.Failed, func(e *ledger.Entry) { e.Request.Instance, e.Request.Keep = "ins-web", 4 })
	as(h, "POST", "/v1/exports/"+string(old)+"/retry", "")
	p := x.order.Plan
	if len(p.Images) != 0 || !cmp.Equal(p.Instances, []plan.InstanceSelector{{ID: "ins-web"}}) || p.KeepImages != 4 || x.order.Name("ins-web") != old+"--2" {
		t.Errorf("%+v", p)
	}
}

func TestNotRetried(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		verdict      ledger.State
		origin       ledger.Origin
		detail, hint string
	}{
		{"under way", "", ledger.Scheduled, `its state is "ACCEPTED"`, "2026-11-22T07:00:00Z"},
		{"complete", ledger.Complete, ledger.Scheduled, "is complete", "POST /v1/exports"},
		{"somebody else's", ledger.Failed, ledger.Observed, "somebody else", "POST /v1/exports"},
	}
	for _, tt := range tests {
		x, h := newAPI(token)
		x.ended(old, tt.verdict, func(e *ledger.Entry) { e.Request.Origin = tt.origin })
		p := wantProblem(t, as(h, "POST", "/v1/exports/"+string(old)+"/retry", ""), 409)
		if !strings.Contains(p.Detail, tt.detail) || !strings.Contains(p.Hint, tt.hint) || p.Instance != "/v1/exports/"+string(old) || len(x.entries) != 1 {
			t.Errorf("%s: %+v, %d exports", tt.name, p, len(x.entries))
		}
	}
}

// News lie in the ledger as exports do, and are none.
func TestNewsAreNoExports(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	id := image.NewsID("nightly-20261121t190000z", ledger.KindMissed)
	x.ended(id, ledger.News)
	wantProblem(t, as(h, "GET", "/v1/exports/"+string(id), ""), 404)
	wantProblem(t, as(h, "POST", "/v1/exports/"+string(id)+"/retry", ""), 404)
}
