package export

import (
	"errors"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// Task is CVM's answer to ExportImages.
type Task struct {
	ID    uint64
	Paths []string // CosPaths as CVM gives them, with a leading slash
}

// started folds the answer of ExportImages into the next step. An unknown
// answer gives no step: the entry stays INTENT until its claim ends, and then
// the bucket tells what happened.
func started(s Situation, task Task, err error) (Step, bool) {
	if err == nil {
		next := s.Entry.Next(ledger.Accepted, s.Now)
		next.TaskID, next.Started, next.Expected = task.ID, s.Now.UTC(), s.Entry.Request.Files()
		if len(task.Paths) > 0 { // CVM's word beats our prediction
			next.Expected = announced(s.Entry.Request, task.Paths)
		}
		return Step{Append: &next, Rest: true}, true
	}
	e, _ := errors.AsType[*outcome.Error](err)
	switch outcome.Of(err) {
	case outcome.Unknown:
		return Step{}, false
	case outcome.Later, outcome.Full:
		return postponed(s, e), true
	}
	s.Entry.RequestID = e.RequestID
	return s.fail(e.Code, e.Message, e.Hint), true
}

// made folds the answer of CreateImage into the next step.
func made(s Situation, id image.ID, err error) (Step, bool) {
	if err == nil {
		next := s.Entry.Next(ledger.Imaged, s.Now)
		next.Request.Image = image.Image{ID: id}
		return Step{Append: &next, Rest: true}, true
	}
	if outcome.Is(err, outcome.Exists) {
		// An earlier call of ours was taken after all, or a stranger's image has
		// the name. Either shows when it is looked for, as after no answer.
		return Step{}, false
	}
	return started(s, Task{}, err)
}

// A log is short, so that reading it stays cheap: an export that CVM refuses is
// tried about nine times before its deadline, two entries each.
const (
	firstWait = 288 // parts of the time to the deadline: of a day, five minutes
	mostWait  = 3   // parts of the time to the deadline
)

// postponed waits before the next try, twice as long after each refusal.
func postponed(s Situation, e *outcome.Error) Step {
	next := s.takenBack()
	next.Refused++
	// The rate limit of CreateImage says nothing of export tasks.
	if next.Full = e.Kind == outcome.Full && s.Entry.State == ledger.Intent; next.Full {
		next.Running = max(0, s.Running)
	}
	within := next.Request.Deadline.Sub(next.Request.Slot)
	next.NotBefore = s.Now.Add(backoff(max(time.Minute, within/firstWait), 2, next.Refused, within/mostWait)).UTC()
	next.Reason, next.Detail, next.Hint, next.RequestID = e.Code, e.Message, e.Hint, e.RequestID
	return Step{Append: &next}
}

// undone takes back an announcement whose effect was never issued. CVM has said
// nothing of this export, so nothing makes it wait longer than until the next tick.
func undone(s Situation, detail string, full bool) Step {
	next := s.takenBack()
	next.Full = full
	if full {
		next.Running = max(0, s.Running)
	}
	next.Reason, next.Detail, next.Hint = "postponed", detail, "nothing to do: a later tick goes on"
	return Step{Append: &next}
}

// takenBack is the entry after an announcement whose effect certainly did not happen.
func (s Situation) takenBack() ledger.Entry {
	next := s.Entry.Next(ledger.Retry, s.Now)
	if s.Entry.State == ledger.Imaging {
		next.Making--
	} else {
		next.Attempt--
	}
	return next
}

// backoff returns first, then factor times as long for each further try, up to most.
func backoff(first time.Duration, factor, try int, most time.Duration) time.Duration {
	d := first
	for ; try > 1 && d < most; try-- {
		d *= time.Duration(factor)
	}
	return min(d, most)
}
