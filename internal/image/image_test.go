package image_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/image"
)

func TestParseID(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`img-[0-9a-z]{1,32}`).Draw(t, "id")
		id, err := image.ParseID(s)
		if err != nil || string(id) != s || "img-"+id.Suffix() != s {
			t.Fatalf("ParseID(%q) = %q, %v", s, id, err)
		}
	})
	for _, bad := range []string{"", "img-", "img", "IMG-a", "img-A", "img-a ", "img-a\n", "img-a_b", "img-a/b", "snap-a", "img-" + strings.Repeat("a", 33)} {
		if id, err := image.ParseID(bad); err == nil || id != "" {
			t.Errorf("ParseID(%q) = %q, want an error", bad, id)
		}
	}
}

func TestParseBucket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-z0-9](?:[a-z0-9-]{0,20}[a-z0-9])?-[0-9]{6,12}`).Draw(t, "bucket")
		b, err := image.ParseBucket(s)
		if err != nil || b.String() != s || b.Name+"-"+b.AppID != s {
			t.Fatalf("ParseBucket(%q) = %+v, %v", s, b, err)
		}
		var again struct{ B image.Bucket }
		text, err := json.Marshal(struct{ B image.Bucket }{b})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &again); err != nil || again.B != b {
			t.Fatalf("%s reads back as %+v, %v", text, again.B, err)
		}
	})
	for _, bad := range []string{
		"images", "-1250000000", "images-", "images-12345", "images-1234567890123", "Images-1250000000", "-images-1250000000", "images--125000000x",
		"images.x-1250000000", "images/x-1250000000", "images-1250000000\n", strings.Repeat("a", 51) + "-1250000000",
	} {
		if b, err := image.ParseBucket(bad); err == nil || b != (image.Bucket{}) {
			t.Errorf("ParseBucket(%q) = %+v, want an error", bad, b)
		}
	}
}

func TestZeroBucket(t *testing.T) {
	t.Parallel()
	b := image.Bucket{Name: "x", AppID: "1250000000"}
	if err := b.UnmarshalText(nil); err != nil || b != (image.Bucket{}) || b.String() != "" {
		t.Errorf("empty text gives %+v, %v; want the zero Bucket", b, err)
	}
	if err := b.UnmarshalText([]byte("x")); err == nil {
		t.Error("a bucket without appid is taken")
	}
}

func TestParseFormat(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]image.Format{"": image.RAW, "raw": image.RAW, "Qcow2": image.QCOW2, "VHD": image.VHD, "vmdk": image.VMDK} {
		if got, err := image.ParseFormat(text); err != nil || got != want || got.Ext() != strings.ToLower(string(want)) {
			t.Errorf("ParseFormat(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
	for _, bad := range []string{"iso", "raw ", ".raw", "vhdx"} {
		if got, err := image.ParseFormat(bad); err == nil || got != "" {
			t.Errorf("ParseFormat(%q) = %q, want an error", bad, got)
		}
	}
}
