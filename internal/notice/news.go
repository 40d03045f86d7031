package notice

import (
	"fmt"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
)

// tell makes d the data of news: what the ledger calls an export is then only the
// name under which the news are kept.
func (d *Data) tell(news ledger.Told, r ledger.Request) {
	d.Export, d.Slots = news.Export, news.Slots
	if news.Export == "" && news.Kind != ledger.KindResumed { // which happens at any time
		d.Slot = r.Slot
	}
}

// newsSubject is the one line that people see first.
func (d Data) newsSubject() string {
	switch d.Kind {
	case ledger.KindStalled:
		return fmt.Sprintf("%s is late: its export is still under way", d.label())
	case ledger.KindMissed:
		return fmt.Sprintf("Plan %s was due and did NOT run (%s)", d.Plan, times(len(d.Slots)))
	case ledger.KindSkipped:
		return fmt.Sprintf("Plan %s left out images that it holds, or that are under way", d.Plan)
	case ledger.KindSuspended:
		return fmt.Sprintf("Plan %s is SUSPENDED: nothing is exported until you resume it", d.Plan)
	case ledger.KindResumed:
		return fmt.Sprintf("Plan %s runs again", d.Plan)
	}
	return fmt.Sprintf("Plan %s: %s", d.Plan, line(d.Kind))
}

// newsText says, a line each: what happened, what to do, and the slots.
func (d Data) newsText() string {
	lines := d.trouble(ledger.News)
	for _, slot := range d.Slots[:min(len(d.Slots), maxSlots)] {
		lines = append(lines, "Due "+slot.UTC().Format("2006-01-02 15:04:05 MST"))
	}
	if more := len(d.Slots) - maxSlots; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	return strings.Join(append(lines, d.about()), "\n")
}

// maxSlots is how many slots people are shown; programs are given all.
const maxSlots = 10

// about says what the news are about.
func (d Data) about() string {
	switch {
	case d.Export != "":
		return fmt.Sprintf("Export %s, region %s.", d.Export, d.Region)
	case d.Slot.IsZero():
		return fmt.Sprintf("Plan %s, region %s.", d.Plan, d.Region)
	}
	return fmt.Sprintf("Plan %s, slot %s, region %s.", d.Plan, d.Slot.UTC().Format(time.RFC3339), d.Region)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
