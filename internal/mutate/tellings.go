package main

// tellings are the rules by which people hear of a verdict, once, on each channel.
var tellings = []mutant{
	{
		name: "notice-takeover-early",
		why:  "a notice is sent by a second one while its claim holds",
		file: "internal/export/outbox.go",
		from: `	if s.Now.Before(s.Entry.Until) {
		return Step{} // somebody is at it
	}
`,
		to:   "",
		test: "internal/export.TestWrongClaimIsTooShort",
	},
	{
		name: "verdict-not-claimed",
		why:  "a verdict that nobody wants to hear is gone on from before it is known to stand",
		file: "internal/export/tell.go",
		from: "	return Step{Append: &next, Effect: true}\n",
		to:   "	return Step{Append: &next, Effect: len(next.Deliveries) > 0}\n",
	},
	{
		name: "repeat-new-id",
		why:  "a notice is repeated under another id, and nobody can tell that it is a repeat",
		file: "internal/export/outbox.go",
		from: `			d.Attempt++
`,
		to: `			d.Attempt++
			d.ID += "-again"
`,
		test: "internal/export.TestWrongWebhookAnswersAfterOurTimeout",
	},
	{
		name: "unknown-notice-is-sent",
		why:  "a notice whose answer was lost is taken for received",
		file: "internal/export/outbox.go",
		from: `	if err == nil {
		d.State = ledger.Sent
`,
		to: `	if err == nil || outcome.Of(err) == outcome.Unknown {
		d.State = ledger.Sent
`,
		test: "internal/export.TestWrongWebhookAnswersAfterOurTimeout",
	},
	{
		name: "later-is-refused",
		why:  "a receiver that is busy is told nothing",
		file: "internal/export/outbox.go",
		from: "	case kind != outcome.Later && kind != outcome.Unknown:\n",
		to:   "	case kind != outcome.Unknown:\n",
		test: "internal/export.TestChannelsAreApart",
	},
	{
		name: "channel-blocks-channel",
		why:  "a channel that has trouble keeps the others from hearing",
		file: "internal/export/send.go",
		from: `		answers[name] = err
		if err != nil {
`,
		to: `		answers[name] = err
		if err != nil {
			break
		}
		if err != nil {
`,
	},
	{
		name: "fallback-never",
		why:  "what a channel could not deliver nobody hears",
		file: "internal/export/outbox.go",
		from: "; d.State == ledger.Undelivered && there[c.Fallback] && !hears {\n",
		to:   "; false && d.State == ledger.Undelivered && there[c.Fallback] && !hears {\n",
		test: "internal/export.TestFallback",
	},
	{
		name: "gone-forgotten",
		why:  "a receiver that wants to hear nothing more is asked again by each instance",
		file: "internal/export/send.go",
		from: "		_ = d.Ledger.Mute(ctx, receiver, d.Now(), err.Error())\n",
		to:   "",
		test: "internal/export.TestGone",
	},
	{
		name: "gone-noted-late",
		why:  "a receiver that has left is asked again by the tick that it told so",
		file: "internal/export/send.go",
		from: "		d.muted.add(receiver)\n",
		to:   "",
	},
	{
		name: "address-not-known",
		why:  "a channel that got a new address stays silent",
		file: "internal/plan/channel.go",
		from: "return c.Name + \".\" + c.Address }",
		to:   "return c.Name + \".\" }",
		test: "internal/export.TestGone",
	},
	{
		name: "unread-is-tried",
		why:  "a try that was not made, because the ledger could not be asked, is counted",
		file: "internal/export/send.go",
		from: "		return &busy{until: now.Add(time.Minute), why: err.Error()}\n",
		to:   "		return &outcome.Error{Kind: outcome.Later, Op: \"notice\", Code: \"Unread\", After: time.Minute}\n",
	},
	{
		name: "busy-is-tried",
		why:  "a channel that has no room uses up its tries",
		file: "internal/export/outbox.go",
		from: `	d.State, d.NotBefore = ledger.SendLater, next.UTC()
	d.Attempt--
`,
		to: `	d.State, d.NotBefore = ledger.SendLater, next.UTC()
`,
		test: "internal/export.TestBusyChannel",
	},
	{
		name: "room-not-asked",
		why:  "a channel gets more messages at once than it bears",
		file: "internal/export/drive.go",
		from: "	step = d.hold(ctx, t, j.entry, step)\n",
		to:   "",
		test: "internal/export.TestBusyChannel",
	},
	{
		name: "busy-asked-again",
		why:  "a receiver that says for how long it is busy is asked again before",
		file: "internal/export/outbox.go",
		from: "			wait = max(wait, min(e.After, 24*time.Hour))\n",
		to:   "			_ = e\n",
		test: "internal/export.TestComeBackLater",
	},
	{
		name: "sent-too-late",
		why:  "a notice is sent when there is no time left to record the answer",
		file: "internal/export/send.go",
		from: `	case !t.open(now): // to ask took its time
`,
		to: `	case false: // to ask took its time
`,
	},
	{
		name: "plan-not-heard",
		why:  "who a plan wants to hear of a verdict does not",
		file: "internal/export/tell.go",
		from: "	if kinds, ok := r.Hears[c.Name]; ok {\n",
		to:   "	if kinds, ok := r.Hears[c.Name]; ok && false {\n",
		test: "internal/export.TestWhoHears",
	},
	{
		name: "manifest-not-claimed",
		why:  "nothing says what the files are, and how to restore them",
		file: "internal/export/tell.go",
		from: "		claim(ledger.ManifestChannel)\n",
		to:   "		_ = ledger.ManifestChannel\n",
		test: "internal/export.TestChannelsAreApart",
	},
	{
		name: "digest-not-marked",
		why:  "a slot that was told of in one piece is told of at each sweep",
		file: "internal/export/digest.go",
		from: "	return d.mark(ctx, p, m.Slot, ledger.Digested, \"\")\n",
		to:   "	return nil\n",
		test: "internal/export.TestDigest",
	},
	{
		name: "digest-early",
		why:  "a slot is told of in one piece before all of it is decided",
		file: "internal/export/digest.go",
		from: "return e.Verdict == \"\" }) {\n",
		to:   "return false }) {\n",
	},
}
