package fsck

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// next is which state may follow which.
var next = map[ledger.State][]ledger.State{
	ledger.None:     {ledger.Imaging, ledger.Intent, ledger.Accepted, ledger.Complete, ledger.Partial, ledger.Failed, ledger.News},
	ledger.Imaging:  {ledger.Imaging, ledger.Imaged, ledger.Retry, ledger.Failed},
	ledger.Imaged:   {ledger.Intent, ledger.Failed},
	ledger.Intent:   {ledger.Intent, ledger.Accepted, ledger.Retry, ledger.Failed},
	ledger.Retry:    {ledger.Imaging, ledger.Intent, ledger.Accepted, ledger.Failed},
	ledger.Accepted: {ledger.Accepted, ledger.Complete, ledger.Partial, ledger.Failed},
	ledger.Complete: {ledger.Complete, ledger.Pruning, ledger.Closed},
	ledger.Pruning:  {ledger.Closed},
	ledger.Partial:  {ledger.Partial, ledger.Closed},
	ledger.Failed:   {ledger.Failed, ledger.Closed},
	ledger.News:     {ledger.News, ledger.Closed},
	ledger.Closed:   {},
}

// clocks is how far two instances may be apart and not be spoken of: claims allow
// for half of it.
const clocks = time.Minute

// problem is a rule that does not hold of an entry.
type problem struct {
	rule Rule
	text string
}

type problems []problem

// want notes a problem unless ok.
func (p *problems) want(ok bool, r Rule, format string, args ...any) {
	if !ok {
		*p = append(*p, problem{r, fmt.Sprintf(format, args...)})
	}
}

// follow says what is wrong with an entry behind another. Before the first stands
// an entry of no state.
func follow(prev, e ledger.Entry) (p problems) {
	p.want(e.Schema >= prev.Schema, schemaFell, "schema %d follows %d", e.Schema, prev.Schema)
	if prev.State == ledger.Closed {
		p.want(false, afterEnd, "%s follows CLOSED", e.State)
		return p
	}
	if !slices.Contains(next[prev.State], e.State) {
		p.want(false, transition, "%s follows %s", named(e.State), named(prev.State))
		return p // the rest would only say the same again
	}
	p.want(prev.State != ledger.None || e.State != ledger.Accepted || e.Request.Origin == ledger.Observed, transition, "ACCEPTED without a start")
	p.want(!e.At.Before(prev.At.Add(-clocks)), clock, "it is dated %s, and the one before %s", stamp(e.At), stamp(prev.At))
	p.want(prev.State == ledger.None || sameRequest(prev, e.Request), request, "it asks for something else than the one before")
	making, attempt, refused := counts(prev, e.State)
	if e.State == ledger.Retry && e.Reason == "postponed" {
		refused = prev.Refused // it was announced and never asked for
	}
	p.want(e.Making == making && e.Attempt == attempt && e.Refused == refused, attempts,
		"it counts %d images, %d exports and %d refusals announced; want %d, %d and %d", e.Making, e.Attempt, e.Refused, making, attempt, refused)
	p.want(!repeats(prev, e) || !e.At.Before(prev.Until), takeover,
		"it repeats at %s an effect that the one before claims until %s", stamp(e.At), stamp(prev.Until))
	p = append(p, kept(prev, e)...)
	return append(p, delivered(prev, e)...)
}

// counts returns what an entry of a state counts behind prev: an announcement adds
// one, and a refusal takes it back.
func counts(prev ledger.Entry, s ledger.State) (making, attempt, refused int) {
	making, attempt, refused = prev.Making, prev.Attempt, prev.Refused
	switch {
	case s == ledger.Imaging:
		making++
	case s == ledger.Intent:
		attempt++
	case s == ledger.Retry && prev.State == ledger.Imaging:
		making--
		refused++
	case s == ledger.Retry:
		attempt--
		refused++
	}
	return making, attempt, refused
}

// repeats reports whether e announces an effect that prev announced, too.
func repeats(prev, e ledger.Entry) bool {
	if e.State == prev.State && (e.State == ledger.Intent || e.State == ledger.Imaging) {
		return true
	}
	for name, d := range e.Deliveries {
		if d.State == ledger.Sending && prev.Deliveries[name].State == ledger.Sending {
			return true
		}
	}
	return false
}

// kept: what a step has learned, later ones repeat.
func kept(prev, e ledger.Entry) (p problems) {
	p.want(prev.TaskID == 0 || e.TaskID == prev.TaskID, request, "task %d became %d", prev.TaskID, e.TaskID)
	p.want(prev.Started.IsZero() || e.Started.Equal(prev.Started), request, "it was started at %s, and then at %s", stamp(prev.Started), stamp(e.Started))
	if prev.Verdict == "" {
		return p
	}
	p.want(e.Verdict == prev.Verdict && e.Ended.Equal(prev.Ended) && e.Reason == prev.Reason, verdict,
		"%s (%s) of %s became %s (%s) of %s", prev.Verdict, prev.Reason, stamp(prev.Ended), named(e.Verdict), e.Reason, stamp(e.Ended))
	p.want(reflect.DeepEqual(e.Landed, prev.Landed) && slices.Equal(e.Expected, prev.Expected), verdict, "the files of the verdict changed")
	return p
}

// sameRequest reports whether what is asked for is what prev asked for. The image
// that is made of an instance is learned on the way, its id once.
func sameRequest(prev ledger.Entry, r ledger.Request) bool {
	was := prev.Request
	if was.Instance != "" && (prev.State == ledger.Imaging || prev.State == ledger.Imaged) && (was.Image.ID == "" || was.Image.ID == r.Image.ID) {
		was.Image = r.Image
	}
	return equal(was, r)
}

func equal(a, b ledger.Request) bool { return reflect.DeepEqual(a, b) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func named(s ledger.State) string {
	if s == ledger.None {
		return "no state"
	}
	return string(s)
}

// names reports whether an id and a file prefix are those of what is asked for: a
// file names its export, and an id its slot.
func names(r ledger.Request) bool {
	if r.Origin == ledger.Observed || r.Origin == ledger.Noticed {
		return true
	}
	return (r.Origin != ledger.Scheduled || strings.HasPrefix(string(r.ID), image.SlotPrefix(r.Plan, r.Slot))) && strings.HasSuffix(r.Prefix, string(r.ID))
}
