package notice_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
)

const region = "ap-guangzhou"

var update = flag.Bool("update", false, "write the golden files anew")

var slot = time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)

// scheduled is an export of img-database in one slot of a plan, not decided yet.
func scheduled() ledger.Entry {
	m := image.Image{
		ID: "img-database", Name: "orders-db", Type: "PRIVATE_IMAGE", State: "NORMAL",
		Disks: []image.Disk{{Snapshot: "snap-sys", System: true, GiB: 50}, {Snapshot: "snap-data1", GiB: 100}, {Snapshot: "snap-data2", GiB: 200}},
	}
	id := image.ScheduledID("nightly", slot, m.ID)
	return ledger.Entry{
		Schema: 1, Seq: 3, At: slot.Add(42 * time.Minute), Request: ledger.Request{
			ID: id, Origin: ledger.Scheduled, Plan: "nightly", Slot: slot, Image: m, Bucket: image.Bucket{Name: "images", AppID: "1250000000"},
			Prefix: image.Prefix("", id), Format: image.RAW, Deadline: slot.Add(12 * time.Hour),
		},
	}
}

func verdict(e ledger.Entry, v ledger.State) ledger.Entry {
	e.State, e.Verdict, e.Ended = v, v, slot.Add(41*time.Minute+30*time.Second)
	e.Started, e.TaskID, e.Attempt = slot.Add(20*time.Second), 4242, 1
	e.Expected = e.Request.Files()
	return e
}

// land lets the first n expected files be there, whole.
func land(e ledger.Entry, n int) ledger.Entry {
	for i, key := range e.Expected[:n] {
		check := &diskimage.Report{Verdict: diskimage.Verified, Format: e.Request.Format, Bytes: e.Request.Image.Disks[i].GiB << 30, Contents: "xfs"}
		if i == 0 {
			check.Contents, check.Bootable = "gpt: efi, ext4", true
		}
		e.Landed = append(e.Landed, ledger.File{
			Key: key, Size: int64(i+1) * 50 << 30, CRC64: fmt.Sprint(12345678901234567 + i), ETag: `"e-1"`, Time: slot.Add(time.Duration(40+i) * time.Minute),
			Check: check,
		})
	}
	return e
}

func completeOne() ledger.Entry {
	e := scheduled()
	e.Request.Image.Disks = e.Request.Image.Disks[:1]
	return land(verdict(e, ledger.Complete), 1)
}

func completeThree() ledger.Entry { return land(verdict(scheduled(), ledger.Complete), 3) }

func recovered() ledger.Entry {
	e := completeOne()
	e.Request.Recovers = true
	return e
}

// made is an export of a machine, of which an image was made first.
func made() ledger.Entry {
	e := completeOne()
	e.Request.Instance, e.Request.Image.Name = "ins-8ruwtq3m", "nightly-20261121t190000z-ins-8ruwtq3m"
	return e
}

func partial() ledger.Entry {
	e := land(verdict(scheduled(), ledger.Partial), 1)
	e.Reason, e.Hint = "files-missing", silent
	e.Detail = "the deadline passed and 2 of 3 files are missing: " + e.Expected[1] + ", " + e.Expected[2]
	e.RequestID = "3c140219-cfe9-470e-b241-907877d6fb03"
	return e
}

// The ways out that the driver shows.
const (
	silent = "the task may have died silently: export the image again; if it repeats, open a ticket with the task id"
	noDisk = "do not rely on these files: export the image again; if it repeats, open a ticket with the task id"
)

// unread is an export whose files are all there, and two of which nobody may read.
func unread() ledger.Entry {
	e := land(verdict(scheduled(), ledger.Partial), 3)
	e.Landed[1].Check, e.Landed[2].Check = nil, nil
	e.Reason, e.Detail = "not-verified", e.Expected[1]+" could not be looked into; "+e.Expected[2]+" could not be looked into; GetObject: AccessDenied"
	e.Hint = "see why the file cannot be read: let the role of the function read the objects of the bucket (GetObject), or wait for COS; imageferry verify looks at the file again; then retry the export"
	return e
}

// broken is an export whose files are all there, and two of them no whole disks.
func broken() ledger.Entry {
	e := land(verdict(scheduled(), ledger.Partial), 3)
	e.Landed[1].Check = &diskimage.Report{Verdict: diskimage.Suspicious, Format: image.RAW, Bytes: 100 << 30, Findings: []diskimage.Finding{
		{Code: "gpt-backup", Detail: "the backup GPT at the end is damaged"}, {Code: "odd", Detail: "something else is odd"},
	}}
	e.Landed[2].Check = &diskimage.Report{Verdict: diskimage.NotADisk, Findings: []diskimage.Finding{{Code: "foreign", Detail: "the file is text"}}}
	e.Reason, e.Hint = "not-a-disk", noDisk
	e.Detail = e.Expected[1] + " is suspicious: the backup GPT at the end is damaged; " + e.Expected[2] + " is not-a-disk: the file is text"
	return e
}

// denied is an export that CVM refused with a code and in its own words.
func denied() ledger.Entry {
	e := verdict(scheduled(), ledger.Failed)
	e.Started, e.TaskID = time.Time{}, 0
	e.Reason, e.Detail = "InvalidParameterValue.InvalidBucketPermissionForExport", "The bucket `images` does not permit writing."
	e.Hint, e.RequestID = "let the role CVM_QcsRole write to the bucket", "3c140219-cfe9-470e-b241-907877d6fb03"
	return e
}

func refused() ledger.Entry {
	e := scheduled()
	e.Request.Image.OS, e.Request.Image.Platform = "Windows Server 2022", "Windows"
	e.Request.Refusal = image.Check(e.Request.Image, false)
	e = verdict(e, ledger.Failed)
	e.Started, e.TaskID, e.Attempt = time.Time{}, 0, 0
	r := e.Request.Refusal
	e.Reason, e.Detail, e.Hint = r.Reason, r.Detail, r.Hint
	return e
}

func unmanaged() ledger.Entry {
	bucket, at := image.Bucket{Name: "images", AppID: "1250000000"}, slot.Add(time.Hour)
	file := ledger.File{Key: "by-hand_xvda.raw", Size: 50 << 30, CRC64: "17", ETag: `"e"`, Time: at}
	file.Check = &diskimage.Report{Verdict: diskimage.Verified, Format: image.RAW, Bytes: 50 << 30, Contents: "mbr: ext4", Bootable: true}
	return ledger.Entry{
		Schema: 1, Seq: 1, State: ledger.Complete, Verdict: ledger.Complete, At: at, Ended: at, Expected: []string{file.Key}, Landed: []ledger.File{file},
		Request: ledger.Request{
			ID: image.ObservedID(bucket, file.Key, file.ETag), Origin: ledger.Observed, Slot: at, Bucket: bucket, Prefix: "by-hand", Format: image.RAW, Deadline: at, File: file.Key,
		},
	}
}

// text is a text file that goes by the name of an exported disk.
func text() ledger.Entry {
	e := unmanaged()
	e.State, e.Verdict, e.Reason, e.Detail = ledger.Failed, ledger.Failed, "not-a-disk", e.Request.File+" is not-a-disk: the file is text"
	e.Hint = noDisk
	e.Landed[0].Size, e.Landed[0].Check = 11, &diskimage.Report{Verdict: diskimage.NotADisk, Findings: []diskimage.Finding{{Code: "foreign", Detail: "the file is text"}}}
	return e
}

// news are told of the plan's slot, or of an export that has stalled.
func news(n ledger.Told) ledger.Entry {
	e, about := scheduled(), image.ExportID("nightly-20261121t190000z")
	if n.Export != "" {
		about = n.Export
	} else {
		e.Request.Image, e.Request.Prefix, e.Request.Format = image.Image{}, "", ""
	}
	e.Request.ID, e.Request.Origin, e.Request.News = image.NewsID(string(about), n.Kind), ledger.Noticed, &n
	e.State, e.Verdict, e.Ended, e.Detail, e.Hint = ledger.News, ledger.News, slot.Add(30*time.Minute), n.Detail, n.Hint
	return e
}

func days(n int) (list []time.Time) {
	for i := range n {
		list = append(list, slot.AddDate(0, 0, i+1-n))
	}
	return list
}

var (
	stalled = ledger.Told{
		Kind: ledger.KindStalled, Export: "nightly-20261121t190000z-database",
		Detail: "the deadline passed with 1 of 3 files there, and an upload is still running",
		Hint:   "nothing to do yet: it is told of again when it has ended; a longer deadline in the plan avoids this notice",
	}
	unreadYet = ledger.Told{
		Kind: ledger.KindStalled, Export: "nightly-20261121t190000z-database",
		Detail: "the files are there, and could not be looked into: GetObject: AccessDenied",
		Hint:   "let the role of the function read the objects of the bucket (GetObject); it is tried again until the deadline",
	}
	missed = ledger.Told{
		Kind: ledger.KindMissed, Slots: days(3), Detail: "plan nightly was due and did not run; slots missed: 3, the last at 2026-11-21T19:00:00Z; to be made up: 1",
		Hint: "see whether the timer trigger is enabled and has the plan's schedule, and what the function's log says at that time",
	}
	skipped   = ledger.Told{Kind: ledger.KindSkipped, Detail: "left out of the slot, 1 in all: img-database (unchanged, export nightly-20261120t190000z-database)"}
	suspended = ledger.Told{
		Kind: ledger.KindSuspended, Slots: days(5), Detail: "nothing but failures in 5 slots in a row, so plan nightly is not run any more",
		Hint: "see why the exports fail, then resume the plan: POST /v1/plans/nightly/resume, or imageferry resume nightly",
	}
	resumed = ledger.Told{Kind: ledger.KindResumed, Detail: "plan nightly runs again"}
	digest  = ledger.Told{Kind: ledger.KindDigest, Exports: []ledger.Outcome{
		{Export: "nightly-20261121t190000z-database", Image: "img-database", Name: "orders-db", Verdict: ledger.Complete, Bytes: 300 << 30},
		{Export: "nightly-20261121t190000z-winserver", Image: "img-winserver", Name: "erp", Verdict: ledger.Failed, Reason: "windows"},
		{Export: "nightly-20261121t190000z-ins-8ruwtq3m", Verdict: ledger.Failed, Reason: "UnsupportedOperation.New"},
		{Export: "nightly-20261121t190000z-web", Image: "img-web", Name: "web", Verdict: ledger.Partial, Reason: "files-missing", Bytes: 50 << 30},
	}, Counts: map[ledger.State]int{ledger.Complete: 1, ledger.Failed: 2, ledger.Partial: 1}, Skipped: 3}
)

// instead is told in the stead of another channel.
func instead(e ledger.Entry) notice.Notice {
	n := notice.Of(e, region)
	n.Data.InsteadOf = "oncall"
	return n
}

// linked has the links that a sender makes.
func linked(e ledger.Entry) notice.Notice {
	n := notice.Of(e, region)
	for i, f := range n.Data.Files {
		n.Data.Links = append(n.Data.Links, notice.Link{
			Key: f.Key, URL: "https://images-1250000000.cos.ap-guangzhou.myqcloud.com/" + f.Key + "?q-signature=0", Until: slot.Add(time.Duration(10-i) * time.Hour),
		})
	}
	return n
}

func TestOfIsStable(t *testing.T) {
	t.Parallel()
	first := notice.Of(partial(), region)
	later := partial()
	later.Seq, later.At, later.State = 9, slot.Add(100*time.Hour), ledger.Closed
	if diff := cmp.Diff(first, notice.Of(later, region)); diff != "" {
		t.Errorf("a repeat says something else\n%s", diff)
	}
	ids := map[string]bool{}
	for _, e := range []ledger.Entry{
		completeOne(), partial(), refused(), unmanaged(), news(stalled), news(missed), news(skipped), news(suspended), news(resumed), news(digest),
	} {
		n := notice.Of(e, region)
		if ids[n.ID] {
			t.Errorf("id %q is not new", n.ID)
		}
		ids[n.ID] = true
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want      string
		severity  notice.Severity
		entry     ledger.Entry
		recovered bool
	}{
		{"imageferry.export.completed", notice.Info, verdict(scheduled(), ledger.Complete), false},
		{"imageferry.export.completed", notice.Info, recovered(), true},
		{"imageferry.export.failed", notice.Error, verdict(scheduled(), ledger.Failed), false},
		{"imageferry.export.partial", notice.Error, verdict(scheduled(), ledger.Partial), false},
		{"imageferry.export.stalled", notice.Warning, news(stalled), false},
		{"imageferry.plan.missed", notice.Error, news(missed), false},
		{"imageferry.plan.skipped", notice.Info, news(skipped), false},
		{"imageferry.plan.suspended", notice.Error, news(suspended), false},
		{"imageferry.plan.resumed", notice.Info, news(resumed), false},
		{"imageferry.plan.digest", notice.Info, news(digest), false},
	} {
		n := notice.Of(tt.entry, region)
		if n.Type != tt.want || !strings.HasSuffix(n.Type, "."+n.Data.Kind) {
			t.Errorf("told as %q, of kind %q; want %q", n.Type, n.Data.Kind, tt.want)
		}
		if n.Severity != tt.severity || n.Data.Severity != tt.severity || n.Data.Recovered != tt.recovered {
			t.Errorf("%s: severity %q and %q, recovered %v", tt.want, n.Severity, n.Data.Severity, n.Data.Recovered)
		}
		if m := n.Message(notice.Chinese); m.ID != n.ID || m.Severity != n.Severity {
			t.Errorf("%s: the message is %q, %q", tt.want, m.ID, m.Severity)
		}
	}
}

func TestTest(t *testing.T) {
	t.Parallel()
	n := notice.Test("oncall", region, slot)
	if n.ID != "test-oncall-20261121t190000z" || n.Type != "imageferry.test" || n.Data.Kind != "test" || n.Severity != notice.Info || !n.Time.Equal(slot) {
		t.Errorf("%+v", n)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	d := notice.Of(news(digest), region).Data
	if g := d.Digest; g == nil || g.Completed != 1 || g.Failed != 2 || g.Partial != 1 || g.Skipped != 3 || len(g.Exports) != 4 {
		t.Errorf("digest %+v", g)
	}
	if d.Bytes != 350<<30 || d.Export != "" || d.Slot.IsZero() {
		t.Errorf("%d bytes, export %q, slot %s", d.Bytes, d.Export, d.Slot)
	}
	if g := notice.Of(news(ledger.Told{Kind: ledger.KindDigest}), region).Data.Digest; g.Exports == nil {
		t.Error("an empty list is null for programs")
	}
}
