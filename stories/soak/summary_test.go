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
	"github.com/imageferry/imageferry/internal/sandbox/fault"
)

// summarise shows the run in figures, and makes sure that it was bad enough: a soak
// in which a kind of trouble never came has shown nothing about it.
func (s *soak) summarise(t *testing.T, found map[image.ExportID]*evidence) {
	t.Helper()
	var starts, refused, noAnswer, tasks, sends, unheard, notices int
	var logs, requests []int
	for _, e := range found {
		answered, unknown := e.starts()
		starts, noAnswer, tasks = starts+answered+unknown, noAnswer+unknown, tasks+len(e.tasks)
		for _, channel := range channels {
			sent, silent := e.sends(channel)
			sends, unheard, notices = sends+sent+silent, unheard+silent, notices+len(e.notices[channel])
		}
		logs, requests = append(logs, len(e.log)), append(requests, e.requests)
		for _, entry := range e.log {
			if entry.State == ledger.Retry {
				refused++
			}
		}
	}
	var b strings.Builder
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "\n  %-10s %s", what, fmt.Sprintf(format, args...))
	}
	line("time", "storm %s, calm %s", s.storm.Round(time.Second), s.calm.Round(time.Second))
	line("weather", "%s", s.hits())
	line("deaths", "%d instances killed beside those of the weather; %d slots fired once more in the calm", s.killed, s.again)
	line("starts", "%d exports, %d starts, %d of them with unknown outcome, and %d refusals: %d tasks", len(found), starts, noAnswer, refused, tasks)
	line("notices", "%d sends, %d of them with unknown outcome: %d notices in two channels", sends, unheard, notices)
	line("entries", "in a log: %s", spread(logs))
	line("requests", "%d in all, %d for each export; those that name it: %s", len(s.trail.lines), len(s.trail.lines)/len(found), spread(requests))
	t.Log(b.String())
	if len(found) >= 500 && (refused == 0 || noAnswer == 0 || unheard == 0) {
		t.Error("no refusal by the quota, no unknown start, or no unknown notice: this was no soak")
	}
	s.judgeWeather(t)
}

// hits says what the weather did, by kind.
func (s *soak) hits() string {
	count := map[fault.Kind]int{}
	for _, f := range s.faults {
		count[f.Rule.Kind] += f.Hits
	}
	var list []string
	for _, kind := range slices.Sorted(maps.Keys(count)) {
		list = append(list, fmt.Sprintf("%s %d", kind, count[kind]))
	}
	return strings.Join(list, ", ")
}

func (s *soak) judgeWeather(t *testing.T) {
	t.Helper()
	for _, f := range s.faults {
		if f.Hits == 0 && float64(f.Matched)*f.Rule.Probability > 10 { // by chance less than once in 20,000 runs
			t.Errorf("fault %q was asked %d times and never hit", f.Rule.ID, f.Matched)
		}
	}
}

// spread shows how numbers are spread.
func spread(list []int) string {
	slices.Sort(list)
	at := func(percent int) int { return list[(len(list)-1)*percent/100] }
	return fmt.Sprintf("median %d, 90 %% up to %d, most %d", at(50), at(90), at(100))
}
