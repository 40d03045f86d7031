package soak

import (
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/sandbox"
)

// mostRequests is how many requests an export of one disk may cost where nothing
// fails, all told: twenty for planning it, starting it, seeing it land, and telling
// of it; and for the proof three into the disk, one for open uploads, two manifests,
// and one for receivers that want to hear no more.
const mostRequests = 27

// TestRequests counts what slots with one export of one disk ask of the cloud, one
// after another: the first with everything cold, the others with instances that ran
// before. Nothing is subtracted. The sweep is off, because what it asks depends on
// how often it comes while an export is under way; what one costs is shown.
func TestRequests(t *testing.T) {
	// A disk takes three seconds, so that the answer to ExportImages is in the ledger
	// before the file lands, as in the real cloud.
	c := start(t, sandbox.Config{Rate: diskSize / 360})
	slots := due(6)
	cold := c.export(t, slots[0])
	total := 0
	for _, slot := range slots[1:] {
		total += c.export(t, slot)
	}
	average := float64(total) / float64(len(slots)-1)
	t.Logf("requests for each export: %d cold, then %.1f on average of %d; %d for a sweep that finds nothing", cold, average, len(slots)-1, c.sweepCost(t))
	if cold > mostRequests || average > mostRequests {
		t.Errorf("at most %d are allowed", mostRequests)
	}
}

// export fires a slot of the plan single, waits until its export is closed, and
// returns how many requests that took.
func (c *cloud) export(t *testing.T, slot time.Time) int {
	t.Helper()
	before := len(c.Requests())
	if _, err := c.SCF.FireAt("export", "single", slot); err != nil {
		t.Fatal(err)
	}
	id := image.ScheduledID("single", slot, fleet[0].id)
	until(t, "a notice of "+string(id), func() bool {
		messages := c.Inbox.Messages()
		return len(messages) > 0 && messages[len(messages)-1].Subject == string(id)
	})
	until(t, "the functions to end", c.SCF.Idle)
	return len(c.Requests()) - before
}

func (c *cloud) sweepCost(t *testing.T) int {
	t.Helper()
	before := len(c.Requests())
	if _, err := c.SCF.Fire("export", sandbox.SweepTimer); err != nil {
		t.Fatal(err)
	}
	until(t, "the sweep to end", c.SCF.Idle)
	return len(c.Requests()) - before
}
