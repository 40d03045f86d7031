package image_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/image"
)

func TestParseFile(t *testing.T) {
	t.Parallel()
	const tail = "img-dz6w75t0_system_snap-hedv100v.raw"
	api := func(prefix string) image.File {
		return image.File{Prefix: prefix, Image: "img-dz6w75t0", Disk: "system", Snapshot: "snap-hedv100v", Ext: "raw"}
	}
	tests := []struct {
		key  string
		want image.File
	}{
		{tail, api("")}, // the sample of CosPaths, without its slash
		{"nightly_" + tail, api("nightly")},
		{"a_b__c_" + tail, api("a_b__c")},
		{"team/a/nightly_" + tail, api("team/a/nightly")},
		{"team/" + tail, api("team/")},
		{"img-other_system_snap-x_" + tail, api("img-other_system_snap-x")},
		{"__" + tail, api("_")},
		{"备份_" + tail, api("备份")},
		{"p_img-1_data_snap-2.QCOW2", image.File{Prefix: "p", Image: "img-1", Disk: "data", Snapshot: "snap-2", Ext: "QCOW2"}},
		{"web_xvda.raw", image.File{Prefix: "web", Disk: "xvda", Ext: "raw"}},
		{"team/a_b_xvdz.vmdk", image.File{Prefix: "team/a_b", Disk: "xvdz", Ext: "vmdk"}},
		{"two words_xvda.vhd", image.File{Prefix: "two words", Disk: "xvda", Ext: "vhd"}},
		{"img-1_xvdb.raw", image.File{Prefix: "img-1", Disk: "xvdb", Ext: "raw"}},
	}
	for _, tt := range tests {
		got, ok := image.ParseFile(tt.key)
		if !ok || got != tt.want {
			t.Errorf("ParseFile(%q)\n got %+v, %v\nwant %+v", tt.key, got, ok, tt.want)
		}
		if got.Key() != tt.key {
			t.Errorf("Key() = %q, want %q", got.Key(), tt.key)
		}
		if got.Format() == "" {
			t.Errorf("%q: no format", tt.key)
		}
	}
}

func TestParseFileRefuses(t *testing.T) {
	t.Parallel()
	const tail = "_img-dz6w75t0_system_snap-hedv100v.raw"
	keys := []string{
		"", "/", "raw", ".raw", "a.raw", "a_xvda", "a_xvda.", "a_xvda.iso", "a_xvda.raw.tmp", "a_xvda.raw/", "a_xvdA.raw", "a_xvdaa.raw", "_xvda.raw", "xvda.raw",
		tail, "dir/" + tail, // no prefix has no "_"
		"p_img-DZ_system_snap-a.raw", "p_img-_system_snap-a.raw", "p_img-a_swap_snap-a.raw", "p_img-a_system_snap-.raw", "p_img-a_system_vol-a.raw", "p_img-a_system_snap-a.rawx",
		"p_img-a_system_snap-" + strings.Repeat("a", 33) + ".raw",
		strings.Repeat("p", 851-len(tail)) + tail,
	}
	for _, odd := range []string{
		"/p", "a//p", "a///p", "./p", "../p", "a/./p", "a/../p", "%2e%2e/p", "%2E%2e%2Fp", "100%", `a\p`, `..\p`,
		"a\x00p", "a\rp", "a\np", "a\r\nSet-Cookie: x", "a\tp", "a\x1bp", "a\x7fp", "a\u0085p", "a\u2028p", "a\u2029p", "a\u00a0p",
		"a\u202ep", "a\u2066p", "a\u200bp", "a\ufeffp", "a\ufffdp", "a\xffp", "a\xc3",
	} {
		keys = append(keys, odd+tail, odd+"_xvda.raw")
	}
	for _, key := range keys {
		if f, ok := image.ParseFile(key); ok {
			t.Errorf("ParseFile(%q) = %+v, want it left alone", key, f)
		} else if f != (image.File{}) {
			t.Errorf("ParseFile(%q) refuses and returns %+v", key, f)
		}
	}
	longest := strings.Repeat("p", 850-len(tail)) + tail
	if _, ok := image.ParseFile(longest); !ok {
		t.Error("a key of 850 bytes is refused")
	}
}

func drawFile(t *rapid.T) image.File {
	f := image.File{Ext: rapid.StringMatching(`raw|RAW|qcow2|vhd|Vmdk`).Draw(t, "ext")}
	if rapid.Bool().Draw(t, "console") {
		f.Prefix = rapid.StringMatching(`(?:[a-z0-9_.-]+[a-z]/){0,2}[A-Za-z0-9 _-]{1,20}`).Draw(t, "prefix")
		f.Disk = rapid.StringMatching(`xvd[a-z]`).Draw(t, "disk")
		return f
	}
	f.Prefix = rapid.StringMatching(`|(?:[a-z0-9_.-]+[a-z]/){0,2}(?:[A-Za-z0-9 _-]{1,20})?`).Draw(t, "prefix")
	f.Image = image.ID(rapid.StringMatching(`img-[0-9a-z]{1,32}`).Draw(t, "image"))
	f.Disk = rapid.SampledFrom([]string{"system", "data"}).Draw(t, "disk")
	f.Snapshot = rapid.StringMatching(`snap-[0-9a-z]{1,32}`).Draw(t, "snapshot")
	return f
}

func TestFileRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := drawFile(t)
		if got, ok := image.ParseFile(want.Key()); !ok || got != want {
			t.Fatalf("%q parses to %+v, %v; want %+v", want.Key(), got, ok, want)
		}
	})
}

func TestFormatOfFile(t *testing.T) {
	t.Parallel()
	for ext, want := range map[string]image.Format{"raw": image.RAW, "Qcow2": image.QCOW2, "VHD": image.VHD, "vmdk": image.VMDK, "": "", "iso": ""} {
		if got := (image.File{Ext: ext}).Format(); got != want {
			t.Errorf("Format of .%s = %q, want %q", ext, got, want)
		}
	}
}

// What an export is expected to write is recognised again, and names the export.
func TestExpected(t *testing.T) {
	t.Parallel()
	m := image.Image{ID: "img-database", Disks: []image.Disk{{Snapshot: "snap-a", System: true}, {Snapshot: "snap-b"}, {Snapshot: "snap-c"}}}
	const id = "nightly-20261121t190000z-database"
	for _, own := range []string{"", "team", "team_a", "team/", "team/a"} {
		keys := image.Expected(m, image.Prefix(own, id), image.QCOW2, false)
		if len(keys) != 3 {
			t.Fatalf("%d keys, want one a disk: %q", len(keys), keys)
		}
		for _, key := range keys {
			f, ok := image.ParseFile(key)
			got, named := f.ExportID()
			if !ok || !named || got != id || f.Image != m.ID || f.Format() != image.QCOW2 {
				t.Errorf("%q: parsed %v as %+v of export %q", key, ok, f, got)
			}
		}
		if root := image.Expected(m, image.Prefix(own, id), image.QCOW2, true); !slices.Equal(root, keys[:1]) {
			t.Errorf("root disk only: %q, want %q", root, keys[:1])
		}
	}
	want := []string{
		"team_" + id + "_img-database_system_snap-a.raw",
		"team_" + id + "_img-database_data_snap-b.raw",
		"team_" + id + "_img-database_data_snap-c.raw",
	}
	if got := image.Expected(m, image.Prefix("team", id), image.RAW, false); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestExportIDOfFile(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]image.ExportID{
		"nightly": "nightly", "team_nightly": "nightly", "a/b/nightly": "nightly", "a/b_c": "c", "a_b/c": "c",
		"": "", "team_": "", "team/": "", "Team": "", "a b": "", "-a": "", "备份": "",
	} {
		got, ok := image.File{Prefix: prefix}.ExportID()
		if got != want || ok != (want != "") {
			t.Errorf("prefix %q names export %q, %v; want %q", prefix, got, ok, want)
		}
	}
}

func FuzzParseFile(f *testing.F) {
	for _, key := range []string{
		"p_img-dz6w75t0_system_snap-hedv100v.raw", "img-a_data_snap-b.vhd", "a/b_c_xvda.raw", "a/../b_xvda.raw", "a\u202eb_xvda.raw", "_img-a_system_snap-b.raw", "a%2eb_xvda.QCOW2",
	} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		file, ok := image.ParseFile(key)
		if !ok {
			return
		}
		if file.Key() != key {
			t.Fatalf("%q parses to %+v, which prints %q", key, file, file.Key())
		}
		if len(key) > 850 || strings.ContainsAny(key, "\x00\r\n\\%") || strings.Contains("/"+key, "/../") || strings.Contains("/"+key, "//") {
			t.Fatalf("%q was recognised", key)
		}
		if file.Format() == "" || (file.Image == "") != (file.Snapshot == "") {
			t.Fatalf("%q: %+v is neither scheme", key, file)
		}
	})
}
