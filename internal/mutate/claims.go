package main

// claims are the rules of the ledger, of claims, and of the time that they last.
var claims = []mutant{
	{
		name: "effect-before-claim",
		why:  "ExportImages is called first and recorded afterwards: a crash between starts it twice",
		file: "internal/export/drive.go",
		from: `	e, err := d.Ledger.Append(ctx, e)
`,
		to: `	if step.Effect && e.State == ledger.Intent {
		j.entry = e
		if d.callExport(ctx, t, j); j.next.Append != nil {
			e, step, j.next = *j.next.Append, j.next, Step{}
			e.Seq--
		}
	}
	e, err := d.Ledger.Append(ctx, e)
`,
		test: "internal/export.TestCrashAtEveryRequest/happy",
	},
	{
		name: "claim-not-read-back",
		why:  "the 200 of a create is believed, and two writers both act",
		file: "internal/export/act.go",
		from: `	stands, err := d.Ledger.Confirm(ctx, j.entry)
`,
		to: `	stands, err := j.entry, error(nil)
`,
		test: "internal/export.TestWrongTwoWritersBothGet200",
	},
	{
		name: "no-settle",
		why:  "the claim is read back before a racing one has landed",
		file: "internal/export/act.go",
		from: "d.Sleep(ctx, d.Settle)",
		to:   "d.Sleep(ctx, 0)",
		test: "internal/export.TestWrongTwoWritersBothGet200",
	},
	{
		name: "notice-without-claim",
		why:  "a notice is sent before the entry that announces it: a crash between sends it under no claim",
		file: "internal/export/drive.go",
		from: `	e, err := d.Ledger.Append(ctx, e)
`,
		to: `	if step.Effect && e.Verdict != "" && e.State != ledger.Pruning {
		told := delivered(Situation{Now: d.Now(), Entry: e}, d.send(ctx, t, e))
		told.Append.Seq--
		e, step = *told.Append, told
	}
	e, err := d.Ledger.Append(ctx, e)
`,
		test: "internal/export.TestCrashAtEveryRequest/happy",
	},
	{
		name: "short-lease",
		why:  "a claim ends while its holder may still act",
		file: "internal/export/window.go",
		from: "until: deadline.Add(time.Second + LongestRequest + skew).UTC(),",
		to:   "until: now.Add(30 * time.Second).UTC(),",
		test: "internal/export.TestWrongTakeoverWhileTheHolderIsPaused",
	},
	{
		name: "no-skew-margin",
		why:  "a claim allows for no difference of clocks",
		file: "internal/export/window.go",
		from: "time.Second + LongestRequest + skew",
		to:   "time.Second + LongestRequest",
		test: "internal/export.TestWrongClocksDiffer",
	},
	{
		name: "no-in-flight-margin",
		why:  "a claim allows for no request that was sent at the last moment",
		file: "internal/export/window.go",
		from: "time.Second + LongestRequest + skew",
		to:   "time.Second + skew",
		test: "internal/export.TestWrongClaimIsTooShort",
	},
	{
		name: "versioned-accepted",
		why:  "a bucket on which every create is a 200 is taken for a ledger",
		file: "internal/ledger/ledger.go",
		from: `	if ever {
`,
		to: `	if false && ever {
`,
		test: "internal/export.TestWrongBucketGetsVersioned",
	},
	{
		name: "log-pruned",
		why:  "the log of a closed export is deleted, and its names are used again",
		file: "internal/ledger/worklist.go",
		from: `	return wrap(l.store.Delete(ctx, l.prefix+"open/"+name), "close %s", r.ID)
`,
		to: `	for seq := e.Seq; seq > 0; seq-- {
		_ = l.store.Delete(ctx, l.entryKey(r.ID, seq))
	}
	return wrap(l.store.Delete(ctx, l.prefix+"open/"+name), "close %s", r.ID)
`,
		test: "internal/export.TestEventsAgain",
	},
	{
		name: "conflict-is-loss",
		why:  "409 is taken for another writer's entry, and is the answer to our own",
		file: "internal/ledger/ledger.go",
		from: `	stands, back := l.Confirm(ctx, e)
`,
		to: `	stands, back := l.Confirm(ctx, e)
	if back == nil {
		back = ErrLost
	}
`,
		test: "internal/export.TestWrongConflictIsOurOwn",
	},
	{
		name: "error-is-loss",
		why:  "a create whose answer was lost is not read back",
		file: "internal/ledger/ledger.go",
		from: `	if !outcome.Is(err, outcome.Exists) && !outcome.Is(err, outcome.Unknown) {
`,
		to: `	if !outcome.Is(err, outcome.Exists) {
`,
		test: "internal/export.TestWrongCreateAnswerLost",
	},
	{
		name: "stale-list-believed",
		why:  "an export whose log a listing does not show is taken for none",
		file: "internal/ledger/ledger.go",
		from: `	e, err := l.read(ctx, l.entryKey(id, max(seq, 1)))
`,
		to: `	if seq == 0 {
		return Entry{}, nil
	}
	e, err := l.read(ctx, l.entryKey(id, max(seq, 1)))
`,
		test: "internal/export.TestWrongListHidesALog",
	},
	{
		name: "newer-schema-read",
		why:  "an entry of a newer version is read as if it were ours",
		file: "internal/ledger/ledger.go",
		from: `	if version() > Schema {
`,
		to: `	if version() > 1000 {
`,
		test: "internal/export.TestWrongAnotherVersionRunsBeside",
	},
	{
		name: "history-after-marker",
		why:  "the marker is deleted before a failure is marked on its slot, and a crash between forgets it",
		file: "internal/ledger/worklist.go",
		from: `	r := e.Request
	if err := l.spoil(ctx, e); err != nil {
		return err
	}
`,
		to: `	r := e.Request
	if err := l.store.Delete(ctx, l.prefix+"open/"+name); err != nil {
		return err
	}
	if err := l.spoil(ctx, e); err != nil {
		return err
	}
`,
		test: "internal/export.TestCrashAtEveryRequest/happy",
	},
	{
		name: "no-stop-at-full",
		why:  "every export that waits asks CVM for room",
		file: "internal/export/act.go",
		from: `		t.full.Store(true)
`,
		to: `		t.full.Store(false)
`,
		test: "internal/export.TestQuota",
	},
	{
		name: "reserve-gone",
		why:  "an effect is started when there is no time left to record its answer",
		file: "internal/export/window.go",
		from: "deadline.Add(-reserve)",
		to:   "deadline",
		test: "internal/export.TestNoDeadlineNoEffect",
	},
	{
		name: "no-deadline-is-forever",
		why:  "an invocation that does not know its end starts effects",
		file: "internal/export/window.go",
		from: `		deadline = now
`,
		to: `		deadline = now.Add(time.Hour)
`,
		test: "internal/export.TestNoDeadlineNoEffect",
	},
	{
		name: "answer-forgotten",
		why:  "an answer that could not be recorded at once is not recorded",
		file: "internal/export/drive.go",
		from: `	case !step.Effect && !j.again:
`,
		to: `	case false:
`,
		test: "internal/export.TestAnswerIsRecordedAtTheSecondTry",
	},
	{
		name:   "sdk-retries-on",
		why:    "the SDK repeats a create by itself, and hides which of them took effect",
		file:   "internal/tencent/cos.go",
		from:   "sdk.Conf.RetryOpt.Count = 1",
		to:     "sdk.Conf.RetryOpt.Count = 3",
		test:   "internal/tencent.TestCOSErrors",
		unseen: "the simulator stands in the place of the SDKs",
	},
	{
		name: "no-history",
		why:  "an export that closed is in no list any more",
		file: "internal/ledger/worklist.go",
		from: "	err := l.put(ctx, historyDir(e.At)",
		to:   "	err := error(nil)\n	_ = l.put(ctx, \"lost/\"+historyDir(e.At)",
	},
}
