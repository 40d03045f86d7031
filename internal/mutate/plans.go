package main

// plans are the rules of slots, of what a plan holds, and of the images that it makes.
var plans = []mutant{
	{
		name: "slot-from-wall-clock",
		why:  "the slot is the last due instant before the clock: an early timer names yesterday's",
		file: "internal/plan/schedule.go",
		from: `	slot, ok := schedule.Nearest(at, nearSlot)
`,
		to: `	slot, ok := schedule.Prev(at), true
`,
		test: "internal/export.TestWrongTwoTimersForOneSlot",
	},
	{
		name: "marker-after-log",
		why:  "a log begins before its marker stands: nobody finds it after a crash",
		file: "internal/export/start.go",
		from: `	d.Pool(len(jobs), func(i int) { d.open(ctx, jobs[i]) })
`,
		to: `	d.drive(ctx, d.tick(ctx), jobs)
	d.Pool(len(jobs), func(i int) { d.open(ctx, jobs[i]) })
`,
		test: "internal/export.TestWrongLogWithoutMarker",
	},
	{
		name: "note-before-markers",
		why:  "a slot is noted as filled before its exports are on the work list",
		file: "internal/export/start.go",
		from: `	d.Pool(len(jobs), func(i int) { d.open(ctx, jobs[i]) })
`,
		to: `	for _, j := range jobs {
		j.name = ledger.OpenName(j.entry.Request)
	}
	if err := d.note(ctx, o, jobs, skipped); err != nil {
		return jobs, err
	}
	d.Pool(len(jobs), func(i int) { d.open(ctx, jobs[i]) })
`,
		test: "internal/export.TestWrongFanOutStopsHalfWay",
	},
	{
		name: "news-after-mark",
		why:  "a plan is marked suspended before people are told, and a crash between tells nobody",
		file: "internal/export/suspend.go",
		from: `	if err := d.tellPlan(ctx, o, n); err != nil { // before the mark: it ends the matter
		return false, err
	}
	return true, d.pass(ctx, o.Plan, o.Slot)
`,
		to: `	if err := d.pass(ctx, o.Plan, o.Slot); err != nil {
		return false, err
	}
	return true, d.tellPlan(ctx, o, n)
`,
		test: "internal/export.TestCrashAtEveryRequest/suspended",
	},
	{
		name: "poison-blocks",
		why:  "one export that cannot be read ends the sweep of all",
		file: "internal/export/sweep.go",
		from: `	takeTurns(jobs)
	d.drive(ctx, t, jobs)
`,
		to: `	takeTurns(jobs)
	for _, j := range jobs {
		if j.err != nil {
			return j.err
		}
	}
	d.drive(ctx, t, jobs)
`,
		test: "internal/export.TestWrongPoisonBlocksNobody",
	},
	{
		name: "catch-up-none",
		why:  "a slot that was missed is never made up",
		file: "internal/export/missed.go",
		from: `		case now.Sub(slot) > p.CatchUpWithin, p.CatchUp == plan.CatchUpNone:
`,
		to: `		case true:
`,
		test: "internal/export.TestWrongTimerLost",
	},
	{
		name: "missed-untold",
		why:  "a slot that was missed is made up in silence",
		file: "internal/export/missed.go",
		from: `	if err := d.tellPlan(ctx, PlanOrder(p, missed[len(missed)-1], d.Bucket), n); err != nil {
		return nil, err
	}
`,
		to: `	_ = n
`,
		test: "internal/export.TestWrongTimerLost",
	},
	{
		name: "suspend-never",
		why:  "a plan that does nothing but fail runs for ever",
		file: "internal/export/suspend.go",
		from: `	if o.Origin != ledger.Scheduled || o.Plan.SuspendAfter == 0 {
`,
		to: `	if true {
`,
		test: "internal/export.TestSuspended",
	},
	{
		name: "resume-forgotten",
		why:  "a plan that was resumed stays suspended",
		file: "internal/export/standing.go",
		from: `			return m.Fate == ledger.Suspended
`,
		to: `			return true
`,
		test: "internal/export.TestResume",
	},
	{
		name: "stranger-exported",
		why:  "an image that has our name and is not ours is exported",
		file: "internal/export/make.go",
		from: `	if m.Tags[TagExport] != string(r.ID) {
`,
		to: `	if of := m.Tags[TagExport]; of != "" && of != string(r.ID) {
`,
		test: "internal/export.TestForeignImageOfTheName",
	},
	{
		name: "image-not-awaited",
		why:  "an image is exported while it is being made",
		file: "internal/export/make.go",
		from: `	case m != nil && m.State == "NORMAL":
		s.Entry.Request.Image = *m
		if refusal := image.Check(*m, r.RootOnly); refusal != nil {
`,
		to: `	case m != nil && m.State != "CREATEFAILED":
		s.Entry.Request.Image = *m
		if refusal := image.Check(*m, r.RootOnly); refusal != nil && refusal.Reason != "not-normal" {
`,
		test: "internal/export.TestInstanceImageIsAwaited",
	},
	{
		name: "held-without-looking",
		why:  "an image is left out because it was exported once, whether its files are there or not",
		file: "internal/export/held.go",
		from: `	files, err := d.stat(ctx, was.Bucket, e.Expected)
`,
		to: `	if e.Verdict == ledger.Complete {
		return skipUnchanged, nil
	}
	files, err := d.stat(ctx, was.Bucket, e.Expected)
`,
		test: "internal/export.TestHeldImages/file_removed",
	},
	{
		name: "under-way-again",
		why:  "an image is exported again while its export runs",
		file: "internal/export/held.go",
		from: `	case e.Verdict == "" && o.Slot.Before(was.Deadline):
		return skipUnderWay, nil
`,
		to:   "",
		test: "internal/export.TestHeldUnderWay",
	},
	{
		name: "no-audit",
		why:  "a slot that nobody filled is never noticed",
		file: "internal/export/sweep.go",
		from: "jobs, err := d.audit(ctx, d.Plans[name])",
		to:   "jobs, err := []*job(nil), error(nil)\n		_ = name",
		test: "internal/export.TestWrongTimerLost",
	},
	{
		name: "suspended-untold",
		why:  "a plan stops, and nobody knows",
		file: "internal/export/suspend.go",
		from: "	if err := d.tellPlan(ctx, o, n); err != nil { // before the mark: it ends the matter\n		return false, err\n	}\n",
		to:   "",
		test: "internal/export.TestSuspended",
	},
}
