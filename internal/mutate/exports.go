package main

// exports are the rules by which one export is started, and its images are made and go.
var exports = []mutant{
	{
		name: "unknown-is-success",
		why:  "a start without an answer is taken for accepted",
		file: "internal/export/answer.go",
		from: `	case outcome.Unknown:
		return Step{}, false
`,
		to: `	case outcome.Unknown:
		return started(s, task, nil)
`,
		test: "internal/export.TestCrashAtEveryRequest/unanswered_and_not_taken",
	},
	{
		name: "unknown-is-failure",
		why:  "a start without an answer is taken for one that did not happen, and is repeated",
		file: "internal/export/answer.go",
		from: `	case outcome.Unknown:
		return Step{}, false
`,
		to: `	case outcome.Unknown:
		return undone(s, "", false), true
`,
		test: "internal/export.TestCrashAtEveryRequest/unanswered_and_taken",
	},
	{
		name: "unknown-is-later",
		why:  "a start without an answer is tried again as one that was refused",
		file: "internal/export/answer.go",
		from: `	case outcome.Unknown:
		return Step{}, false
	case outcome.Later, outcome.Full:
`,
		to: `	case outcome.Unknown:
		return postponed(s, &outcome.Error{}), true
	case outcome.Later, outcome.Full:
`,
		test: "internal/export.TestWrongFirstAttemptFinishesAfterTheSecond",
	},
	{
		name: "takeover-early",
		why:  "a claim is taken over before it ends",
		file: "internal/export/decide.go",
		from: `	if s.Now.Before(s.Entry.Until) {
		return Step{} // the holder may still act; nobody else does
	}
	if step, ok := s.need(LookNames | LookUploads); !ok {
`,
		to: `	if step, ok := s.need(LookNames | LookUploads); !ok {
`,
		test: "internal/export.TestWrongEventBeforeAccepted",
	},
	{
		name: "no-evidence",
		why:  "a start without an answer is repeated without looking into the bucket",
		file: "internal/export/decide.go",
		from: `	case s.traced():
		return s.adopt()
	case s.Now.Before(s.Entry.Until.Add(s.Quiet)):`,
		to:   "	case s.Now.Before(s.Entry.Until.Add(s.Quiet)):",
		test: "internal/export.TestCrashAtEveryRequest/unanswered_and_taken",
	},
	{
		name: "no-quiet",
		why:  "a start without an answer is repeated at once, before an upload can show",
		file: "internal/export/decide.go",
		from: `	case s.Now.Before(s.Entry.Until.Add(s.Quiet)):
		return Step{}
`,
		to:   "",
		test: "internal/export.TestWrongRequestInFlightWhenKilled",
	},
	{
		name: "no-evidence-on-retry",
		why:  "a start that was refused after one without an answer is repeated without looking",
		file: "internal/export/decide.go",
		from: `	if s.Entry.Attempt > 0 {
		// An earlier`,
		to: `	if false && s.Entry.Attempt > 0 {
		// An earlier`,
		test: "internal/export.TestRefusedAfterUnknownOutcome",
	},
	{
		name: "overwrites",
		why:  "what stands under our names is overwritten",
		file: "internal/export/decide.go",
		from: `	if len(s.Seen.Standing) > 0 {
`,
		to: `	if false && len(s.Seen.Standing) > 0 {
`,
		test: "internal/export.TestCrashAtEveryRequest/name_taken",
	},
	{
		name: "no-fifo",
		why:  "an export takes the room that an older one was refused",
		file: "internal/export/queue.go",
		from: `			t.blocked = t.blocked || e.State == ledger.Retry && e.Full && j.err == nil
`,
		to:   "",
		test: "internal/export.TestHeadOfLine",
	},
	{
		name: "in-flight-unbounded",
		why:  "a plan's own limit is not kept",
		file: "internal/export/queue.go",
		from: "	return most > 0 && e.State",
		to:   "	return false && most > 0 && e.State",
		test: "internal/export.TestMaxInFlight",
	},
	{
		name: "closed-speaks",
		why:  "what is found closed on the work list is told once more",
		file: "internal/export/decide.go",
		from: `	case ledger.Closed:
		return Step{Close: true}
`,
		to: `	case ledger.Closed:
		if s.Entry.Seq < 6 {
			return s.conclude(s.Entry.Verdict, "", "", "")
		}
		return Step{Close: true}
`,
		test: "internal/export.TestCrashAtEveryRequest/happy",
	},
	{
		name: "prune-all",
		why:  "images are deleted whether they are to be kept or not",
		file: "internal/export/look.go",
		from: `		case e.Verdict == ledger.Complete && kept < r.Keep:
			kept++
		case kept == r.Keep && e.State == ledger.Closed:
`,
		to: `		case e.Verdict == ledger.Complete && kept < 0*r.Keep:
			kept++
		case e.State == ledger.Closed:
`,
		test: "internal/export.TestPrune",
	},
	{
		name: "prune-strangers",
		why:  "an image is deleted that the ledger does not know as ours",
		file: "internal/export/look.go",
		from: `		case e.Request.Image.ID != m.ID: // not made for that export
`,
		to:   "",
		test: "internal/export.TestPrune",
	},
	{
		name: "prune-under-way",
		why:  "an image is deleted while it is being exported",
		file: "internal/export/look.go",
		from: `		case kept == r.Keep && e.State == ledger.Closed:
`,
		to: `		case kept == r.Keep:
`,
		test: "internal/export.TestPruneSparesWhatIsUnderWay",
	},
	{
		name: "event-starts",
		why:  "the function that hears of files starts exports",
		file: "internal/export/land.go",
		from: "	t.noCVM = true",
		to:   "	t.noCVM = false",
		test: "internal/export.TestLandStartsNothing",
	},
}
