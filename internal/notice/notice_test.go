package notice_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
)

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

// land lets the first n expected files be there.
func land(e ledger.Entry, n int) ledger.Entry {
	for i, key := range e.Expected[:n] {
		e.Landed = append(e.Landed, ledger.File{
			Key: key, Size: int64(i+1) * 50 << 30, CRC64: fmt.Sprint(12345678901234567 + i), ETag: `"e-1"`, Time: slot.Add(time.Duration(40+i) * time.Minute),
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

func partial() ledger.Entry {
	e := land(verdict(scheduled(), ledger.Partial), 1)
	e.Reason, e.Detail, e.Hint = "files-missing", "the deadline passed and 2 of 3 files are missing", "export the image again"
	e.RequestID = "3c140219-cfe9-470e-b241-907877d6fb03"
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
	return ledger.Entry{
		Schema: 1, Seq: 1, State: ledger.Complete, Verdict: ledger.Complete, At: at, Ended: at, Expected: []string{file.Key}, Landed: []ledger.File{file},
		Request: ledger.Request{
			ID: image.ObservedID(bucket, file.Key, file.ETag), Origin: ledger.Observed, Slot: at, Bucket: bucket, Prefix: "by-hand", Format: image.RAW, Deadline: at, File: file.Key,
		},
	}
}

// news are told of the plan's slot, or of an export that is late.
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
		Detail: "the deadline passed with 1 of 3 files there, and an upload is still running", Hint: "nothing to do yet",
	}
	missed    = ledger.Told{Kind: ledger.KindMissed, Slots: days(3), Detail: "plan nightly was due and did not run, 3 times", Hint: "see whether the timer trigger is enabled"}
	skipped   = ledger.Told{Kind: ledger.KindSkipped, Detail: "1 images were left out: img-database (unchanged, export nightly-20261120t190000z-database)"}
	suspended = ledger.Told{Kind: ledger.KindSuspended, Slots: days(5), Detail: "nothing but failures in 5 slots in a row", Hint: "see why the exports fail, then resume the plan"}
	resumed   = ledger.Told{Kind: ledger.KindResumed, Detail: "plan nightly runs again"}
)

// What is told, word by word: the text for people and the event for programs.
func TestGolden(t *testing.T) {
	t.Parallel()
	tests := map[string]ledger.Entry{
		"complete-1-disk": completeOne(), "complete-3-disks": completeThree(), "failed-refused": refused(), "partial": partial(), "unmanaged": unmanaged(),
		"stalled": news(stalled), "missed": news(missed), "skipped": news(skipped), "suspended": news(suspended), "resumed": news(resumed),
	}
	for name, e := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, 200)
			if err := r.send(t, e); err != nil {
				t.Fatal(err)
			}
			n := notice.Of(e, region)
			var got bytes.Buffer
			fmt.Fprintf(&got, "%s\n\n%s\n\n", n.Subject, n.Text)
			if err := json.Indent(&got, r.last().body, "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			golden := "testdata/" + name + ".golden"
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
				t.Errorf("the notice changed; programs read it, so add and never rename; -update writes it anew\n%s", diff)
			}
		})
	}
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
	for _, e := range []ledger.Entry{completeOne(), partial(), refused(), unmanaged(), news(stalled), news(missed), news(suspended), news(resumed)} {
		n := notice.Of(e, region)
		if ids[n.ID] {
			t.Errorf("id %q is not new", n.ID)
		}
		ids[n.ID] = true
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]ledger.Entry{
		"imageferry.export.completed": verdict(scheduled(), ledger.Complete), "imageferry.export.failed": verdict(scheduled(), ledger.Failed),
		"imageferry.export.partial": verdict(scheduled(), ledger.Partial), "imageferry.export.stalled": news(stalled),
		"imageferry.plan.missed": news(missed), "imageferry.plan.skipped": news(skipped), "imageferry.plan.suspended": news(suspended), "imageferry.plan.resumed": news(resumed),
	} {
		n := notice.Of(e, region)
		if n.Type != want || !strings.HasSuffix(n.Type, "."+n.Data.Kind) {
			t.Errorf("told as %q, of kind %q; want %q", n.Type, n.Data.Kind, want)
		}
	}
}

// A plan that was disabled for a year has more slots than anybody reads.
func TestManySlots(t *testing.T) {
	t.Parallel()
	many := missed
	many.Slots = days(300)
	n := notice.Of(news(many), region)
	if got := strings.Count(n.Text, "\nDue "); got != 10 || !strings.Contains(n.Text, "\n… and 290 more\n") {
		t.Errorf("%d slots are shown:\n%s", got, n.Text)
	}
	if len(n.Data.Slots) != 300 {
		t.Errorf("programs are told of %d slots, want all", len(n.Data.Slots))
	}
}

// An export of an instance can fail before there is an image.
func TestInstance(t *testing.T) {
	t.Parallel()
	e := refused()
	e.Request.Image, e.Request.Instance = image.Image{}, "ins-8ruwtq3m"
	n := notice.Of(e, region)
	if !strings.HasPrefix(n.Subject, "ins-8ruwtq3m was NOT exported") || n.Data.Instance != "ins-8ruwtq3m" {
		t.Errorf("subject %q, instance %q", n.Subject, n.Data.Instance)
	}
}

// A refusal of the cloud may come without words.
func TestFailedWithoutWords(t *testing.T) {
	t.Parallel()
	e := refused()
	e.Reason, e.Detail, e.Hint, e.RequestID = "UnsupportedOperation.X", "", "", "r-1"
	n := notice.Of(e, region)
	if !strings.HasSuffix(n.Subject, "was NOT exported: UnsupportedOperation.X") {
		t.Errorf("subject %q", n.Subject)
	}
	for l := range strings.SplitSeq(n.Text, "\n") {
		if len(l) < 3 {
			t.Errorf("empty line in %q", n.Text)
		}
	}
	if !strings.Contains(n.Text, "Request id for a ticket: r-1.") {
		t.Errorf("no request id in %q", n.Text)
	}
}

// Names, and what the cloud says, are other people's words: they stay in their
// line, and the event stays an event.
func TestHostileWords(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		`a "quoted" name`, "line\nbreak", "carriage\r\nreturn", "tab\tand\x00nul", "a\u2028b\u2029c\u0085d", "right\u202eto left\u2066", "zero\u200bwidth\ufeff",
		"@all <@U1> <!channel> <at id=all></at>", "[click](https://evil.example) **bold** `code`\n# title", `</script><img src=x onerror=alert(1)>`, "bad\xffutf8",
		strings.Repeat("镜像", 50), "%s%d%!x(MISSING)", `{"data":{}}`,
	} {
		for name, e := range map[string]ledger.Entry{"complete": completeThree(), "partial": partial(), "refused": refused(), "stalled": news(stalled), "missed": news(missed)} {
			e.Request.Image.Name, e.Detail, e.Hint, e.Reason = words, words, words, words
			plain, n := e, notice.Of(e, region)
			plain.Request.Image.Name, plain.Detail, plain.Hint, plain.Reason = "x", "x", "x", "x"
			p := notice.Of(plain, region)
			if got, want := strings.Count(n.Text, "\n"), strings.Count(p.Text, "\n"); got != want {
				t.Errorf("%s of %q has %d line breaks, want %d:\n%s", name, words, got, want, n.Text)
			}
			for _, r := range n.Subject + strings.ReplaceAll(n.Text, "\n", "") {
				if !unicode.IsPrint(r) {
					t.Errorf("%s of %q shows %U", name, words, r)
				}
			}
			if !utf8.ValidString(n.Subject + n.Text) {
				t.Errorf("%s of %q is no UTF-8", name, words)
			}
			if runes := utf8.RuneCountInString(n.Subject); name == "complete" && runes > 110 {
				t.Errorf("a subject of %d characters", runes)
			}
		}
	}
	e := completeOne()
	e.Request.Image.Name = strings.Repeat("镜", 100)
	if got, want := notice.Of(e, region).Subject, strings.Repeat("镜", 59)+"… (img-database) is in images-1250000000"; got != want {
		t.Errorf("subject %q\nwant    %q", got, want)
	}
	if got := notice.Of(e, region).Data.Name; got != e.Request.Image.Name {
		t.Errorf("programs are given %q, want the name as it is", got)
	}
}
