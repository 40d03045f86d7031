package plan

import (
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/cron"
)

// minGap is the least time between due instants. No export is faster, so slots
// that are closer would only queue up.
const minGap = 10 * time.Minute

func (p Plan) validSchedule() error {
	if p.Schedule == "" {
		return nil
	}
	schedule, err := cron.Parse(p.Schedule)
	if err != nil {
		return err
	}
	if a, b, found := crowded(schedule); found {
		return fmt.Errorf("schedule %q is due twice within %s, such as at %s and %s in UTC+8; an export takes longer: leave at least 10m",
			p.Schedule, b.Sub(a), a.In(cron.Zone).Format(time.DateTime), b.In(cron.Zone).Format(time.DateTime))
	}
	return nil
}

// crowded returns two successive due instants less than [minGap] apart, and
// whether there are such.
func crowded(schedule cron.Schedule) (a, b time.Time, found bool) {
	first := schedule.Next(time.Time{})
	if first.IsZero() {
		return a, b, false
	}
	midnight := time.Date(first.Year(), first.Month(), first.Day()+1, 0, 0, 0, 0, cron.Zone)
	day := through(schedule, first.Add(-1), midnight.Add(-1))
	for i := range day[1:] {
		if day[i+1].Sub(day[i]) < minGap {
			return day[i], day[i+1], true
		}
	}
	// Every due day has these times. What is left are the nights between two due
	// days, and those only if the times leave too short a night.
	last := day[len(day)-1]
	length := last.Sub(first)
	for length+minGap > 24*time.Hour {
		next := schedule.Next(last)
		if next.IsZero() {
			break
		}
		if next.Sub(last) < minGap {
			return last, next, true
		}
		last = next.Add(length)
	}
	return a, b, false
}
