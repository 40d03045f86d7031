package export_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/plan"
)

// world is everything around a driver, on a clock of its own. Nothing runs at the
// same time: a test that wants two drivers lets one run inside of a call of the
// other, by at or settling.
type world struct {
	t     *testing.T
	now   time.Time
	limit time.Duration // of an invocation; 0: it has no deadline

	store      *indexed
	overwrites bool                                        // creates replace what stands there, and say 200
	twice      bool                                        // something on the way sends each create twice, and passes on the second answer
	versioned  bool                                        // the state bucket is
	listing    func(prefix string, keys []string) []string // what a listing shows of the keys
	drift      time.Duration                               // of the clock of whoever is invoked next
	images     map[image.ID]image.Image
	instances  []image.Instance
	made       []image.ID        // by CreateImage
	maker      func(n int) error // answers the nth call of CreateImage; nil: accepted
	making     time.Duration     // until an image that was made is NORMAL
	objects    map[string]ledger.File
	paths      func([]string) []string      // what CosPaths makes of the keys
	flaws      map[string]diskimage.Verdict // by key: what is wrong with a file
	closed     bool                         // nobody lets us look into files
	uploads    []string                     // keys to which somebody else is writing
	wanted     []diskimage.Want             // what files were looked at for
	manifests  []ledger.Entry
	channels   []string
	list       []plan.Channel // in place of channels
	fallback   map[string]string
	addresses  map[string]string
	says       map[string]error     // what a channel answers
	room       map[string]time.Time // when a channel takes the next message
	cloud      func(n int) error    // answers the nth call of ExportImages; nil: accepted; errTaken: accepted, and nobody is told
	receiver   func(n int) error    // answers the nth notice
	takes      time.Duration        // from ExportImages to the files; 0: they never come
	asked      image.ID             // that ExportImages was called for last
	invisible  bool                 // uploads do not show
	blind      bool                 // listings of files show nothing
	pace       time.Duration        // that a call of ExportImages takes
	plans      plan.Set             // whose slots are looked after

	calls    []string              // every request of every driver, in order
	at       func(n int, c string) // called before the nth request
	settling func()                // called while claims settle
	fired    func()                // fires the last timer once more
	fault    func(n int, c string) fault
	tasks    []task
	carried  int // tasks that are known to have landed, from the first on
	notices  []ledger.Entry
	silent   bool // nothing is logged

	silentChannels []string // that hear of nothing by themselves
	warm           bool     // an instance serves all invocations until it dies
	instance       *export.Driver
	log            strings.Builder
	record
}

type task struct {
	request ledger.Request
	at      time.Time
	landed  bool
}

// fault is what happens to a request.
type fault int

const (
	fine       fault = iota
	refused          // error without effect
	lostAnswer       // error with effect
	diesBefore       // the invocation ends
	diesAfter
)

type death struct{}

var (
	errUnknown = &outcome.Error{Kind: outcome.Unknown, Op: "test", Code: "ClientError", Message: "no answer could be read"}
	errTaken   = &outcome.Error{Kind: outcome.Unknown, Op: "test", Code: "InternalError", Message: "it was taken all the same"}
)

// settle is more than twice the time in which creates were seen to race.
const settle = 5 * time.Second

const web = image.ID("img-aaaaaaaa")

var systemDisk = string(exportID(web)) + "_img-aaaaaaaa_system_snap-aaaaaaaa0.qcow2"

var (
	slot   = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	bucket = image.Bucket{Name: "images", AppID: "1250000000"}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, now: slot, limit: 5 * time.Minute, store: newIndexed(), images: map[image.ID]image.Image{},
		objects: map[string]ledger.File{}, channels: []string{"webhook"}, takes: 20 * time.Minute,
		record: record{ids: map[string]string{}, claims: map[string]bool{}},
	}
	w.addImage("img-aaaaaaaa", 1)
	return w
}

func (w *world) addImage(id image.ID, disks int) {
	m := image.Image{ID: id, Name: "web", Type: "PRIVATE_IMAGE", State: "NORMAL", OS: "Ubuntu"}
	for i := range disks {
		m.Disks = append(m.Disks, image.Disk{Snapshot: fmt.Sprintf("snap-%s%d", id.Suffix(), i), System: i == 0, GiB: 50})
	}
	w.images[id] = m
}

// do is every request: it is counted, and may go wrong.
func (w *world) do(call string, effect func() error) error {
	n := len(w.calls)
	w.calls = append(w.calls, call)
	if w.at != nil {
		w.at(n, call)
	}
	f := fine
	if w.fault != nil {
		f = w.fault(n, call)
	}
	if f != fine {
		w.befell(n)
	}
	switch f {
	case refused:
		return errUnknown
	case diesBefore:
		panic(death{})
	}
	err := effect()
	switch f {
	case lostAnswer:
		return errUnknown
	case diesAfter:
		panic(death{})
	}
	return err
}

// invocation is a context of the world's clock.
type invocation struct {
	context.Context
	deadline time.Time
}

func (i invocation) Deadline() (time.Time, bool) { return i.deadline, !i.deadline.IsZero() }

// invoke runs one invocation, of a fresh instance unless the world is warm. It
// reports whether it survived.
func (w *world) invoke(f func(ctx context.Context, d *export.Driver) error) (err error, survived bool) {
	defer w.enter()()
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(death); !ok {
				panic(r)
			}
			w.instance = nil
		}
	}()
	i := invocation{Context: w.t.Context()}
	if w.limit > 0 {
		i.deadline = w.now.Add(w.limit + w.drift)
	}
	if w.instance == nil || !w.warm {
		w.instance = w.driver()
	}
	return f(i, w.instance), true
}

func (w *world) driver() *export.Driver {
	drift := w.drift
	log := slog.New(slog.DiscardHandler)
	if !w.silent {
		log = slog.New(slog.NewTextHandler(&w.log, nil))
	}
	return &export.Driver{
		Ledger: ledger.New(store{w}, ""), Cloud: cloud{w}, Files: files{w}, Verify: files{w}, Notify: notifier{w}, Keep: files{w},
		Plans: w.plans, Bucket: bucket, Region: "ap-guangzhou", Settle: settle, Quiet: 10 * time.Minute, Log: log,
		Now: func() time.Time { return w.now.Add(drift) },
		Sleep: func(_ context.Context, d time.Duration) error {
			w.now = w.now.Add(d)
			if w.settling != nil && d >= settle {
				w.settling()
			}
			return nil
		},
		Pool: func(n int, f func(int)) {
			for i := range n {
				f(i)
			}
		},
	}
}

// start fires a timer that has no schedule, once; land is the event of objects that
// are there; sweep is the other timer.
func (w *world) start(ids ...image.ID) ([]export.Result, error) {
	return w.fire(order(ids...).Plan, slot)
}

func order(ids ...image.ID) export.Order {
	p := plan.Default()
	p.Name, p.Format = "nightly", image.QCOW2
	for _, id := range ids {
		p.Images = append(p.Images, plan.Selector{ID: id})
	}
	return export.PlanOrder(p, slot, bucket)
}

func (w *world) land(keys ...string) error {
	err, survived := w.invoke(func(ctx context.Context, d *export.Driver) error {
		var objects []export.Object
		for _, key := range keys {
			objects = append(objects, export.Object{Bucket: bucket, Keys: []string{key}})
		}
		return d.Land(ctx, objects, true)
	})
	if !survived {
		return errors.New("died")
	}
	return err
}

func (w *world) sweep() error {
	err, survived := w.invoke(func(ctx context.Context, d *export.Driver) error { return d.Sweep(ctx) })
	if !survived {
		return errors.New("died")
	}
	return err
}

// sweepFor sweeps every half hour until the work list is empty or the time is up.
func (w *world) sweepFor(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end) && len(w.open()) > 0; w.now = w.now.Add(30 * time.Minute) {
		_ = w.sweep() // what it returns is told by the states
	}
}

// keys lists the ledger's keys past the driver.
func (w *world) keys(prefix string) []string {
	var all []string
	for more, after := true, ""; more; {
		var keys []string
		keys, more, _ = w.store.List(w.t.Context(), prefix, after, 1000)
		all = append(all, keys...)
		if more {
			after = keys[len(keys)-1]
		}
	}
	return all
}

func (w *world) open() []string { return w.keys("v1/open/") }

func (w *world) entry(id image.ExportID) ledger.Entry {
	w.t.Helper()
	e, err := ledger.New(w.store, "").Load(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

func exportID(id image.ID) image.ExportID { return image.ScheduledID("nightly", slot, id) }

// put lets an object appear by other hands than CVM's.
func (w *world) put(key string, size int64) {
	w.objects[key] = ledger.File{Key: key, Size: size, CRC64: "1", ETag: fmt.Sprint("etag-", size), Time: w.now}
}

// finish lets images that were made become NORMAL.
func (w *world) finish() {
	for id, m := range w.images {
		if m.State == "CREATING" && !w.now.Before(m.Created.Add(w.making)) {
			m.State = "NORMAL"
			w.images[id] = m
		}
	}
}

// deliver lets the files of finished tasks appear. The oldest are first.
func (w *world) deliver() {
	for w.carried < len(w.tasks) && w.tasks[w.carried].landed {
		w.carried++
	}
	for i, t := range w.tasks[w.carried:] {
		if w.takes == 0 || w.now.Before(t.at.Add(w.takes)) {
			return
		}
		if t.landed {
			continue
		}
		w.tasks[w.carried+i].landed = true
		for _, key := range t.request.Files() {
			w.put(key, 1<<30)
		}
	}
}

func (w *world) begin(r ledger.Request) { w.tasks = append(w.tasks, task{request: r, at: w.now}) }

func (w *world) exportCalls() (n int) {
	for _, c := range w.calls {
		if strings.HasPrefix(c, "ExportImages") {
			n++
		}
	}
	return n
}

// told returns the notices of news of a kind; of verdicts on exports, if it is empty.
func (w *world) told(kind string) (list []ledger.Entry) {
	for _, n := range w.notices {
		if kind == "" && n.Request.News == nil || n.Request.News != nil && n.Request.News.Kind == kind {
			list = append(list, n)
		}
	}
	return list
}

// wantClosed asserts how an export ended.
func (w *world) wantClosed(id image.ExportID, verdict ledger.State, tasks, notices int) {
	w.t.Helper()
	e, told := w.entry(id), len(w.told(""))
	if e.State != ledger.Closed || e.Verdict != verdict || len(w.tasks) != tasks || told != notices || len(w.open()) != 0 {
		w.t.Errorf("%s: %s %s (%s), %d tasks, %d notices, open %q; want CLOSED %s, %d tasks, %d notices\n%s",
			id, e.State, e.Verdict, e.Detail, len(w.tasks), told, w.open(), verdict, tasks, notices, w.log.String())
	}
}
