package manifest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/manifest"
)

const region = "ap-guangzhou"

var (
	update = flag.Bool("update", false, "write the golden files anew")
	slot   = time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	bucket = image.Bucket{Name: "images", AppID: "1250000000"}
)

// complete is an export of a whole machine in a slot of a plan.
func complete(format image.Format) ledger.Entry {
	m := image.Image{
		ID: "img-database", Name: "orders <db> & \"co\" 镜像", OS: "Ubuntu Server 20.04 LTS 64bit", Architecture: "x86_64", Created: slot.AddDate(0, -1, 0),
		Disks: []image.Disk{{Snapshot: "snap-sys", System: true, GiB: 50}, {Snapshot: "snap-data1", GiB: 100}},
	}
	id := image.ScheduledID("nightly", slot, m.ID)
	e := ledger.Entry{
		Schema: ledger.Schema, Seq: 3, State: ledger.Complete, Verdict: ledger.Complete, At: slot.Add(time.Hour), Ended: slot.Add(time.Hour), Started: slot.Add(time.Minute),
		TaskID: 4242, Attempt: 1, RequestID: "r-1",
		Request: ledger.Request{
			ID: id, Origin: ledger.Scheduled, Plan: "nightly", Slot: slot, Image: m, Bucket: bucket,
			Prefix: image.Prefix("team", id), Format: format, Deadline: slot.Add(12 * time.Hour),
		},
	}
	e.Expected = e.Request.Files()
	for i, key := range e.Expected {
		check := diskimage.Report{Verdict: diskimage.Verified, Format: format, Bytes: m.Disks[i].GiB << 30, Contents: "xfs", Ranges: "4711"}
		if i == 0 {
			check.Contents, check.Bootable = "gpt: efi, ext4", true
		}
		e.Landed = append(e.Landed, ledger.File{Key: key, Size: int64(i+1) << 30, CRC64: "12345678901234567890", ETag: `"e-1"`, Time: slot.Add(40 * time.Minute), Check: &check})
	}
	return e
}

// partial lacks a data disk, and its image has a system that nobody maps.
func partial() ledger.Entry {
	e := complete(image.RAW)
	e.State, e.Verdict, e.Landed = ledger.Partial, ledger.Partial, e.Landed[:1]
	e.Request.Image.OS, e.Request.Image.Architecture = "TencentOS Server 3.1", "riscv"
	e.Landed[0].Check.Contents = "mbr: ext4"
	return e
}

// broken has its system disk, and it is no disk.
func broken() ledger.Entry {
	e := complete(image.VMDK)
	e.State, e.Verdict = ledger.Partial, ledger.Partial
	e.Landed[0].Check = &diskimage.Report{Verdict: diskimage.NotADisk, Findings: []diskimage.Finding{{Code: "foreign", Detail: "the file is text"}}}
	return e
}

// made is an export of a machine.
func made() ledger.Entry {
	e := complete(image.VHD)
	e.Request.Instance, e.Request.Origin = "ins-8ruwtq3m", ledger.Requested
	e.Request.Plan, e.Request.ID = "", "api-0123456789abcdef0123"
	return e
}

// observed is a file that somebody else exported, under a name that a shell would
// take for much else.
func observed() ledger.Entry {
	key := "by hand/-o $(reboot); it's `here` +1_xvda.raw"
	return ledger.Entry{
		Schema: ledger.Schema, Seq: 1, State: ledger.Complete, Verdict: ledger.Complete, At: slot, Ended: slot, Expected: []string{key},
		Landed: []ledger.File{{Key: key, Size: 1 << 30, Check: &diskimage.Report{Verdict: diskimage.Verified, Format: image.RAW, Bytes: 1 << 30, Contents: "mbr: ext4", Bootable: true}}},
		Request: ledger.Request{
			ID: image.ObservedID(bucket, key, "e"), Origin: ledger.Observed, Slot: slot, Bucket: bucket, Format: image.RAW, Prefix: "by hand/-o", Deadline: slot, File: key,
		},
	}
}

func entries() map[string]ledger.Entry {
	return map[string]ledger.Entry{
		"complete": complete(image.QCOW2), "partial": partial(), "broken": broken(), "made": made(), "observed": observed(),
	}
}

func encode(t *testing.T, m manifest.Manifest) []byte {
	t.Helper()
	body, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// What lies beside people's files, byte by byte. It outlives the program.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, e := range entries() {
		got, file := encode(t, manifest.Of(e, region)), "testdata/"+name+".json"
		if *update {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s changed: add and never rename; -update writes it anew\n%s", file, diff)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for name, e := range entries() {
		m := manifest.Of(e, region)
		back, err := manifest.Decode(encode(t, m))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(m, back); diff != "" {
			t.Errorf("%s is not what was written\n%s", name, diff)
		}
	}
}

// It is made of the verdict alone: what is told afterwards changes nothing.
func TestSameVerdictSameBytes(t *testing.T) {
	t.Parallel()
	e := complete(image.RAW)
	first := encode(t, manifest.Of(e, region))
	e.Seq, e.State, e.At = 9, ledger.Closed, e.At.Add(100*time.Hour)
	e.Deliveries = map[string]ledger.Delivery{"oncall": {ID: "x", State: ledger.Sent}}
	if second := encode(t, manifest.Of(e, region)); !bytes.Equal(first, second) {
		t.Errorf("the manifest changed\n%s", cmp.Diff(string(first), string(second)))
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	body := string(encode(t, manifest.Of(complete(image.RAW), region)))
	more := strings.Replace(body, "{", `{"new": {"field": 1},`, 1)
	if m, err := manifest.Decode([]byte(more)); err != nil || len(m.Files) != 2 {
		t.Errorf("a field that is new: %v", err)
	}
	for name, broken := range map[string]struct{ body, want string }{
		"newer":     {strings.Replace(body, `"schema": 1`, `"schema": 2`, 1), "schema 2"},
		"foreign":   {`{"name": "package.json"}`, "no manifest of Image Ferry"},
		"list":      {`[]`, "manifest:"},
		"cut":       {body[:len(body)/2], "manifest:"},
		"two":       {body + body, "manifest:"},
		"empty":     {"", "manifest:"},
		"wrong":     {strings.Replace(body, `"size": `, `"size": -0.5e`, 1), "manifest:"},
		"no bucket": {strings.Replace(body, `"images-1250000000"`, `"../x"`, 1), "bucket"},
	} {
		if _, err := manifest.Decode([]byte(broken.body)); err == nil || !strings.Contains(err.Error(), broken.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, broken.want)
		}
	}
}

// The manifest's own event must not be taken for a disk's.
func TestKey(t *testing.T) {
	t.Parallel()
	for name, e := range entries() {
		key := manifest.Key(e.Request)
		if _, ok := image.ParseFile(key); ok || !strings.HasSuffix(key, "_manifest.json") || !strings.HasPrefix(key, e.Request.Prefix) {
			t.Errorf("%s: key %q is taken for a disk: %v", name, key, ok)
		}
	}
	if got, want := manifest.Key(complete(image.RAW).Request), "team_nightly-20261121t190000z-database_manifest.json"; got != want {
		t.Errorf("key %q, want %q", got, want)
	}
}

func FuzzDecode(f *testing.F) {
	for _, e := range entries() {
		body, err := manifest.Of(e, region).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := manifest.Decode(body)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil {
			t.Skip() // a time that JSON cannot write
		}
		if _, err := manifest.Decode(again); err != nil || !json.Valid(again) {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}
