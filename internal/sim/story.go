package sim

import (
	"fmt"
	"strings"
	"time"
)

// sentence is one thing that happened.
type sentence struct {
	at   time.Duration
	by   *invocation // nil: nobody's
	text string
}

// tell adds a sentence to the story, if anybody listens.
func (w *world) tell(by *invocation, format string, args ...any) {
	if w.opt.Story {
		w.story = append(w.story, sentence{w.now, by, fmt.Sprintf(format, args...)})
	}
}

// tellCall tells of a call that may matter.
func (w *world) tellCall(c *sent, err error) {
	switch {
	case err != nil || w.opt.Calls:
		w.tell(c.by, "%s %s is answered: %v", c.op, c.subject, err)
	case c.by.over:
		w.tell(c.by, "%s %s takes effect after its end", c.op, c.subject)
	}
}

// tale is the story. Of a run that broke an invariant it is what concerns the
// export in question, and all that the invocations did which touched it.
func (w *world) tale() (lines []string) {
	about := ""
	if w.violation != nil && !w.opt.Calls {
		about = string(w.violation.Export)
	}
	touched := map[*invocation]bool{}
	for _, s := range w.story {
		if s.by != nil && strings.Contains(s.text+s.by.name, about) {
			touched[s.by] = true
		}
	}
	for _, s := range w.story {
		if !touched[s.by] && !strings.Contains(s.text, about) && !concernsAll(s.text) {
			continue
		}
		who := ""
		if s.by != nil {
			who = s.by.name + ": "
		}
		lines = append(lines, clockText(s.at)+"  "+who+s.text)
	}
	return lines
}

// concernsAll reports whether a sentence matters to every export.
func concernsAll(text string) bool {
	for _, start := range []string{"FAULT", "VIOLATION", "somebody", "nobody", "function", "file vm"} {
		if strings.HasPrefix(text, start) {
			return true
		}
	}
	return false
}

// clockText writes an instant of the run as "day 3 04:30:12.345", in UTC+8; days
// count from 1.
func clockText(at time.Duration) string {
	return fmt.Sprintf("day %d %s", 1+at/(24*time.Hour), epoch.Add(at).In(time.FixedZone("", 8*60*60)).Format("15:04:05.000"))
}
