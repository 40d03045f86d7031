package soak

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/sandbox"
)

// explain tells of a run that did not come to its end, by the oldest exports that
// are still open.
func (s *soak) explain(t *testing.T) {
	if s.over {
		return
	}
	s.Faults.Clear()
	s.trail.end()
	t.Logf("%d exports are open, and %d slots are not filled", s.open(), len(s.missing()))
	found := map[image.ExportID]*evidence{}
	for _, o := range s.COS.List(sandbox.StateBucket, root+"open/") {
		if id, err := ledger.ParseOpenName(strings.TrimPrefix(o.Key, root+"open/")); err == nil && len(found) < 3 {
			found[id] = &evidence{id: id}
		}
	}
	s.readLogs(t, found)
	for id, e := range found {
		t.Logf("%s:\n%s", id, s.story(e))
	}
}

// story is all that happened to an export, for whoever has to find out. The ledger
// goes by the wall clock, tasks and notices by the cloud's.
func (s *soak) story(e *evidence) string {
	var b strings.Builder
	add := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	for _, entry := range e.log {
		add("%s  %s", entry.At.Format(time.TimeOnly), step(entry))
	}
	for _, task := range e.tasks {
		add("task %d: %s, %s to %s", task.ID, task.State, task.Started.Format(time.TimeOnly), task.Ended.Format(time.TimeOnly))
	}
	for _, key := range slices.Sorted(maps.Keys(e.files)) {
		add("file %s: %d bytes", key, e.files[key])
	}
	for channel, notices := range e.notices {
		for _, m := range notices {
			add("notice %s to %s at %s", m.ID, channel, m.At.Format(time.TimeOnly))
		}
	}
	for _, line := range naming(e.id, s.trail.lines) {
		add("request %s", line)
	}
	for _, name := range functions {
		for _, i := range s.SCF.Invocations(name) {
			for _, line := range naming(e.id, i.Log) {
				add("%s (%s, try %d): %s", name, i.Source, i.Retry+1, line)
			}
		}
	}
	return b.String()
}

// step shows an entry of a log in one line.
func step(e ledger.Entry) string {
	text := fmt.Sprintf("%d %s, attempt %d", e.Seq, e.State, e.Attempt)
	if !e.Until.IsZero() {
		text += ", until " + e.Until.Format(time.TimeOnly)
	}
	if !e.NotBefore.IsZero() {
		text += ", not before " + e.NotBefore.Format(time.TimeOnly)
	}
	if e.TaskID != 0 {
		text += fmt.Sprintf(", task %d", e.TaskID)
	}
	if e.Reason != "" {
		text += ", " + e.Reason + ": " + e.Detail
	}
	for name, d := range e.Deliveries {
		text += fmt.Sprintf(", %s %s (try %d) %s", name, d.State, d.Attempt, d.Detail)
	}
	return text
}

// naming returns the lines in which an export is named.
func naming(id image.ExportID, lines []string) (list []string) {
	for _, line := range lines {
		if strings.Contains(line, string(id)) {
			list = append(list, line)
		}
	}
	return list
}
