package soak

import (
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/notice"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/inbox"
)

// good is an export of one disk, as it should be. The states are those of its log;
// a "+" marks an answer of CVM, and a "!" a notice that is being sent.
func good(states ...string) *evidence {
	e := newEvidence("fleet-1", machine{disks: 1})
	e.files["fleet-1_a"], e.tasks = diskSize, make([]cvm.Task, 1)
	for i, text := range states {
		state := ledger.State(strings.TrimRight(text, "+!"))
		entry := ledger.Entry{Seq: i + 1, State: state, Request: ledger.Request{ID: e.id}}
		if strings.HasSuffix(text, "+") {
			entry.TaskID = 7
		}
		switch {
		case strings.HasSuffix(text, "!"):
			entry.Deliveries = deliveries(ledger.Sending)
		case state == ledger.Closed:
			entry.Deliveries = deliveries(ledger.Sent)
		}
		if state == ledger.Complete || state == ledger.Closed {
			entry.Verdict = ledger.Complete
			entry.Landed = []ledger.File{{Key: "fleet-1_a", Size: diskSize, Check: &diskimage.Report{Verdict: diskimage.Verified}}}
		}
		e.log = append(e.log, entry)
	}
	e.keep(`{"schema":1,"export":"fleet-1","verdict":"COMPLETE","files":[{"key":"fleet-1_a"}]}`, 2)
	for _, c := range channels {
		e.hear(c, 1)
	}
	return e
}

// deliveries are those of all channels, in the same state.
func deliveries(state ledger.DeliveryState) map[string]ledger.Delivery {
	all := map[string]ledger.Delivery{}
	for _, c := range channels {
		all[c] = ledger.Delivery{State: state}
	}
	return all
}

// hear lets n notices of the export come to a channel, and keep n manifests stand.
func (e *evidence) hear(channel string, n int) {
	e.notices[channel] = nil
	for range n {
		e.notices[channel] = append(e.notices[channel], inbox.Message{ID: "fleet-1.complete", Type: notice.Completed, Signed: true})
	}
}

func (e *evidence) keep(manifest string, n int) {
	e.manifests = nil
	for range n {
		e.manifests = append(e.manifests, []byte(manifest))
	}
}

// smooth is a log in which nothing went wrong, and rough one with an unknown start
// and an unknown notice.
var (
	smooth = []string{"INTENT", "ACCEPTED+", "COMPLETE!", "CLOSED"}
	rough  = []string{"INTENT", "INTENT", "ACCEPTED+", "COMPLETE!", "COMPLETE!", "CLOSED"}
)

func TestRulesBite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		states []string
		spoil  func(*evidence)
		want   string // empty: nothing is wrong
	}{
		{"smooth", smooth, func(*evidence) {}, ""},
		{"refused at first", []string{"INTENT", "RETRY", "INTENT", "ACCEPTED+", "COMPLETE!", "CLOSED"}, func(*evidence) {}, ""},
		{"adopted by its files", []string{"INTENT", "ACCEPTED", "COMPLETE!", "CLOSED"}, func(*evidence) {}, ""},
		{"twice, each after an unknown answer", rough, func(e *evidence) { e.tasks = make([]cvm.Task, 2); e.hear("webhook", 2) }, ""},

		{"no log", nil, func(*evidence) {}, "it was lost"},
		{"still open", smooth[:3], func(*evidence) {}, "it ended as COMPLETE"},
		{"long log", smooth, func(e *evidence) { e.log = append(make([]ledger.Entry, 40), e.log...) }, "its log has 44 entries"},
		{"started after an answer", []string{"INTENT", "ACCEPTED+", "INTENT", "ACCEPTED+", "COMPLETE!", "CLOSED"}, func(*evidence) {}, "started again after 2 answers"},
		{"no task", smooth, func(e *evidence) { e.tasks = nil }, "nothing was exported"},
		{"two tasks", smooth, func(e *evidence) { e.tasks = make([]cvm.Task, 2) }, "2 tasks were started where 0 answers were unknown"},
		{"three tasks", rough, func(e *evidence) { e.tasks = make([]cvm.Task, 3) }, "3 tasks were started where 1 answers were unknown"},
		{"two tasks for one call", []string{"INTENT", "ACCEPTED", "COMPLETE!", "CLOSED"}, func(e *evidence) { e.tasks = make([]cvm.Task, 2) }, "2 tasks were started and 1 announced"},
		{"no file", smooth, func(e *evidence) { e.files = nil }, "0 files stand there"},
		{"empty file", smooth, func(e *evidence) { e.files["fleet-1_a"] = 0 }, "1 files stand there, 0 of them whole"},
		{"file too many", smooth, func(e *evidence) { e.files["fleet-1_b"] = diskSize }, "2 files stand there"},
		{"silence", smooth, func(e *evidence) { e.hear("webhook", 0) }, "nobody was told"},
		{"two notices", smooth, func(e *evidence) { e.hear("webhook", 2) }, "2 notices came where 0 answers were unknown"},
		{"three notices", rough, func(e *evidence) { e.hear("webhook", 3) }, "3 notices came where 1 answers were unknown"},
		{"other id", smooth, func(e *evidence) { e.notices["webhook"][0].ID = "another" }, `has the id "another"`},
		{"failure", smooth, func(e *evidence) { e.notices["webhook"][0].Type = notice.Failed }, "a notice of type " + notice.Failed},
		{"silence of the other", smooth, func(e *evidence) { e.hear("program", 0) }, "program: nobody was told"},
		{"the other hears twice", rough, func(e *evidence) { e.hear("program", 3) }, "program: 3 notices came where 1 answers were unknown"},
		{"not looked into", smooth, func(e *evidence) { e.log[3].Landed[0].Check = nil }, "1 files, 0 of them verified"},
		{"suspicious", smooth, func(e *evidence) { e.log[3].Landed[0].Check.Verdict = diskimage.Suspicious }, "1 files, 0 of them verified"},
		{"broken disk as complete", smooth, func(e *evidence) { e.machine.broken = true }, `the verdict "COMPLETE", want CLOSED and PARTIAL`},
		{"one manifest", smooth, func(e *evidence) { e.manifests = e.manifests[:1] }, "there are 1 manifests"},
		{"two manifests that differ", smooth, func(e *evidence) { e.manifests[1] = []byte("{}") }, "or they differ"},
		{"manifest of another", smooth, func(e *evidence) { e.keep(`{"schema":1,"export":"fleet-2","verdict":"COMPLETE","files":[{}]}`, 2) }, `the manifest is of "fleet-2"`},
		{"manifest without files", smooth, func(e *evidence) { e.keep(`{"schema":1,"export":"fleet-1","verdict":"COMPLETE"}`, 2) }, "with 0 files"},
		{"unsigned", smooth, func(e *evidence) { e.notices["webhook"][0].Signed = false }, "not signed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := good(tt.states...)
			tt.spoil(e)
			got := strings.Join(e.wrong(), "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("complaints %q, want %q", got, tt.want)
			}
		})
	}
}

// TestTrail lets the record forget between two looks.
func TestTrail(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range 1000 {
		all = append(all, "cos state GET fleet-20261122t000000z-soak"+string(rune('0'+i/100))+string(rune('0'+i/10%10))+string(rune('0'+i%10))+"0")
	}
	var tr trail
	for _, window := range [][2]int{{0, 0}, {0, 30}, {0, 400}, {200, 600}, {500, 600}, {500, 1000}} {
		tr.read(all[window[0]:window[1]])
	}
	if counts := tr.perExport(); tr.broken || len(tr.lines) != len(all) || len(counts) != len(all) {
		t.Errorf("broken: %t; %d lines of %d exports, want %d", tr.broken, len(tr.lines), len(counts), len(all))
	}
	tr.read(all[:500]) // what is known is not in it
	if !tr.broken {
		t.Error("a gap was not noticed")
	}
}
