package soak

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/manifest"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/plan"
)

// judge holds the outcome to the promises. Of the first few exports to which they
// were broken it tells the whole story.
func (s *soak) judge(t *testing.T, found map[image.ExportID]*evidence) {
	t.Helper()
	stories := 5
	for _, id := range slices.Sorted(maps.Keys(found)) {
		wrong := found[id].wrong()
		if len(wrong) == 0 {
			continue
		}
		t.Errorf("%s:\n  %s", id, strings.Join(wrong, "\n  "))
		if stories--; stories >= 0 {
			t.Log(s.story(found[id]))
		}
	}
	for _, text := range s.premature.texts() {
		t.Error(text)
	}
	s.judgeTotals(t, found)
	s.judgeLedger(t)
	s.judgePanics(t)
}

// longestLog is the most entries that a log may have.
const longestLog = 40

// wrong says which promises were broken to one export.
func (e *evidence) wrong() (list []string) {
	want := func(ok bool, format string, args ...any) {
		if !ok {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	if len(e.log) == 0 {
		return []string{"it was lost: it has no log"}
	}
	last := e.log[len(e.log)-1]
	want(last.State == ledger.Closed && last.Verdict == e.verdict(), "it ended as %s with the verdict %q, want CLOSED and %s", last.State, last.Verdict, e.verdict())
	want(len(e.log) <= longestLog, "its log has %d entries, at most %d are allowed", len(e.log), longestLog)

	answered, unknown := e.starts()
	want(answered <= 1, "it was started again after %d answers", answered)
	want(len(e.tasks) >= 1, "nothing was exported")
	want(len(e.tasks) <= 1+unknown, "%d tasks were started where %d answers were unknown", len(e.tasks), unknown)
	want(len(e.tasks) <= answered+unknown, "%d tasks were started and %d announced", len(e.tasks), answered+unknown)

	whole := 0
	for _, size := range e.files {
		if size == diskSize {
			whole++
		}
	}
	want(whole == e.whole() && len(e.files) == e.machine.disks, "%d files stand there, %d of them whole, want %d and %d", len(e.files), whole, e.machine.disks, e.whole())
	list = append(list, e.unproven(last)...)
	for _, channel := range channels {
		list = append(list, e.mistold(channel, last)...)
	}
	return list
}

// channels are those that hear of every export.
var channels = []string{plan.BuiltIn.Name, "program"}

// verdict is how an export must end, and whole how many of its files are disks.
func (e *evidence) verdict() ledger.State {
	if e.machine.broken {
		return ledger.Partial
	}
	return ledger.Complete
}

func (e *evidence) whole() int {
	if e.machine.broken {
		return e.machine.disks - 1
	}
	return e.machine.disks
}

// unproven says which files the verdict rests on without having been looked into, and
// what is wrong with the manifests. The cloud writes the same bytes each time.
func (e *evidence) unproven(last ledger.Entry) (list []string) {
	verified := 0
	for _, f := range last.Landed {
		if f.Check != nil && f.Check.Verdict == diskimage.Verified && f.Size == diskSize {
			verified++
		}
	}
	if verified != e.whole() || len(last.Landed) != e.machine.disks {
		list = append(list, fmt.Sprintf("the verdict names %d files, %d of them verified, want %d and %d", len(last.Landed), verified, e.machine.disks, e.whole()))
	}
	if len(e.manifests) != 2 || !bytes.Equal(e.manifests[0], e.manifests[1]) {
		return append(list, fmt.Sprintf("there are %d manifests, or they differ; want two that are alike", len(e.manifests)))
	}
	m, err := manifest.Decode(e.manifests[0])
	if err != nil || m.Export != e.id || m.Verdict != last.Verdict || len(m.Files) != len(last.Landed) {
		list = append(list, fmt.Sprintf("the manifest is of %q, %s, with %d files: %v", m.Export, m.Verdict, len(m.Files), err))
	}
	return list
}

// mistold says which promises were broken to those who listen on a channel.
func (e *evidence) mistold(channel string, last ledger.Entry) (list []string) {
	want := func(ok bool, format string, args ...any) {
		if !ok {
			list = append(list, channel+": "+fmt.Sprintf(format, args...))
		}
	}
	kind := map[ledger.State]string{ledger.Complete: notice.Completed, ledger.Partial: notice.Partial}[e.verdict()]
	sent, silent := e.sends(channel)
	heard := e.notices[channel]
	want(sent <= 1, "it was told of again after %d answers", sent)
	want(len(heard) >= 1, "nobody was told")
	want(len(heard) <= 1+silent, "%d notices came where %d answers were unknown", len(heard), silent)
	for _, m := range heard {
		want(m.ID == last.NoticeID() && m.Type == kind, "a notice of type %s has the id %q, want %s and %q", m.Type, m.ID, kind, last.NoticeID())
		want(m.Signed && m.Problem == "", "a notice was refused or not signed: %s", m.Problem)
	}
	return list
}

// starts counts the announced calls of ExportImages that were answered with a task,
// and those of which no answer was recorded. Refused ones are neither.
func (e *evidence) starts() (answered, unknown int) {
	for i, entry := range e.log {
		if entry.State != ledger.Intent {
			continue
		}
		switch next := e.after(i); {
		case next.State == ledger.Accepted && next.TaskID != 0:
			answered++
		case next.State == ledger.Retry: // refused, or not called at all
		default:
			unknown++
		}
	}
	return answered, unknown
}

// sends counts the announced notices to a channel that were answered as received, and
// those of which no such answer was recorded. The weather has no refusals for notices.
func (e *evidence) sends(channel string) (answered, unknown int) {
	for i, entry := range e.log {
		if entry.Deliveries[channel].State != ledger.Sending {
			continue
		}
		if e.after(i).Deliveries[channel].State == ledger.Sent {
			answered++
		} else {
			unknown++
		}
	}
	return answered, unknown
}

// after returns the entry behind the i-th, or the zero Entry.
func (e *evidence) after(i int) ledger.Entry {
	if i+1 < len(e.log) {
		return e.log[i+1]
	}
	return ledger.Entry{}
}

// judgeTotals compares what was announced with what the cloud was asked for: an
// intention is carried out at most once.
func (s *soak) judgeTotals(t *testing.T, found map[image.ExportID]*evidence) {
	t.Helper()
	if s.trail.broken {
		t.Fatal("requests were forgotten before they were counted; the machine is too slow for this test")
	}
	starts, sends := 0, 0
	claimed := func(e ledger.Entry) (n int) {
		for _, c := range channels {
			if e.Deliveries[c].State == ledger.Sending {
				n++
			}
		}
		return n
	}
	for _, e := range found {
		for _, entry := range e.log {
			if entry.State == ledger.Intent {
				starts++
			}
			sends += claimed(entry)
		}
	}
	if n := s.trail.begin("cvm ExportImages"); n > starts {
		t.Errorf("ExportImages was called %d times and announced %d times", n, starts)
	}
	if n := s.trail.begin(hookHost + " POST /"); n > sends {
		t.Errorf("notices were sent %d times and announced %d times", n, sends)
	}
}

// judgeLedger lets the operators' own check go through the ledger, and looks at the
// lists for which that check allows an hour.
func (s *soak) judgeLedger(t *testing.T) {
	t.Helper()
	figures, err := fsck.Check(context.Background(), s.state, statePrefix, time.Now(), readers, func(f fsck.Finding) {
		t.Errorf("ledger: %s (%s): %s", f.Key, f.Rule, f.Wrong)
	})
	if err != nil {
		t.Fatal(err)
	}
	want := int64(len(s.slots) * len(fleet))
	if figures.Open != 0 || figures.Exports != want || figures.History != want || figures.Slots != int64(len(s.slots)) {
		t.Errorf("the ledger has %d exports, %d closed ones, %d open ones and %d slots; want %d, %d, 0 and %d",
			figures.Exports, figures.History, figures.Open, figures.Slots, want, want, len(s.slots))
	}
}

// judgePanics: whatever comes, a function fails in words.
func (s *soak) judgePanics(t *testing.T) {
	t.Helper()
	for _, name := range functions {
		for _, i := range s.SCF.Invocations(name) {
			if len(i.Stack) > 0 {
				t.Errorf("%s panicked: %s\n%s", name, i.ErrorMessage, strings.Join(i.Stack, "\n"))
			}
		}
	}
}
