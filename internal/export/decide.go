package export

import (
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

const (
	// maxAttempts bounds how often one export is announced to CVM without an
	// answer. "Not now" does not count: only the deadline ends it.
	maxAttempts = 4
	// maxEarly is up to which entry of its log an export that was refused is tried
	// before its time, because one of our tasks has ended.
	maxEarly = 20
)

// Step is what one export needs next. At most one of Look, Append and Close is
// set; none of them means to wait.
type Step struct {
	Look   Look
	Append *ledger.Entry
	Effect bool         // Append announces an effect: call CVM, or send
	Rest   bool         // after Append there is nothing to see yet: wait for the next trigger
	News   *ledger.Told // put this on the work list before Append
	Close  bool         // take it off the work list
}

// starts reports whether the step takes a new export in hand.
func (s Step) starts() bool {
	return s.Effect && (s.Append.State == ledger.Intent || s.Append.State == ledger.Imaging)
}

// Decide says what an export needs next. It is pure: the same situation always
// gives the same step, whoever asks and however often.
func Decide(s Situation) Step {
	switch s.Entry.State {
	case ledger.None:
		return begin(s)
	case ledger.Imaging:
		return resolveImage(s)
	case ledger.Imaged:
		return awaitImage(s)
	case ledger.Intent:
		return resolve(s)
	case ledger.Retry:
		return retry(s)
	case ledger.Accepted:
		return await(s)
	case ledger.Complete, ledger.Failed, ledger.Partial, ledger.News:
		return tell(s)
	case ledger.Pruning:
		return pruning(s)
	case ledger.Closed:
		return Step{Close: true}
	}
	return Step{} // a state of a newer version: leave it alone
}

// begin: nothing was decided yet, so no file under our name can be ours.
func begin(s Situation) Step {
	if s.Entry.Request.Origin == ledger.Observed {
		return await(s)
	}
	if n := s.Entry.Request.News; n != nil {
		return s.conclude(ledger.News, "", n.Detail, n.Hint)
	}
	if r := s.Entry.Request.Refusal; r != nil {
		return s.fail(r.Reason, r.Detail, r.Hint)
	}
	if s.overdue() {
		return s.fail("not-started", "nobody came to start the export before its deadline", "see why the function did not run; the next run of the plan exports the image again")
	}
	return s.first()
}

// first announces an effect of which none went before: ExportImages would overwrite
// what stands under its names, and none of it can be ours.
func (s Situation) first() Step {
	if step, ok := s.need(LookNames); !ok {
		return step
	}
	if len(s.Seen.Standing) > 0 {
		return s.fail("name-taken",
			fmt.Sprintf("%s already stands in %s and is not ours; nothing was overwritten", s.Seen.Standing[0], s.Entry.Request.Bucket),
			"move the object away, or give the plan a prefix of its own")
	}
	return s.announce()
}

// resolve: a call was announced, and its holder said nothing since.
func resolve(s Situation) Step {
	if s.Now.Before(s.Entry.Until) {
		return Step{} // the holder may still act; nobody else does
	}
	if step, ok := s.need(LookNames | LookUploads); !ok {
		return step
	}
	switch {
	case s.traced():
		return s.adopt()
	case s.Now.Before(s.Entry.Until.Add(s.Quiet)):
		return Step{}
	case s.spent(), s.overdue():
		return s.fail("unknown-outcome", fmt.Sprintf("ExportImages was called %d times, never answered, and no file appeared", s.Entry.Attempt),
			"look at the CVM status page; then export the image again by hand or wait for the next run")
	}
	return s.announce()
}

func retry(s Situation) Step {
	if !s.overdue() && !s.ripe() {
		return Step{}
	}
	if s.Entry.Attempt > 0 {
		// An earlier attempt was never answered. It may have been taken, and only
		// the one after it refused.
		if step, ok := s.need(LookNames | LookUploads); !ok {
			return step
		}
		if s.traced() {
			return s.adopt()
		}
	}
	if s.overdue() {
		return s.fail("not-started", "the export could not be started before its deadline; the last answer was: "+s.Entry.Detail,
			"give the plan a longer deadline, or fewer images at once; export this one again with imageferry retry")
	}
	if s.Entry.Attempt > 0 {
		return s.announce()
	}
	return s.first()
}

// ripe reports whether a refused export may be tried again: when its time has
// come, or when it met the limit of running tasks and one of ours has ended since.
func (s Situation) ripe() bool {
	e := s.Entry
	return !s.Now.Before(e.NotBefore) || e.Full && e.Seq < maxEarly && 0 <= s.Running && s.Running < e.Running
}

// traced reports whether the bucket shows that an attempt was taken.
func (s Situation) traced() bool { return len(s.Seen.Uploads) > 0 || len(s.Seen.Standing) > 0 }

// spent reports whether CVM has left as many calls unanswered as an export gets.
func (s Situation) spent() bool { return s.Entry.Attempt+s.Entry.Making >= maxAttempts }

// announce is the intention before the effect: CreateImage for an instance that
// has no image yet, else ExportImages.
func (s Situation) announce() Step {
	next := s.Entry.Next(ledger.Intent, s.Now)
	if next.Request.MakesImage() {
		next.State = ledger.Imaging
		next.Making++
	} else {
		next.Attempt++
	}
	next.NotBefore, next.Full, next.Running = time.Time{}, false, 0 // of the try before, as are these
	next.Reason, next.Detail, next.Hint, next.RequestID = "", "", "", ""
	return Step{Append: &next, Effect: true}
}

// adopt takes over a task whose start nobody could confirm, by its traces.
func (s Situation) adopt() Step {
	next := s.Entry.Next(ledger.Accepted, s.Now)
	next.Expected, next.Started = s.Entry.Request.Files(), s.Entry.At
	return Step{Append: &next}
}
