package soak

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
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
	want(last.State == ledger.Closed && last.Verdict == ledger.Complete, "it ended as %s with the verdict %q, want CLOSED and COMPLETE", last.State, last.Verdict)
	want(len(e.log) <= longestLog, "its log has %d entries, at most %d are allowed", len(e.log), longestLog)

	answered, unknown := e.starts()
	want(answered <= 1, "it was started again after %d answers", answered)
	want(len(e.tasks) >= 1, "nothing was exported")
	want(len(e.tasks) <= 1+unknown, "%d tasks were started where %d answers were unknown", len(e.tasks), unknown)
	want(len(e.tasks) <= answered+unknown, "%d tasks were started and %d announced", len(e.tasks), answered+unknown)

	files := 0
	for _, size := range e.files {
		if size == diskSize {
			files++
		}
	}
	want(files == e.disks && len(e.files) == e.disks, "%d files stand there, %d of them whole, want %d", len(e.files), files, e.disks)

	sent, silent := e.sends()
	want(sent <= 1, "it was told of again after %d answers", sent)
	want(len(e.notices) >= 1, "nobody was told")
	want(len(e.notices) <= 1+silent, "%d notices came where %d answers were unknown", len(e.notices), silent)
	for _, m := range e.notices {
		want(m.ID == last.NoticeID() && m.Type == notice.Completed, "a notice of type %s has the id %q, want %q", m.Type, m.ID, last.NoticeID())
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

// sends counts the announced notices that were answered as received, and those of
// which no such answer was recorded. The weather has no refusals for notices.
func (e *evidence) sends() (answered, unknown int) {
	for i, entry := range e.log {
		if entry.Deliveries[plan.BuiltIn.Name].State != ledger.Sending {
			continue
		}
		if e.after(i).Deliveries[plan.BuiltIn.Name].State == ledger.Sent {
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
	for _, e := range found {
		for _, entry := range e.log {
			if entry.State == ledger.Intent {
				starts++
			}
			if entry.Deliveries[plan.BuiltIn.Name].State == ledger.Sending {
				sends++
			}
		}
	}
	if n := s.trail.count("cvm ExportImages"); n > starts {
		t.Errorf("ExportImages was called %d times and announced %d times", n, starts)
	}
	if n := s.trail.count(hookHost + " POST /hook"); n > sends {
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
