package main

// mutants are the rules that something must hold, roughly in the order of an
// export's life.
var mutants = []mutant{
	{
		name: "slot-from-wall-clock", why: "a timer that is repeated a minute later names another slot, and exports twice",
		file: "internal/function/export.go",
		from: "p.Slot(t.Time)", to: "p.Slot(f.Driver.Now())",
	},
	{
		name: "marker-after-log", why: "a crash in between leaves an export that no sweep finds",
		file: "internal/export/start.go",
		from: "	fresh, err := d.Ledger.Open(ctx, r)\n", to: "	fresh, err := true, error(nil)\n	defer func() { _, _ = d.Ledger.Open(ctx, r) }()\n	if d.Ledger != nil {\n		return\n	}\n",
	},
	{
		name: "note-before-markers", why: "a fan-out that stops half way is taken for complete",
		file: "internal/export/start.go",
		from: "	for _, j := range jobs {\n		if j.name == \"\" { // the next try fills it\n			return fmt.Errorf(\"slot %s of plan %s is not filled yet: %w\", o.Slot.Format(time.RFC3339), o.Plan.Name, j.err)\n		}\n",
		to:   "	for _, j := range jobs {\n		_ = fmt.Errorf\n",
	},
	{
		name: "effect-before-claim", why: "two invocations start the same export",
		file: "internal/export/drive.go",
		from: "	e, err := d.Ledger.Append(ctx, e)\n", to: "	if e.State == ledger.Intent {\n		_, _ = d.Cloud.Export(ctx, e.Request)\n	}\n	e, err := d.Ledger.Append(ctx, e)\n",
	},
	{
		name: "claim-not-read-back", why: "both writers of a race act",
		file: "internal/export/act.go",
		from: "stands, err := d.Ledger.Confirm(ctx, j.entry)", to: "stands, err := j.entry, error(nil)",
	},
	{
		name: "no-settle", why: "the claim is read back before the other writer's lands",
		file: "internal/export/act.go",
		from: "d.Sleep(ctx, d.Settle)", to: "d.Sleep(ctx, 0)",
	},
	{
		name: "conflict-is-loss", why: "the answer to our own lost write stops an export until its claim ends, each time",
		file: "internal/ledger/ledger.go",
		from: "	stands, back := l.Confirm(ctx, e)\n", to: "	stands, back := l.Confirm(ctx, e)\n	if back == nil {\n		back = ErrLost\n	}\n",
	},
	{
		name: "versioned-accepted", why: "COS ignores create-if-absent there, and entries are overwritten",
		file: "internal/ledger/ledger.go",
		from: "	if ever {\n", to: "	if false && ever {\n",
	},
	{
		name: "short-lease", why: "others take over while the holder may still act",
		file: "internal/export/window.go",
		from: "deadline.Add(time.Second + LongestRequest + skew).UTC()", to: "deadline.Add(-60 * time.Second).UTC()",
	},
	{
		name: "no-skew-margin", why: "an instance whose clock is ahead takes over a live claim",
		file: "internal/export/window.go",
		from: "LongestRequest + skew)", to: "LongestRequest)",
	},
	{
		name: "no-in-flight-margin", why: "a request in flight when its function is killed lands after the takeover",
		file: "internal/export/window.go",
		from: "time.Second + LongestRequest + skew", to: "skew",
	},
	{
		name: "reserve-gone", why: "an effect is started whose answer nobody can record",
		file: "internal/export/window.go",
		from: "last:  deadline.Add(-reserve)", to: "last:  deadline.Add(reserve - reserve)",
	},
	{
		name: "takeover-early", why: "a second call goes out while the first holder may still make one",
		file: "internal/export/decide.go",
		from: "	if s.Now.Before(s.Entry.Until) {\n		return Step{} // the holder may still act; nobody else does\n	}\n", to: "",
	},
	{
		name: "unknown-is-success", why: "an export that CVM never took is waited for until its deadline",
		file: "internal/export/answer.go",
		from: "	case outcome.Unknown:\n		return Step{}, false\n", to: "	case outcome.Unknown:\n		return started(s, task, nil)\n",
	},
	{
		name: "unknown-is-failure", why: "an export that CVM took is called failed, or started twice",
		file: "internal/export/answer.go",
		from: "	case outcome.Unknown:\n		return Step{}, false\n	case outcome.Later, outcome.Full:\n		return postponed(s, e), true\n", to: "	case outcome.Unknown:\n		return undone(s, \"\", false), true\n	case outcome.Later, outcome.Full:\n		return postponed(s, e), true\n",
	},
	{
		name: "no-evidence", why: "a start that CVM took, and nobody heard of, is repeated",
		file: "internal/export/decide.go",
		from: "return s.Seen.Uploading || len(s.Seen.Standing) > 0", to: "return false",
	},
	{
		name: "no-quiet", why: "a queued export that has not opened an upload yet is started again",
		file: "internal/export/decide.go",
		from: "s.Now.Before(s.Entry.Until.Add(s.Quiet))", to: "false",
	},
	{
		name: "no-fifo", why: "a newer export takes the room that an older one was refused, which starves",
		file: "internal/export/queue.go",
		from: "(t.blocked || t.full.Load()) && !e.Request.MakesImage()", to: "t.full.Load() && !e.Request.MakesImage()",
	},
	{
		name: "no-stop-at-full", why: "every export that waits is claimed and refused at each tick",
		file: "internal/export/act.go",
		from: "		t.full.Store(true)\n", to: "",
	},
	{
		name: "no-plan-limit", why: "max_in_flight limits nothing",
		file: "internal/export/queue.go",
		from: "return most > 0 &&", to: "return false && most > 0 &&",
	},
	{
		name: "deadline-ignored", why: "an export whose task died is never told of",
		file: "internal/export/situation.go",
		from: "return !s.Now.Before(s.Entry.Request.Deadline)", to: "return false",
	},
	{
		name: "first-disk-is-done", why: "success is told while data disks are missing",
		file: "internal/export/decide.go",
		from: "if len(s.Seen.Files) == len(s.expected()) {", to: "if len(s.Seen.Files) > 0 {",
	},
	{
		name: "empty-file-counts", why: "success is told of a file without content",
		file: "internal/export/look.go",
		from: "return f.Size > 0", to: "return f.Key != \"\"",
	},
	{
		name: "notice-without-claim", why: "every event of an export's files sends a notice",
		file: "internal/export/tell.go",
		from: "	return Step{Append: &next, Effect: len(next.Deliveries) > 0}\n", to: "	for name := range next.Deliveries {\n		next.Deliveries[name] = ledger.Delivery{ID: next.NoticeID(), State: ledger.SendLater}\n	}\n	return Step{Append: &next}\n",
	},
	{
		name: "told-while-others-tell", why: "a second invocation sends while the first one's claim is live",
		file: "internal/export/tell.go",
		from: "case d.State == ledger.Sending && s.Now.Before(s.Entry.Until):", to: "case d.State == ledger.Sending && s.Entry.Seq < 0:",
	},
	{
		name: "repeat-under-new-id", why: "a receiver cannot tell a repeat from news",
		file: "internal/ledger/entry.go",
		from: "return string(e.Request.ID) + \".\" + strings.ToLower(string(e.Verdict))", to: "return string(e.Request.ID) + \".\" + strings.ToLower(string(e.Verdict)) + e.Nonce",
	},
	{
		name: "closed-speaks", why: "something is decided after the end",
		file: "internal/export/decide.go",
		from: "	case ledger.Closed:\n		return Step{Close: true}\n", to: "	case ledger.Closed:\n		return tell(s)\n",
	},
	{
		name: "log-pruned", why: "a late writer begins the log anew, and the export runs again",
		file: "internal/ledger/worklist.go",
		from: "	return wrap(l.store.Delete(ctx, l.prefix+\"open/\"+name), \"close %s\", r.ID)\n", to: "	for n := range e.Seq {\n		_ = l.store.Delete(ctx, l.entryKey(r.ID, n+1))\n	}\n	return wrap(l.store.Delete(ctx, l.prefix+\"open/\"+name), \"close %s\", r.ID)\n",
	},
	{
		name: "no-history", why: "an export that closed is in no list any more",
		file: "internal/ledger/worklist.go",
		from: "	err := l.put(ctx, historyDir(e.At)", to: "	err := error(nil)\n	_ = l.put(ctx, \"lost/\"+historyDir(e.At)",
	},
	{
		name: "no-catch-up", why: "a slot that nobody filled is never noticed",
		file: "internal/export/sweep.go",
		from: "jobs, err := d.audit(ctx, d.Plans[name])", to: "jobs, err := []*job(nil), error(nil)\n		_ = name",
	},
	{
		name: "missed-untold", why: "what did not run is silent",
		file: "internal/export/missed.go",
		from: "	if err := d.tellPlan(ctx, PlanOrder(p, missed[len(missed)-1], d.Bucket), n); err != nil {\n", to: "	if err := error(nil); err != nil || n == nil {\n",
	},
	{
		name: "suspended-untold", why: "a plan stops, and nobody knows",
		file: "internal/export/suspend.go",
		from: "	if err := d.tellPlan(ctx, o, n); err != nil { // before the mark: it ends the matter\n		return false, err\n	}\n", to: "",
	},
	{
		name: "suspended-runs", why: "a plan goes on failing",
		file: "internal/export/start.go",
		from: "	case s.suspended():\n", to: "	case s.suspended() && o.Origin == \"\":\n",
	},
	{
		name: "held-without-looking", why: "an image is skipped whose files somebody has removed",
		file: "internal/export/held.go",
		from: "if !slices.ContainsFunc(files,", to: "if len(files) < 0 && !slices.ContainsFunc(files,",
	},
	{
		name: "prune-all", why: "images are deleted that the plan is to keep",
		file: "internal/export/look.go",
		from: "kept == r.Keep && e.State == ledger.Closed", to: "e.State == ledger.Closed",
	},
	{
		name: "newer-schema-read", why: "an older deployment rewrites what it does not understand",
		file: "internal/ledger/ledger.go",
		from: "	if version() > Schema {\n", to: "	if version() > Schema+1000 {\n",
	},
	{
		name: "sdk-retries-on", why: "the SDK repeats a create by itself, and its 409 is the answer to our own write",
		file: "internal/tencent/cos.go",
		from: "sdk.Conf.RetryOpt.Count = 1 ", to: "sdk.Conf.RetryOpt.Count = 3 ",
		test: "internal/tencent.TestCOSErrors", unseen: "it stands in the place of the SDKs",
	},
}
