package scale

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/fsck"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

const million = 1_000_000

// big is the history of a million exports, without what a test writes.
var big = sync.OnceValue(func() *history { return newHistory(million) })

func historyOf(exports int) *history {
	if exports == million {
		return big()
	}
	return newHistory(exports)
}

// cloud has images that nobody asks for here, and a bucket whose files are not there yet.
type cloud struct{ export.Cloud }

type files struct{ export.Files }

func (files) Stat(context.Context, image.Bucket, string) (ledger.File, error) {
	return ledger.File{}, &outcome.Error{Kind: outcome.NotFound, Op: "HEAD", Code: "Not Found"}
}

type notifier struct{ export.Notifier }

func (notifier) Channels() []plan.Channel { return []plan.Channel{{Name: "webhook"}} }

// driver is an instance that finds the ledger in a store.
func driver(s *store) *export.Driver {
	return &export.Driver{
		Ledger: ledger.New(s, prefix), Cloud: cloud{}, Files: files{}, Notify: notifier{}, Plans: planSet(), Bucket: bucket, Region: "ap-guangzhou",
		Now: func() time.Time { return now }, Sleep: func(context.Context, time.Duration) error { return nil },
		Pool: func(n int, f func(int)) {
			var g errgroup.Group
			g.SetLimit(4)
			for i := range n {
				g.Go(func() error { f(i); return nil })
			}
			_ = g.Wait()
		},
		Log: slog.New(slog.DiscardHandler),
	}
}

// invocation returns the context of one invocation, on the history's clock.
func invocation(ctx context.Context) context.Context { return deadline{ctx} }

type deadline struct{ context.Context }

func (deadline) Deadline() (time.Time, bool) { return now.Add(5 * time.Minute), true }

// start puts exports on the work list that wait for their files.
func start(tb testing.TB, s *store, n int) {
	l := ledger.New(s, prefix)
	h := &history{days: 1}
	for i := range n {
		r := h.request(i)
		r.ID = image.RequestedID(fmt.Sprint(i))
		r.Origin, r.Prefix, r.Slot, r.Deadline = ledger.Requested, string(r.ID), now.Add(-time.Minute), now.Add(time.Hour)
		if _, err := l.Open(tb.Context(), r); err != nil {
			tb.Fatal(err)
		}
		for seq := 1; seq <= 2; seq++ {
			e := h.entry(i, seq)
			e.Request, e.Expected = r, r.Files()
			if _, err := l.Append(tb.Context(), e); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// sweep sweeps three times with some exports under way and returns the requests of the
// last: the first notes that plans have begun where there is no history.
func sweep(tb testing.TB, s *store) int {
	d := driver(s)
	for range 3 {
		s.reset()
		if err := d.Sweep(invocation(tb.Context())); err != nil {
			tb.Fatal(err)
		}
	}
	return s.requests()
}

// A sweep of an instance that has swept before costs one listing, of the work list: a
// million closed exports add nothing.
func TestSweep(t *testing.T) {
	const underWay = 7
	const want = 1
	for _, exports := range []int{0, ofDay, million} {
		s := historyOf(exports).store()
		start(t, s, underWay)
		if got := sweep(t, s); got != want {
			t.Errorf("%d requests with %d closed exports; want %d: %v", got, exports, want, s.asked)
		}
	}
}

// The list that GET /v1/exports shows costs what it shows.
func TestRecent(t *testing.T) {
	const days, most = 2, 100
	for _, exports := range []int{ofDay, million} {
		s := historyOf(exports).store()
		start(t, s, 7)
		s.reset()
		list, err := driver(s).Recent(invocation(t.Context()), days, most)
		if err != nil || len(list) != most {
			t.Fatalf("%d exports, %v", len(list), err)
		}
		if got, want := s.requests(), 1+days+2*most; got != want {
			t.Errorf("%d requests with %d closed exports; want %d: %v", got, exports, want, s.asked)
		}
	}
}

// check runs fsck and returns its figures and the most memory that it held at any time.
func check(tb testing.TB, s *store, report func(fsck.Finding)) (f fsck.Figures, held uint64) {
	live := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	base := live()
	var most atomic.Uint64
	every := len(s.sections) // of requests, so that there are some ten looks
	for _, part := range s.sections {
		every += part.count / 10
	}
	s.after = func(requests int) {
		if requests%every == 0 {
			most.Store(max(most.Load(), live()))
		}
	}
	s.reset()
	f, err := fsck.Check(tb.Context(), s, prefix, now, 4, report)
	if err != nil {
		tb.Fatal(err)
	}
	s.after = nil
	if peak := most.Load(); peak > base {
		held = peak - base
	}
	return f, held
}

// mostHeld is what fsck may hold, of any ledger: pages, the logs that are being read,
// and a line for each day of each plan.
const mostHeld = 8 << 20

// fsck reads each object once, asks for nothing twice, and holds no more of much than
// of little.
func TestFsck(t *testing.T) {
	most := 12 * ofDay
	if testing.Short() {
		most = 3 * ofDay // the race detector makes it ten times as slow
	}
	for _, exports := range []int{ofDay, most} {
		s := historyOf(exports).store()
		f, held := check(t, s, func(f fsck.Finding) { t.Errorf("%+v", f) })
		objects := exports*entries + exports + exports/images
		if f.Objects != int64(objects) || f.Exports != int64(exports) || f.States[ledger.Complete] != int64(exports) {
			t.Errorf("%+v; want %d objects of %d exports", f, objects, exports)
		}
		lists := (objects + 999) / 1000
		if s.requests("GET") != objects || s.requests("LIST") != lists || s.requests("PUT", "DELETE") != 0 {
			t.Errorf("%v for %d objects; want one GET of each and %d lists", s.asked, objects, lists)
		}
		if held > mostHeld {
			t.Errorf("held %d KiB of %d exports; want at most %d", held>>10, exports, mostHeld>>10)
		}
	}
}

// What is wrong in one place is found, and makes nothing but its day be read again.
func TestFsckFindsOne(t *testing.T) {
	h := newHistory(3 * ofDay)
	s := h.store()
	remove := func(part section, n int) string {
		key := part.key(n)
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		return key
	}
	want := map[string]string{
		remove(h.exports(), 1000*entries+1): "gap",
		remove(h.closed(), 2500):            "unlisted",
	}
	for seq := range entries { // the whole log of the first export
		n := s.sections[0].find(keyOf(h, 0, seq+1))
		remove(h.exports(), n)
	}
	want[h.closed().key(0)], want[h.slots().key(0)] = "ghost", "missing"
	check(t, s, func(f fsck.Finding) {
		if want[f.Key] != f.Rule {
			t.Errorf("%+v", f)
		}
		delete(want, f.Key)
	})
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	once := h.exports().count + h.closed().count + h.slots().count
	again := 2*ofDay*3 + perDay*(1+4*images) + 9 // two days of history, a day of one plan, and their listings
	if got := s.requests(); got > once+once/1000+1+again {
		t.Errorf("%d requests for %d objects: more than two days were read again", got, once)
	}
}

// keyOf is the key of an entry, as the ledger itself makes it.
func keyOf(h *history, i, seq int) string {
	m := ledger.NewMemory()
	e := h.entry(i, seq)
	_, _ = ledger.New(m, prefix).Append(context.Background(), e)
	keys, _, _ := m.List(context.Background(), "", "", 1)
	return keys[0]
}

func BenchmarkSweep(b *testing.B) {
	for _, exports := range []int{0, million} {
		b.Run(fmt.Sprint(exports), func(b *testing.B) {
			s := historyOf(exports).store()
			start(b, s, 7)
			requests := 0
			for b.Loop() {
				requests = sweep(b, s)
			}
			b.ReportMetric(float64(requests), "requests/sweep")
		})
	}
}

func BenchmarkRecent(b *testing.B) {
	s := big().store()
	d := driver(s)
	n := 0
	for b.Loop() {
		s.reset()
		if _, err := d.Recent(invocation(b.Context()), 2, 100); err != nil {
			b.Fatal(err)
		}
		n = s.requests()
	}
	b.ReportMetric(float64(n), "requests/status")
}

// BenchmarkFsck checks a million closed exports; it takes minutes.
func BenchmarkFsck(b *testing.B) {
	s := big().store()
	for b.Loop() {
		f, held := check(b, s, func(f fsck.Finding) { b.Errorf("%+v", f) })
		b.ReportMetric(float64(f.Requests), "requests/check")
		b.ReportMetric(float64(f.Requests)/float64(f.Exports), "requests/export")
		b.ReportMetric(float64(held)/(1<<20), "MiB-held")
	}
}
