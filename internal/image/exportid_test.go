package image_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/image"
)

func TestParseExportID(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "0", "nightly-20261121t190000z-72n9mi0y", "a--b", strings.Repeat("a", 120)} {
		if id, err := image.ParseExportID(good); err != nil || string(id) != good {
			t.Errorf("ParseExportID(%q) = %q, %v", good, id, err)
		}
	}
	for _, bad := range []string{"", "-", "-a", "a-", "A", "a_b", "a/b", "a.b", "a b", "a\n", "..", "é", strings.Repeat("a", 121)} {
		if id, err := image.ParseExportID(bad); err == nil || id != "" {
			t.Errorf("ParseExportID(%q) = %q, want an error", bad, id)
		}
	}
}

func TestIDsAreStable(t *testing.T) {
	t.Parallel()
	slot := time.Date(2026, 11, 22, 3, 0, 0, 0, time.FixedZone("UTC+8", 8*60*60))
	bucket := image.Bucket{Name: "images", AppID: "1250000000"}
	// These are names of objects in people's buckets: they do not change.
	for want, got := range map[image.ExportID]image.ExportID{
		"nightly-20261121t190000z-72n9mi0y": image.ScheduledID("nightly", slot, "img-72n9mi0y"),
		"api-a665a45920422f9d417e":          image.RequestedID("123"),
		"seen-d74ceb62f68654366684":         image.ObservedID(bucket, "web_xvda.raw", `"etag"`),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if _, err := image.ParseExportID(string(got)); err != nil {
			t.Error(err)
		}
	}
	if a, b := image.ObservedID(bucket, "k", `"e"`), image.ObservedID(bucket, "k", "e"); a != b {
		t.Errorf("the quotes of an ETag make another event: %q, %q", a, b)
	}
	if a, b := image.ObservedID(bucket, "k", "e"), image.ObservedID(bucket, "k", "f"); a == b {
		t.Error("other content is the same event")
	}
}

type scheduled struct {
	plan string
	slot time.Time
	id   image.ID
}

// drawScheduled keeps to what plans allow, and likes plan names that look like
// the other parts of an id.
func drawScheduled(t *rapid.T, label string) scheduled {
	at := rapid.Int64Range(0, 3).Draw(t, label+" slot")*86400 + 1_700_000_000
	return scheduled{
		plan: rapid.OneOf(rapid.StringMatching(`[ab](?:-[ab]){0,2}`), rapid.StringMatching(`a-2023111[4-7]t221320z`)).Draw(t, label+" plan"),
		slot: time.Unix(at, 0).UTC(),
		id:   image.ID(rapid.StringMatching(`img-(?:[ab]{1,2}|2023111[4-7]t221320z)`).Draw(t, label+" image")),
	}
}

func TestScheduledIDIsInjective(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawScheduled(t, "a"), drawScheduled(t, "b")
		x, y := image.ScheduledID(a.plan, a.slot, a.id), image.ScheduledID(b.plan, b.slot, b.id)
		if (a == b) != (x == y) {
			t.Fatalf("%+v is %q, %+v is %q", a, x, b, y)
		}
		if _, err := image.ParseExportID(string(x)); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(x), image.SlotPrefix(a.plan, a.slot)) {
			t.Fatalf("%q does not start with its slot's prefix", x)
		}
	})
}

// The longest plan name and image id that are allowed make an id that is.
func TestScheduledIDFits(t *testing.T) {
	t.Parallel()
	id := image.ScheduledID(strings.Repeat("p", 40), time.Unix(0, 0), image.ID("img-"+strings.Repeat("i", 32)))
	if _, err := image.ParseExportID(string(id)); err != nil {
		t.Error(err)
	}
}

func FuzzParseExportID(f *testing.F) {
	for _, s := range []string{"a", "nightly-20261121t190000z-72n9mi0y", "-a", "a_b", "A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := image.ParseExportID(s)
		if err != nil {
			return
		}
		if string(id) != s {
			t.Fatalf("%q parses to %q", s, id)
		}
		// Whatever stands before it in a prefix, a file gives its id back.
		file := image.File{Prefix: image.Prefix("own", id), Image: "img-a", Disk: "data", Snapshot: "snap-a", Ext: "raw"}
		again, ok := image.ParseFile(file.Key())
		if got, named := again.ExportID(); !ok || !named || got != id {
			t.Fatalf("%q names %q, want %q", file.Key(), got, id)
		}
	})
}
