package export_test

import (
	"slices"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// However long an export is late, it is told of once, and then how it ended.
func TestStalledIsToldOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.takes = 12 * time.Hour
	p := short(web)
	w.deploy(p)
	_, _ = w.timer(p, slot)
	w.sweepUntil(slot.Add(11 * time.Hour))
	if told := w.told(ledger.KindStalled); len(told) != 1 || told[0].Request.News.Export != exportID(web) || len(w.notices) != 1 {
		t.Fatalf("told of it %d times, %d notices", len(told), len(w.notices))
	}
	if e := w.entry(exportID(web)); e.Seq != 3 {
		t.Errorf("%d entries to say that it is late", e.Seq-2)
	}
	w.sweepUntil(slot.Add(14 * time.Hour))
	if len(w.notices) != 2 || w.entry(exportID(web)).Verdict != ledger.Complete {
		t.Errorf("%d notices, %s", len(w.notices), w.entry(exportID(web)).Verdict)
	}
	w.wantKept()
}

// A channel hears what the plan says, and one that the plan does not mention hears
// all but what was skipped.
func TestHears(t *testing.T) {
	t.Parallel()
	const completed, failed, skipped, missed = ledger.KindCompleted, ledger.KindFailed, ledger.KindSkipped, ledger.KindMissed
	for _, test := range []struct {
		name   string
		hears  map[string][]string
		mail   []string
		weixin []string
	}{
		{"nothing said", nil, []string{completed, missed, failed}, []string{completed, missed, failed}},
		{"one hears failures", map[string][]string{"mail": {failed}}, []string{failed}, []string{completed, missed, failed}},
		{"one hears what is skipped", map[string][]string{"mail": {skipped, completed}}, []string{completed, skipped}, []string{completed, missed, failed}},
		{"neither hears of success", map[string][]string{"mail": {missed}, "weixin": {failed}}, []string{missed}, []string{failed}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.channels = []string{"mail", "weixin"}
			p := nightly(web)
			p.Notify = test.hears
			w.deploy(p)
			w.days(p, 2) // completed, skipped
			w.now = day(2).Add(time.Hour)
			p.Images = []plan.Selector{{ID: "img-nowhere0"}} // missed, failed
			w.deploy(p)
			w.calm()
			heard := map[string][]string{}
			for _, i := range w.issues {
				if i.what == callSend {
					heard[i.channel] = append(heard[i.channel], w.entry(i.export).Kind())
				}
			}
			for channel, want := range map[string][]string{"mail": test.mail, "weixin": test.weixin} {
				slices.Sort(want)
				if slices.Sort(heard[channel]); !slices.Equal(heard[channel], want) {
					t.Errorf("%s heard %q; want %q", channel, heard[channel], want)
				}
			}
			w.wantKept()
		})
	}
}

// A plan that nobody hears of runs and ends all the same.
func TestNobodyHears(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.channels = nil
	p := everyDay()
	w.deploy(p)
	w.days(p, 1)
	w.now = day(1).Add(time.Hour)
	w.calm()
	if len(w.tasks) != 2 || len(w.notices) != 0 || len(w.open()) != 0 {
		t.Errorf("%d tasks, %d notices, open %q", len(w.tasks), len(w.notices), w.open())
	}
	w.wantKept()
}
