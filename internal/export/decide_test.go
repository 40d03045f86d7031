package export_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// at is the time of a situation, counted from the slot. The deadline is 24 h.
func at(d time.Duration) time.Time { return slot.Add(d) }

func request(disks int) ledger.Request {
	m := image.Image{ID: web}
	for i := range disks {
		m.Disks = append(m.Disks, image.Disk{Snapshot: string(rune('a' + i)), System: i == 0})
	}
	return ledger.Request{ID: "x", Slot: slot, Image: m, Bucket: bucket, Prefix: "x", Format: image.RAW, Deadline: at(24 * time.Hour)}
}

func seen(l export.Look, files ...string) export.Seen {
	s := export.Seen{Looked: l}
	for _, key := range files {
		s.Files = append(s.Files, ledger.File{Key: key, Size: 1, Check: &diskimage.Report{Verdict: diskimage.Verified}})
	}
	return s
}

// seenFlawed is seen, and the last file is not what it must be.
func seenFlawed(v diskimage.Verdict, files ...string) export.Seen {
	s := seen(export.LookFiles|export.LookUploads|export.LookInside, files...)
	s.Files[len(files)-1].Check = &diskimage.Report{Verdict: v, Findings: []diskimage.Finding{{Code: "truncated", Detail: "it ends early"}}}
	return s
}

func TestDecide(t *testing.T) {
	t.Parallel()
	one, two := request(1), request(2)
	first := one.Files()[0]
	observed := ledger.Request{ID: "seen-1", Origin: ledger.Observed, Slot: slot, Deadline: slot, File: "f"}
	refusal := one
	refusal.Refusal = &image.Refusal{Reason: "windows", Detail: "d", Hint: "h"}
	intent := ledger.Entry{Seq: 1, State: ledger.Intent, Attempt: 1, At: at(0), Until: at(10 * time.Minute), Request: one}
	lastTry := intent
	lastTry.Attempt = 4
	retry := ledger.Entry{Seq: 2, State: ledger.Retry, NotBefore: at(time.Hour), Request: one}
	accepted := ledger.Entry{Seq: 2, State: ledger.Accepted, Started: at(0), Request: two, Expected: two.Files()}
	stalled := accepted
	stalled.Stalled = at(24 * time.Hour)
	single := ledger.Entry{Seq: 2, State: ledger.Accepted, Started: at(0), Request: one, Expected: one.Files()}
	late := single
	late.Started = at(24*time.Hour - time.Minute)
	other := single
	other.Expected = []string{"elsewhere.raw"} // CVM's word
	told := func(state ledger.DeliveryState, notBefore, until time.Duration) ledger.Entry {
		return ledger.Entry{Seq: 3, State: ledger.Complete, Until: at(until), Request: one,
			Deliveries: map[string]ledger.Delivery{"mail": {State: ledger.Sent, Attempt: 1}, "webhook": {State: state, Attempt: 1, NotBefore: at(notBefore)}}}
	}
	lastSend := told(ledger.Sending, 0, time.Hour)
	lastSend.Deliveries["webhook"] = ledger.Delivery{State: ledger.Sending, Attempt: 5}
	news := ledger.Request{ID: "news-x", Origin: ledger.Noticed, News: &ledger.Told{Kind: ledger.KindMissed, Detail: "d"}}
	machine := one
	machine.Image, machine.Instance, machine.Keep = image.Image{}, "ins-a", 2
	imaging := ledger.Entry{Seq: 1, State: ledger.Imaging, Making: 1, Until: at(10 * time.Minute), Request: machine}
	imagingLast := imaging
	imagingLast.Making = 4
	imaged := ledger.Entry{Seq: 2, State: ledger.Imaged, Making: 1, Request: machine}
	imaged.Request.Image.ID = "img-made"
	madeImage := func(state, tag string) export.Seen {
		m := one.Image
		m.Type, m.State, m.Tags = "PRIVATE_IMAGE", state, map[string]string{export.TagExport: tag}
		return export.Seen{Looked: export.LookImage, Image: &m}
	}
	toldMachine := told(ledger.Sent, 0, 0)
	toldMachine.Request, toldMachine.Verdict = machine, ledger.Complete
	full := ledger.Entry{Seq: 2, State: ledger.Retry, NotBefore: at(time.Hour), Full: true, Running: 1, Refused: 1, Request: one}
	fullOften := full
	fullOften.Seq = 20
	const names, uploads, files = export.LookNames, export.LookUploads, export.LookFiles
	all := names | uploads | files | export.LookInside
	standing := export.Seen{Looked: all, Standing: []string{"x_y"}}
	uploading := export.Seen{Looked: all, Uploads: two.Files()}

	written := seen(all, two.Files()...)
	written.Uploads = two.Files()[1:]
	elsewhere := seen(all, two.Files()...)
	elsewhere.Uploads = []string{"x_other.bin"}
	shut := seen(all, two.Files()...)
	shut.Unreadable = "GetObject: AccessDenied"
	for i := range shut.Files {
		shut.Files[i].Check = nil
	}
	toldShut := accepted
	toldShut.Stalled = at(time.Hour)
	ofSet := ledger.Request{ID: "seen-2", Origin: ledger.Observed, Slot: slot, Deadline: at(24 * time.Hour), File: "web_xvda.raw", Set: "web_xvd", Format: image.RAW}
	notFirst := ofSet
	notFirst.File = "web_xvdb.raw"
	setSeen := func(l export.Look) export.Seen {
		s := seen(l, "web_xvda.raw", "web_xvdb.raw")
		s.Standing = []string{"web_xvda.raw", "web_xvda.vhd", "web_xvdb.raw", "web_xvdb.txt"}
		return s
	}
	setWritten := setSeen(all)
	setWritten.Uploads = []string{"web_xvdb.raw"}

	for _, test := range []struct {
		name  string
		entry ledger.Entry
		seen  export.Seen
		now   time.Duration
		want  string // see describe
	}{
		{"nothing decided", ledger.Entry{Request: one}, export.Seen{}, 0, "look 1"},
		{"the place is free", ledger.Entry{Request: one}, seen(names), 0, "effect INTENT"},
		{"the place is taken", ledger.Entry{Request: one}, standing, 0, "effect FAILED name-taken"},
		{"refused beforehand", ledger.Entry{Request: refusal}, export.Seen{}, 0, "effect FAILED windows"},
		{"nobody came in time", ledger.Entry{Request: one}, seen(names), 24 * time.Hour, "effect FAILED not-started"},
		{"seen, not looked at", ledger.Entry{Request: observed}, export.Seen{}, 0, "look 4"},
		{"seen and there", ledger.Entry{Request: observed}, seen(files|uploads, "f"), 0, "look 32"},
		{"seen and a disk", ledger.Entry{Request: observed}, seen(all, "f"), 0, "effect COMPLETE"},
		{"seen and no disk", ledger.Entry{Request: observed}, seenFlawed(diskimage.NotADisk, "f"), 0, "effect FAILED not-a-disk"},
		{"a set, not looked at", ledger.Entry{Request: ofSet}, export.Seen{}, 0, "look 2"},
		{"a set, not listed", ledger.Entry{Request: ofSet}, setSeen(uploads), 0, "look 1"},
		{"a set, listed", ledger.Entry{Request: ofSet}, setSeen(names | uploads), 0, "look 4"},
		{"a set, being written", ledger.Entry{Request: ofSet}, setWritten, 0, "wait"},
		{"a set, whole", ledger.Entry{Request: ofSet}, setSeen(all), 0, "effect COMPLETE"},
		{"a set with another first file", ledger.Entry{Request: notFirst}, setSeen(all), 0, "effect FAILED gone"},
		{"seen and gone", ledger.Entry{Request: observed}, seen(files), 0, "effect FAILED gone"},

		{"claimed", intent, export.Seen{}, 10*time.Minute - 1, "wait"},
		{"claimed, traces or not", intent, standing, 10*time.Minute - 1, "wait"},
		{"claim ended", intent, export.Seen{}, 10 * time.Minute, "look 3"},
		{"claim ended, names known", intent, seen(names), 10 * time.Minute, "look 2"},
		{"no trace yet", intent, seen(all), 20*time.Minute - 1, "wait"},
		{"no trace", intent, seen(all), 20 * time.Minute, "effect INTENT"},
		{"a file", intent, standing, 10 * time.Minute, "ACCEPTED"},
		{"an upload", intent, uploading, 10 * time.Minute, "ACCEPTED"},
		{"no trace of five", lastTry, seen(all), 20 * time.Minute, "effect FAILED unknown-outcome"},
		{"a trace of five", lastTry, uploading, 20 * time.Minute, "ACCEPTED"},
		{"no trace, too late", intent, seen(all), 24 * time.Hour, "effect FAILED unknown-outcome"},

		{"not yet again", retry, export.Seen{}, time.Hour - 1, "wait"},
		{"again", retry, seen(names), time.Hour, "effect INTENT"},
		{"again, too late", retry, export.Seen{}, 24 * time.Hour, "effect FAILED not-started"},

		{"under way", accepted, export.Seen{}, time.Hour, "look 4"},
		{"none there", accepted, seen(files), time.Hour, "wait"},
		{"one of two", accepted, seen(files, first), time.Hour, "wait"},
		{"both", accepted, seen(files, two.Files()...), time.Hour, "look 2"},
		{"both, nobody writes", accepted, seen(files|uploads, two.Files()...), time.Hour, "look 32"},
		{"both, looked into", accepted, seen(all, two.Files()...), time.Hour, "effect COMPLETE"},
		{"both, after the deadline", accepted, seen(all, two.Files()...), 48 * time.Hour, "effect COMPLETE"},
		{"both, one is written again", accepted, written, time.Hour, "wait"},
		{"both, one is written for ever", accepted, written, 24 * time.Hour, "effect COMPLETE"},
		{"both, an upload to another key", accepted, elsewhere, time.Hour, "effect COMPLETE"},
		{"both, one is suspicious", accepted, seenFlawed(diskimage.Suspicious, two.Files()...), time.Hour, "effect PARTIAL suspicious"},
		{"one, which is no disk", single, seenFlawed(diskimage.NotADisk, first), time.Hour, "effect FAILED not-a-disk"},
		{"both, not to be looked into", accepted, shut, time.Hour, "news stalled ACCEPTED"},
		{"both, not to be looked into, told", toldShut, shut, time.Hour, "wait"},
		{"both, never to be looked into", toldShut, shut, 24 * time.Hour, "effect FAILED not-verified"},
		{"deadline, one of two, not looked into", accepted, seen(files|uploads, first), 24 * time.Hour, "look 32"},
		{"deadline, one of two, which is no disk", accepted, seenFlawed(diskimage.NotADisk, first), 24 * time.Hour, "effect FAILED files-missing"},
		{"deadline", accepted, seen(files, first), 24 * time.Hour, "look 2"},
		{"deadline, uploading", accepted, uploading, 24 * time.Hour, "news stalled ACCEPTED"},
		{"a day late, uploading", stalled, uploading, 48*time.Hour - 1, "wait"},
		{"an upload that was left open", stalled, uploading, 48 * time.Hour, "effect FAILED nothing-landed"},
		{"deadline, one of two", accepted, seen(all, first), 24 * time.Hour, "effect PARTIAL files-missing"},
		{"deadline, none", accepted, seen(all), 24 * time.Hour, "effect FAILED nothing-landed"},
		{"accepted just before it", late, seen(all), 24 * time.Hour, "wait"},
		{"and not seen since", late, seen(all), 24*time.Hour + 9*time.Minute, "effect FAILED nothing-landed"},
		{"where CVM said", other, seen(all, "elsewhere.raw"), time.Hour, "effect COMPLETE"},

		{"news", ledger.Entry{Request: news}, export.Seen{}, 0, "effect NEWS"},

		{"an instance", ledger.Entry{Request: machine}, seen(names), 0, "effect IMAGING"},
		{"image claimed", imaging, export.Seen{}, 10*time.Minute - 1, "wait"},
		{"image claim ended", imaging, export.Seen{}, 10 * time.Minute, "look 8"},
		{"no image of the name", imaging, export.Seen{Looked: export.LookImage}, 10 * time.Minute, "effect IMAGING"},
		{"no image after five", imagingLast, export.Seen{Looked: export.LookImage}, 10 * time.Minute, "effect FAILED unknown-outcome"},
		{"our image of the name", imaging, madeImage("CREATING", string(machine.ID)), 10 * time.Minute, "IMAGED"},
		{"a stranger's image of the name", imaging, madeImage("NORMAL", ""), 10 * time.Minute, "effect FAILED name-taken"},
		{"not ready", imaged, madeImage("CREATING", string(machine.ID)), time.Hour, "wait"},
		{"does not show yet", imaged, export.Seen{Looked: export.LookImage}, time.Hour, "wait"},
		{"not ready in time", imaged, madeImage("CREATING", string(machine.ID)), 24 * time.Hour, "effect FAILED image-not-ready"},
		{"could not be made", imaged, madeImage("CREATEFAILED", string(machine.ID)), time.Hour, "effect FAILED image-failed"},
		{"ready", imaged, madeImage("NORMAL", string(machine.ID)), time.Hour, "look 1"},
		{"told, to prune", toldMachine, export.Seen{}, 0, "look 16"},
		{"nothing to prune", toldMachine, export.Seen{Looked: export.LookSurplus}, 0, "CLOSED"},
		{"something to prune", toldMachine, export.Seen{Looked: export.LookSurplus, Surplus: []string{"img-old"}}, 0, "effect PRUNING"},
		{"pruning", ledger.Entry{Seq: 5, State: ledger.Pruning, Until: at(time.Hour), Request: machine}, export.Seen{}, time.Hour - 1, "wait"},
		{"pruned or not", ledger.Entry{Seq: 5, State: ledger.Pruning, Until: at(time.Hour), Request: machine}, export.Seen{}, time.Hour, "CLOSED"},

		{"full, one of ours has ended", full, seen(names), 0, "effect INTENT"},
		{"full, refused often", fullOften, export.Seen{}, 0, "wait"},

		{"being told", told(ledger.Sending, 0, time.Hour), export.Seen{}, time.Hour - 1, "wait"},
		{"nobody knows if told", told(ledger.Sending, 0, time.Hour), export.Seen{}, time.Hour, "effect COMPLETE webhook 2"},
		{"nobody knows of the last try", lastSend, export.Seen{}, time.Hour, "CLOSED"},
		{"told later", told(ledger.SendLater, 2*time.Hour, 0), export.Seen{}, 2*time.Hour - 1, "wait"},
		{"later is now", told(ledger.SendLater, 2*time.Hour, 0), export.Seen{}, 2 * time.Hour, "effect COMPLETE webhook 2"},
		{"all told", told(ledger.Sent, 0, 0), export.Seen{}, 0, "CLOSED"},
		{"given up", told(ledger.Undelivered, 0, 0), export.Seen{}, 0, "CLOSED"},
		{"closed", ledger.Entry{Seq: 4, State: ledger.Closed}, export.Seen{}, 0, "close"},
		{"a state of a newer version", ledger.Entry{Seq: 4, State: "STALLED"}, seen(all), 0, "wait"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := export.Situation{Now: at(test.now), Entry: test.entry, Seen: test.seen, Quiet: 10 * time.Minute, Channels: []plan.Channel{{Name: "webhook"}}}
			step := export.Decide(s)
			if got := describe(step); got != test.want {
				t.Errorf("%s; want %s", got, test.want)
			}
			if a := step.Append; a != nil && (a.Seq != test.entry.Seq+1 || !a.At.Equal(s.Now) || !a.Until.IsZero() || a.Request.ID != test.entry.Request.ID) {
				t.Errorf("entry %d at %s until %s", a.Seq, a.At, a.Until)
			}
		})
	}
}

// describe writes a step in the words of the table.
func describe(s export.Step) string {
	switch {
	case s.Look != 0:
		return fmt.Sprint("look ", int(s.Look))
	case s.Close:
		return "close"
	case s.Append == nil:
		return "wait"
	}
	text := string(s.Append.State)
	if s.Append.Reason != "" {
		text += " " + s.Append.Reason
	}
	if d := s.Append.Deliveries["webhook"]; d.State == ledger.Sending && d.Attempt > 1 {
		text += " webhook " + string(rune('0'+d.Attempt))
	}
	if s.Effect {
		text = "effect " + text
	}
	if s.News != nil {
		text = "news " + s.News.Kind + " " + text
	}
	return text
}

// Nobody to tell: a verdict is no effect, and closes.
func TestDecideWithoutChannels(t *testing.T) {
	t.Parallel()
	r := request(1)
	s := export.Situation{Now: slot, Entry: ledger.Entry{Seq: 2, State: ledger.Accepted, Request: r}, Seen: seen(export.LookFiles|export.LookUploads|export.LookInside, r.Files()...)}
	if got := describe(export.Decide(s)); got != "effect COMPLETE" { // the manifest
		t.Fatal(got)
	}
	s.Entry = *export.Decide(s).Append
	s.Entry.Deliveries[ledger.ManifestChannel] = ledger.Delivery{State: ledger.Sent}
	if got := describe(export.Decide(s)); got != "CLOSED" {
		t.Error(got)
	}
}

// Deciding changes nothing of what it was given.
func TestDecideIsPure(t *testing.T) {
	t.Parallel()
	e := ledger.Entry{Seq: 3, State: ledger.Complete, Deliveries: map[string]ledger.Delivery{"webhook": {State: ledger.SendLater, Attempt: 1}}}
	s := export.Situation{Now: slot, Entry: e}
	for range 2 {
		if got := describe(export.Decide(s)); got != "effect COMPLETE webhook 2" {
			t.Error(got)
		}
	}
	if d := e.Deliveries["webhook"]; d.Attempt != 1 || d.State != ledger.SendLater {
		t.Errorf("the given entry became %+v", d)
	}
}

// What the cloud said to an earlier try is no part of the next one: a ticket
// would name the wrong call.
func TestNextTryForgetsTheLast(t *testing.T) {
	t.Parallel()
	e := ledger.Entry{
		Seq: 2, State: ledger.Retry, Refused: 1, Reason: "busy", Detail: "wait", Hint: "none", RequestID: "r-old",
		Request: ledger.Request{ID: "x", Deadline: time.Unix(1e9, 0).Add(time.Hour)},
	}
	next := export.Decide(export.Situation{Now: time.Unix(1e9, 0), Entry: e, Seen: export.Seen{Looked: export.LookNames}}).Append
	if next == nil || next.State != ledger.Intent || next.Reason+next.Detail+next.Hint+next.RequestID != "" {
		t.Errorf("next %+v, want INTENT without words of the last try", next)
	}
}
