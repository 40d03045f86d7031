package api_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

func TestCreateImage(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	w := as(h, "POST", "/v1/exports", `{"image":"img-a","format":"vhd","rootDiskOnly":true}`)
	got := views(t, w, 202)
	if len(got) != 1 || w.Header().Get("Location") != "/v1/exports/"+string(got[0].ID) || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d exports, headers %v", len(got), w.Header())
	}
	o := x.order
	_, named := o.Plan.SelectImages(nil)
	if o.Origin != ledger.Requested || o.Plan.Name != "" || !slices.Equal(named, []image.ID{"img-a"}) || o.Bucket != bucket || o.Plan.Format != image.VHD || !o.Plan.RootDiskOnly || o.Plan.Prefix != "" || o.Plan.Role != "" {
		t.Errorf("order %+v", o)
	}
	if want := time.Date(2026, 11, 21, 19, 0, 5, 0, time.UTC); o.Slot != want || o.Plan.Deadline != 24*time.Hour {
		t.Errorf("asked at %v for %v, want %v", o.Slot, o.Plan.Deadline, want)
	}
	if o.Names != string(o.Name("img-a")) {
		t.Errorf("ids are said to start with %q, and are %q", o.Names, o.Name("img-a"))
	}
	again := views(t, as(h, "POST", "/v1/exports", `{"image":"img-a"}`), 202)
	if again[0].ID == got[0].ID {
		t.Error("without a key, two requests are one")
	}
	if again[0].Format != image.RAW {
		t.Errorf("format %q, want the default", again[0].Format)
	}
}

func TestCreatePlan(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	w := as(h, "POST", "/v1/exports", `{"plan":"nightly"}`)
	got := views(t, w, 202)
	if len(got) != 2 || w.Header().Get("Location") != "" {
		t.Fatalf("%d exports, headers %v", len(got), w.Header())
	}
	for i, id := range []image.ExportID{"nightly-20261121t190005z-a", "nightly-20261121t190005z-b"} {
		if got[i].ID != id || got[i].Origin != ledger.Requested || got[i].Plan != "nightly" || got[i].Format != image.QCOW2 {
			t.Errorf("export %+v, want id %s", got[i], id)
		}
	}
	if o := x.order; o.Plan.Deadline != 12*time.Hour || o.Plan.Prefix != "team" || o.Bucket != bucket {
		t.Errorf("order %+v is not the plan", o)
	}
	w = as(h, "POST", "/v1/exports", `{"plan":"single"}`)
	if got := views(t, w, 202); w.Header().Get("Location") != "/v1/exports/"+string(got[0].ID) {
		t.Error("one export of a plan has no Location")
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat(" ", 64<<10)
	tests := []struct {
		name, body string
		status     int
		detail     string
	}{
		{"empty", ``, 400, "it is empty"},
		{"no JSON", `image=img-a`, 400, "invalid character"},
		{"cut", `{"image":`, 400, "unexpected EOF"},
		{"list", `[]`, 400, "it is a JSON array"},
		{"null", `null`, 400, "neither"},
		{"nothing asked", `{}`, 400, "neither"},
		{"empty image", `{"image":""}`, 400, "neither"},
		{"both", `{"image":"img-a","plan":"nightly"}`, 400, "both"},
		{"unknown field", `{"image":"img-a","bucket":"theirs-1250000000"}`, 400, `unknown field "bucket"`},
		{"wrong type", `{"image":["img-a"]}`, 400, `field "image" cannot be a JSON array`},
		{"wrong type of flag", `{"image":"img-a","rootDiskOnly":"yes"}`, 400, `field "rootDiskOnly" cannot be a JSON string`},
		{"two objects", `{"image":"img-a"}{"image":"img-b"}`, 400, "something follows"},
		{"rest", `{"image":"img-a"} x`, 400, "the JSON object that is wanted"},
		{"image id", `{"image":"ami-1"}`, 400, `image id "ami-1"`},
		{"path as image", `{"image":"img-a/../b"}`, 400, "image id"},
		{"format", `{"image":"img-a","format":"iso"}`, 400, `format "iso"`},
		{"no such plan", `{"plan":"weekly"}`, 400, `no plan "weekly"`},
		{"format of a plan", `{"plan":"nightly","format":"RAW"}`, 400, `"format" and "rootDiskOnly" go with "image"`},
		{"root disk of a plan", `{"plan":"nightly","rootDiskOnly":true}`, 400, `"format" and "rootDiskOnly" go with "image"`},
		{"too large", `{"image":"` + pad + `"}`, 413, "more than 65536 bytes"},
		{"too much after it", `{"image":"img-a"}` + pad, 413, "more than 65536 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x, h := newAPI(token)
			p := wantProblem(t, as(h, "POST", "/v1/exports", tt.body), tt.status)
			if !strings.Contains(p.Detail, tt.detail) || strings.Contains(p.Detail, "Go ") || strings.Contains(p.Detail, "json:") {
				t.Errorf("detail %q, want it to say %q", p.Detail, tt.detail)
			}
			if x.calls != 0 {
				t.Error("reached the exporter")
			}
		})
	}
	_, h := newAPI(token)
	body := `{"image":"img-a"}`
	if w := as(h, "POST", "/v1/exports", body+pad[:64<<10-len(body)]); w.Code != 202 {
		t.Errorf("a body of 64 KiB: %d", w.Code)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	_, h := newAPI(token)
	post := func(key, body string) image.ExportID {
		t.Helper()
		got := views(t, as(h, "POST", "/v1/exports", body, "Idempotency-Key", key), 202)
		return got[0].ID
	}
	const a, b = `{"image":"img-a"}`, `{"image":"img-b"}`
	first := post("k1", a)
	if again := post("k1", a); again != first {
		t.Errorf("the same key gives %q and %q", first, again)
	}
	if again := post("k1", ` {"format": "raw", "image": "img-a"} `); again != first {
		t.Errorf("the same request in other words is %q", again)
	}
	if other := post("k2", a); other == first {
		t.Error("another key is the same export")
	}
	for _, body := range []string{b, `{"image":"img-a","format":"VHD"}`, `{"image":"img-a","rootDiskOnly":true}`} {
		p := wantProblem(t, as(h, "POST", "/v1/exports", body, "Idempotency-Key", "k1"), 422)
		if !strings.Contains(p.Detail, "Idempotency-Key") || p.Instance != "/v1/exports/"+string(first) {
			t.Errorf("%s: %+v", body, p)
		}
	}
	if _, err := image.ParseExportID(string(post("../../\x01Ü \"", a))); err != nil {
		t.Error(err)
	}
	if w := as(h, "POST", "/v1/exports", a, "Idempotency-Key", strings.Repeat("k", 255)); w.Code != 202 {
		t.Errorf("a key of 255 bytes: %d", w.Code)
	}
	wantProblem(t, as(h, "POST", "/v1/exports", a, "Idempotency-Key", strings.Repeat("k", 256)), 400)
	for _, damaged := range []string{"k\uFFFD", "k\xff"} {
		wantProblem(t, as(h, "POST", "/v1/exports", a, "Idempotency-Key", damaged), 400)
	}
}

func TestIdempotencyKeyOfPlan(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	ids := func(plan string) (list []image.ExportID) {
		t.Helper()
		for _, v := range views(t, as(h, "POST", "/v1/exports", `{"plan":"`+plan+`"}`, "Idempotency-Key", "k"), 202) {
			if !strings.HasPrefix(string(v.ID), x.order.Names) {
				t.Errorf("%q does not start with %q", v.ID, x.order.Names)
			}
			list = append(list, v.ID)
		}
		return list
	}
	first := ids("nightly")
	if again := ids("nightly"); !slices.Equal(first, again) || first[0] == first[1] {
		t.Errorf("the same key gives %q and %q", first, again)
	}
	if other := ids("single"); slices.Contains(first, other[0]) {
		t.Error("a key counts beyond its plan")
	}
	single := views(t, as(h, "POST", "/v1/exports", `{"image":"img-a"}`, "Idempotency-Key", "k"), 202)
	if slices.Contains(first, single[0].ID) {
		t.Error("a plan's key is that of a single image")
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	x.decide = func(e *ledger.Entry) error {
		e.State, e.Verdict, e.Reason, e.Detail, e.Hint = ledger.Failed, ledger.Failed, "Windows", "it is a Windows image", "back it up inside"
		return nil
	}
	p := wantProblem(t, as(h, "POST", "/v1/exports", `{"image":"img-a"}`, "Idempotency-Key", "k"), 422)
	if p.Type != "urn:imageferry:reason:windows" || p.Title != "Not exportable" || p.Detail != "it is a Windows image" || p.Hint != "back it up inside" ||
		p.Instance != "/v1/exports/"+string(image.RequestedID("k")) {
		t.Errorf("%+v", p)
	}
	if got := views(t, as(h, "POST", "/v1/exports", `{"plan":"nightly"}`), 202); got[0].Verdict != ledger.Failed || got[1].Hint == "" {
		t.Errorf("of several, each says its own: %+v", got)
	}
}

// An export that was started and failed hours later was no bad request.
func TestFailedLater(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	x.decide = func(e *ledger.Entry) error {
		e.State, e.Verdict, e.Reason, e.Started = ledger.Failed, ledger.Failed, "nothing-landed", now
		return nil
	}
	if got := views(t, as(h, "POST", "/v1/exports", `{"image":"img-a"}`), 202); got[0].Verdict != ledger.Failed || got[0].Reason != "nothing-landed" {
		t.Errorf("%+v", got)
	}
}

func TestNotDrivenOn(t *testing.T) {
	t.Parallel()
	x, h := newAPI(token)
	seq := 0
	x.decide = func(e *ledger.Entry) error { e.Seq = seq; return errors.New("canary from inside") }
	p := wantProblem(t, as(h, "POST", "/v1/exports", `{"image":"img-a"}`), 503)
	if !strings.Contains(p.Hint, "Idempotency-Key") {
		t.Errorf("hint %q", p.Hint)
	}
	for _, v := range views(t, as(h, "POST", "/v1/exports", `{"plan":"nightly"}`, "Idempotency-Key", "1"), 202) {
		if !strings.Contains(v.Problem, "send the request again") {
			t.Errorf("nothing recorded, and the answer is %q", v.Problem)
		}
	}
	seq = 1
	w := as(h, "POST", "/v1/exports", `{"image":"img-a"}`)
	if got := views(t, w, 202); !strings.Contains(got[0].Problem, "a later tick") || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%s", w.Body)
	}
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		err          error
		detail, hint string
	}{
		{&outcome.Error{Kind: outcome.Config, Op: "DescribeImages", Code: "AuthFailure", Hint: "check the role"}, "DescribeImages: AuthFailure", "check the role"},
		{ledger.ErrVersioned, "versioning", "FERRY_STATE_BUCKET"},
		{errors.New("no answer"), "no answer", "send the request again"},
	}
	for _, tt := range tests {
		for _, g := range guarded[:4] {
			x, h := newAPI(token)
			x.err, x.lost = tt.err, true
			p := wantProblem(t, as(h, g.method, g.target, g.body), 503)
			if !strings.Contains(p.Detail, tt.detail) || !strings.Contains(p.Hint, tt.hint) {
				t.Errorf("%s %s: %+v", g.method, g.target, p)
			}
			if g.method == "GET" && strings.Contains(p.Hint, "started") {
				t.Errorf("reading starts nothing: %q", p.Hint)
			}
		}
	}
}
