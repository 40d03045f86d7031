package export

import (
	"fmt"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

const (
	// maxAttempts bounds how often one export is announced to CVM, unknown and
	// dead attempts included. "Not now" does not count: only the deadline ends it.
	maxAttempts = 5
	// quiet is how long an attempt whose outcome nobody knows is given to show
	// itself in the bucket before it is repeated: longer than a queued export
	// usually takes to open its first upload. A task that CVM took just before
	// the deadline is given the same. The live figure is unverified.
	quiet = 10 * time.Minute
	// lateness is how long after the deadline an open upload is taken for a task
	// that is alive. COS keeps an upload open until somebody ends it, and a task
	// that died does not; without a limit nobody would ever hear of the export.
	lateness = 24 * time.Hour
)

// Step is what one export needs next. At most one of Look, Append and Close is
// set; none of them means to wait.
type Step struct {
	Look   Look
	Append *ledger.Entry
	Effect bool // Append announces an effect: call ExportImages, or send
	Rest   bool // after Append there is nothing to see yet: wait for the next trigger
	Close  bool // take it off the work list
}

// Decide says what an export needs next. It is pure: the same situation always
// gives the same step, whoever asks and however often.
func Decide(s Situation) Step {
	switch s.Entry.State {
	case ledger.None:
		return begin(s)
	case ledger.Intent:
		return resolve(s)
	case ledger.Retry:
		return retry(s)
	case ledger.Accepted:
		return await(s)
	case ledger.Complete, ledger.Failed, ledger.Partial:
		return tell(s)
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
	if r := s.Entry.Request.Refusal; r != nil {
		return s.fail(r.Reason, r.Detail, r.Hint)
	}
	if s.overdue() {
		return s.fail("not-started", "nobody came to start the export before its deadline", "see why the function did not run; the next run of the plan exports the image again")
	}
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
	case s.Now.Before(s.Entry.Until.Add(quiet)):
		return Step{}
	case s.Entry.Attempt >= maxAttempts, s.overdue():
		return s.fail("unknown-outcome", fmt.Sprintf("ExportImages was called %d times, never answered, and no file appeared", s.Entry.Attempt),
			"look at the CVM status page; then export the image again by hand or wait for the next run")
	}
	return s.announce()
}

func retry(s Situation) Step {
	switch {
	case s.overdue():
		return s.fail("not-started", "the export could not be started before its deadline; the last answer was: "+s.Entry.Detail, s.Entry.Hint)
	case s.Now.Before(s.Entry.NotBefore):
		return Step{}
	case s.Entry.Attempt == 0: // refused each time so far, so nothing was started
		return s.announce()
	}
	// An earlier attempt was never answered. It may have been taken, and only the
	// one after it refused.
	if step, ok := s.need(LookNames | LookUploads); !ok {
		return step
	}
	if s.traced() {
		return s.adopt()
	}
	return s.announce()
}

// await: the cloud is writing. Done is when every expected file is there.
func await(s Situation) Step {
	if step, ok := s.need(LookFiles); !ok {
		return step
	}
	if len(s.Seen.Files) == len(s.expected()) {
		return s.conclude(ledger.Complete, "", "", "")
	}
	switch {
	case s.Entry.Request.Origin == ledger.Observed:
		s.Channels = nil // it has gone again before anybody was told
		return s.fail("gone", "the file was removed again", "")
	case !s.overdue() || s.Now.Before(s.Entry.Started.Add(quiet)):
		return Step{}
	}
	if step, ok := s.need(LookUploads); !ok {
		return step
	}
	if s.Seen.Uploading && s.Now.Before(s.Entry.Request.Deadline.Add(lateness)) {
		return Step{} // late, but alive
	}
	return s.missed()
}

func (s Situation) missed() Step {
	expected, missing := s.expected(), s.missing()
	detail := fmt.Sprintf("the deadline passed and %d of %d files are missing: %s", len(missing), len(expected), strings.Join(missing, ", "))
	hint := "the task may have died silently: export the image again; if it repeats, open a ticket with the task id"
	if len(s.Seen.Files) == 0 {
		return s.conclude(ledger.Failed, "nothing-landed", detail, hint)
	}
	return s.conclude(ledger.Partial, "files-missing", detail, hint)
}

// tell: the verdict stands; somebody may not have heard of it yet.
func tell(s Situation) Step {
	next := s.Entry.Next(s.Entry.State, s.Now)
	next.Deliveries = map[string]ledger.Delivery{}
	due, open := false, false
	for name, d := range s.Entry.Deliveries {
		switch {
		case d.State == ledger.Sending && s.Now.Before(s.Entry.Until):
			return Step{} // somebody is at it
		case d.State == ledger.Sending && d.Attempt >= maxSends:
			d.State, d.Detail = ledger.Undelivered, "nobody knows whether the last try was received"
		case d.State == ledger.Sending, d.State == ledger.SendLater && !s.Now.Before(d.NotBefore):
			d.State, d.NotBefore, due = ledger.Sending, time.Time{}, true
			d.Attempt++
		case d.State == ledger.SendLater:
			open = true
		}
		next.Deliveries[name] = d
	}
	switch {
	case due:
		return Step{Append: &next, Effect: true}
	case open:
		return Step{}
	}
	next.State = ledger.Closed
	return Step{Append: &next}
}

// traced reports whether the bucket shows that an attempt was taken.
func (s Situation) traced() bool { return s.Seen.Uploading || len(s.Seen.Standing) > 0 }

// announce is the intention before the effect.
func (s Situation) announce() Step {
	next := s.Entry.Next(ledger.Intent, s.Now)
	next.Attempt++
	next.NotBefore, next.Reason, next.Detail, next.Hint, next.RequestID = time.Time{}, "", "", "", "" // of the try before
	return Step{Append: &next, Effect: true}
}

// adopt takes over a task whose start nobody could confirm, by its traces.
func (s Situation) adopt() Step {
	next := s.Entry.Next(ledger.Accepted, s.Now)
	next.Expected, next.Started = s.Entry.Request.Files(), s.Entry.At
	return Step{Append: &next}
}

func (s Situation) fail(reason, detail, hint string) Step {
	return s.conclude(ledger.Failed, reason, detail, hint)
}

// conclude reaches a verdict and claims the telling of it in one entry.
func (s Situation) conclude(verdict ledger.State, reason, detail, hint string) Step {
	next := s.Entry.Next(verdict, s.Now)
	next.Verdict, next.Ended = verdict, s.Now.UTC()
	next.Reason, next.Detail, next.Hint = reason, detail, hint
	next.Expected, next.Landed = s.expected(), s.Seen.Files
	next.Deliveries = map[string]ledger.Delivery{}
	for _, name := range s.Channels {
		next.Deliveries[name] = ledger.Delivery{ID: next.NoticeID(), State: ledger.Sending, Attempt: 1}
	}
	return Step{Append: &next, Effect: len(s.Channels) > 0}
}
