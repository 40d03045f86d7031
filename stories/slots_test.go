package stories

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/cron"
	"github.com/imageferry/imageferry/internal/image"
)

// A story cannot wait for the next night. But a function takes a slot from the
// timer's event and never from the clock, so its events can be of other nights;
// and the sweep, which does look at the clock, finds these nights in the past.
//
// A plan with the schedule $DAILY is due once a day, the last time half an hour
// before the story: long enough for the sweep to miss it, and so that it is not due
// again while the story lasts. Slots are counted from there: -1 is that one, -2 the
// day before, +1 the next to come. There is no slot 0.

// nights is how many slots to both sides are known by their number.
const nights = 9

// daily returns what $DAILY stands for.
func (s *story) daily() string {
	if s.due.IsZero() {
		s.due = time.Now().Add(-30 * time.Minute).Truncate(time.Minute)
	}
	at := s.due.In(cron.Zone)
	return fmt.Sprintf("0 %d %d * * * *", at.Minute(), at.Hour())
}

// slot returns the instant of a slot by its number.
func (s *story) slot(n int) time.Time {
	if n < 0 {
		n++
	}
	return s.due.Add(time.Duration(n) * 24 * time.Hour)
}

// unsteady is what differs from run to run, and how it is written instead.
var unsteady = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\d{8}t\d{6}z`), "SLOT"},
	{regexp.MustCompile(`/history/\d{4}/\d\d/\d\d/`), "/history/DAY/"},
	{regexp.MustCompile(`/exports/[0-9a-f]{2}/`), "/exports/HH/"},
	{regexp.MustCompile(`\b(api|seen)-[0-9a-f]{20}`), "$1-ID"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`(ins-[0-9a-z]{8}[_ (]+)img-[0-9a-z]{8}`), "${1}IMAGE"}, // made of an instance, and with it:
	{regexp.MustCompile(`(IMAGE_(system|data)_)snap-[0-9a-z]{8}`), "${1}SNAPSHOT"},
	{regexp.MustCompile(`valid until [-0-9]+ [0-9:]+ UTC`), "valid until THEN"},
	{regexp.MustCompile(`slot \d{4}-\d\d-\d\d [0-9:]+ UTC`), "slot THEN"},
	{regexp.MustCompile(`(Task id: |任务 ID：)\d+`), "${1}TASK"},
	{regexp.MustCompile(`最晚到 [-0-9]+ [0-9:]+`), "最晚到 THEN"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), "THEN"},
	{regexp.MustCompile(`"taskId": \d+`), `"taskId": 0`},
	{regexp.MustCompile(`("(?:crc64|ranges|etag)": "|--crc64 )[-0-9a-f]+`), "${1}DIGEST"}, // as qemu-img writes the file
	{regexp.MustCompile(`\?x-cos-security-token=\S+`), "?SIGNATURE"},
	{regexp.MustCompile(`调度时间 [-0-9]+ [0-9:]+`), "调度时间 THEN"},
	{regexp.MustCompile(`\n(Transfer: |传输：)[^\n]+`), ""}, // there only if it took a second
}

// plain returns text in its form for comparison. Slots of $DAILY are written
// SLOT-1, SLOT+1 and so on.
func (s *story) plain(text string) string {
	for n := -nights; n <= nights; n++ {
		if n == 0 || s.due.IsZero() {
			continue
		}
		at, name := s.slot(n).UTC(), fmt.Sprintf("SLOT%+d", n)
		for _, form := range []string{image.SlotFormat, time.RFC3339, "2006-01-02 15:04:05 MST"} {
			text = strings.ReplaceAll(text, at.Format(form), name)
		}
	}
	for _, u := range unsteady {
		text = u.pattern.ReplaceAllString(text, u.instead)
	}
	return text
}
