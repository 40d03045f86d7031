package fsck

import (
	"slices"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/ledger"
)

// verdicts are the states in which people are being told.
var verdicts = []ledger.State{ledger.Complete, ledger.Failed, ledger.Partial, ledger.News}

// judge says what is wrong with an entry by itself.
func judge(e ledger.Entry) (p problems) {
	claims := e.State == ledger.Intent || e.State == ledger.Imaging || e.State == ledger.Pruning || tells(e, ledger.Sending)
	p.want(e.Until.IsZero() && !claims || e.Until.After(e.At), until, "%s at %s claims until %s", e.State, stamp(e.At), stamp(e.Until))
	p.want(names(e.Request), misplaced, "its slot or its files' prefix %q are not those of export %q", e.Request.Prefix, e.Request.ID)
	switch {
	case slices.Contains(verdicts, e.State):
		p.want(e.Verdict == e.State, verdict, "%s has the verdict %s", e.State, named(e.Verdict))
	case e.State == ledger.Pruning:
		p.want(e.Verdict == ledger.Complete, verdict, "%s has the verdict %s", e.State, named(e.Verdict))
	case e.State == ledger.Closed:
		p.want(slices.Contains(verdicts, e.Verdict), verdict, "%s has the verdict %s", e.State, named(e.Verdict))
		p.want(!tells(e, ledger.Sending) && !tells(e, ledger.SendLater), delivery, "it is CLOSED, and a channel was not told to the end")
	default:
		p.want(e.Verdict == "" && len(e.Deliveries) == 0, verdict, "%s has the verdict %s", e.State, named(e.Verdict))
	}
	for name, d := range e.Deliveries {
		p.want(d.ID == e.NoticeID(), delivery, "channel %q is told under %q; want %q", name, d.ID, e.NoticeID())
	}
	return append(p, files(e)...)
}

// files: a verdict says what is there. From schema 3 on it also says what is inside.
func files(e ledger.Entry) (p problems) {
	landed, good := map[string]bool{}, 0
	for _, f := range e.Landed {
		p.want(f.Size > 0 && slices.Contains(e.Expected, f.Key) && !landed[f.Key], whole, "%q with %d bytes counts as landed", f.Key, f.Size)
		landed[f.Key] = true
		if looked := e.Schema >= 3; !looked || f.Check != nil && f.Check.Verdict == diskimage.Verified {
			good++
		}
	}
	switch e.Verdict {
	case ledger.Complete:
		p.want(good > 0 && good == len(e.Expected), whole, "COMPLETE has %d of %d files whole", good, len(e.Expected))
	case ledger.Partial:
		p.want(good > 0 && good < len(e.Expected), whole, "PARTIAL has %d of %d files whole", good, len(e.Expected))
	}
	return p
}

// tells reports whether a delivery is in a state.
func tells(e ledger.Entry, s ledger.DeliveryState) bool {
	for _, d := range e.Deliveries {
		if d.State == s {
			return true
		}
	}
	return false
}

// delivered: from the verdict on the channels stay the same, but for the fall-back of
// one that was given up; and one that was told, or given up, stays so. A try that was
// announced and not made is taken back.
func delivered(prev, e ledger.Entry) (p problems) {
	if prev.Verdict == "" {
		return nil
	}
	for name, d := range e.Deliveries {
		_, was := prev.Deliveries[name]
		p.want(was || e.Deliveries[d.For].State == ledger.Undelivered, delivery, "channel %q came in, and is nobody's fall-back", name)
	}
	for name, was := range prev.Deliveries {
		d, ok := e.Deliveries[name]
		over := was.State == ledger.Sent || was.State == ledger.Undelivered
		p.want(ok && (!over || d.State == was.State && d.Attempt == was.Attempt), delivery, "channel %q was %s, and is %s", name, was.State, d.State)
		tries := was.Attempt
		if was.State == ledger.Sending && d.State == ledger.SendLater {
			tries--
		}
		p.want(!ok || d.Attempt >= tries, delivery, "channel %q was tried %d times, and then %d", name, was.Attempt, d.Attempt)
	}
	return p
}
