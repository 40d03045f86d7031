package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

var update = flag.Bool("update", false, "write the golden files anew")

func entry() ledger.Entry {
	at := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	return ledger.Entry{
		Schema: 1, Seq: 4, State: ledger.Closed, Nonce: "canary-nonce", At: at.Add(time.Hour), Attempt: 1, TaskID: 4242, Verdict: ledger.Partial,
		Expected: []string{"p_img-a_system_snap-a.raw", "p_img-a_data_snap-b.raw"}, Started: at.Add(time.Second), Ended: at.Add(12 * time.Hour),
		Landed: []ledger.File{{Key: "p_img-a_system_snap-a.raw", Size: 53687091200, CRC64: "42", ETag: `"e"`, Time: at.Add(time.Hour)}},
		Reason: "files-missing", Detail: "1 of 2 files is missing", Hint: "export it again", RequestID: "r-1",
		Request: ledger.Request{
			ID: "nightly-20261121t190000z-a", Origin: ledger.Scheduled, Plan: "nightly", Slot: at, Bucket: bucket, Prefix: "p", Format: image.RAW,
			Deadline: at.Add(12 * time.Hour), Image: image.Image{ID: "img-a", Name: "web", Type: "PRIVATE_IMAGE"},
		},
		Deliveries: map[string]ledger.Delivery{"webhook": {ID: "x", State: ledger.Sent}},
	}
}

// The form of an export is what programs rely on.
func TestViewGolden(t *testing.T) {
	t.Parallel()
	const golden = "testdata/export.json"
	x, h := newAPI(token)
	x.entries["nightly-20261121t190000z-a"] = entry()
	w := as(h, "GET", "/v1/exports/nightly-20261121t190000z-a", "")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	var got bytes.Buffer
	if err := json.Indent(&got, w.Body.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the form changed; fields are added, never renamed; -update writes it anew\n%s", diff)
	}
	if strings.Contains(got.String(), "canary") {
		t.Error("the ledger's own affairs are shown")
	}
	list := views(t, as(h, "GET", "/v1/exports", ""), 200)
	if len(list) != 1 || list[0].ID != "nightly-20261121t190000z-a" || list[0].Verdict != ledger.Partial {
		t.Errorf("list: %+v", list)
	}
}

func TestEmptyList(t *testing.T) {
	t.Parallel()
	_, h := newAPI(token)
	if got := strings.TrimSpace(as(h, "GET", "/v1/exports", "").Body.String()); got != `{"days":2,"exports":[]}` {
		t.Errorf("got %s; want a list that is empty, not absent", got)
	}
	if got := as(h, "GET", "/", "").Body.String(); !strings.Contains(got, "Nothing yet.") {
		t.Errorf("page: %s", got)
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	e := entry()
	const attack = `</h2><script>alert("canary")</script><img src=x onerror='alert(1)'>`
	e.Request.Image.Name, e.Detail, e.Hint, e.Request.Plan, e.Landed[0].Key = attack, attack, attack, attack, attack
	e.Verdict = ledger.State(`" onmouseover="alert(1)`) // a state of some newer version
	x.entries["nightly-20261121t190000z-a"] = e
	w := as(h, "GET", "/", "")
	page := w.Body.String()
	for _, raw := range []string{"<script", "<img", "</h2><", `" onmouseover`} {
		if strings.Contains(page, raw) {
			t.Errorf("the page holds %q of a name", raw)
		}
	}
	if n := strings.Count(page, "&lt;script&gt;"); n != 5 {
		t.Errorf("%d names are shown escaped, want 5:\n%s", n, page)
	}
	for _, part := range []string{"nightly-20261121t190000z-a", "img-a", "50 GiB", "due 2026-11-21 19:00:00", "Read from the ledger on 2026-11-21 19:00:05 UTC"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page does not show %q", part)
		}
	}
	head := w.Header()
	if policy := head.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "script-src") {
		t.Errorf("policy %q", policy)
	}
	if head.Get("Content-Type") != "text/html; charset=utf-8" || head.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", head)
	}
}

// Whoever sees a failure sees the way to try again.
func TestPageOfFailed(t *testing.T) {
	t.Parallel()
	for verdict, shown := range map[ledger.State]bool{ledger.Failed: true, ledger.Partial: true, ledger.Complete: false, "": false} {
		x, h := newAPI(token)
		x.ended(old, verdict)
		if page := as(h, "GET", "/", "").Body.String(); strings.Contains(page, "imageferry retry "+string(old)+"<") != shown {
			t.Errorf("%q: the way to retry is shown: %t", verdict, !shown)
		}
	}
}

// An export that is on the work list and not decided yet has a state for people.
func TestPageOfNew(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	e := entry()
	e.State, e.Verdict, e.Ended, e.Landed = ledger.None, "", time.Time{}, nil
	x.entries["x"] = e
	page := as(h, "GET", "/", "").Body.String()
	if !strings.Contains(page, ">new</b>") || !strings.Contains(page, "Waiting for:") || strings.Contains(page, ", ended") {
		t.Error(page)
	}
}
