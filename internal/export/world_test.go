package export_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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

	store      *ledger.Memory
	overwrites bool // creates replace what stands there, and say 200
	images     map[image.ID]image.Image
	objects    map[string]ledger.File
	channels   []string
	cloud      func(n int) error // answers the nth call of ExportImages; nil: accepted
	receiver   func(n int) error // answers the nth notice
	takes      time.Duration     // from ExportImages to the files; 0: they never come
	invisible  bool              // uploads do not show

	calls    []string              // every request of every driver, in order
	at       func(n int, c string) // called before the nth request
	settling func()                // called while claims settle
	fault    func(n int, c string) fault
	tasks    []task
	notices  []ledger.Entry
	log      strings.Builder
}

type task struct {
	request ledger.Request
	at      time.Time
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

var errUnknown = &outcome.Error{Kind: outcome.Unknown, Op: "test", Code: "ClientError", Message: "no answer could be read"}

var (
	slot   = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	bucket = image.Bucket{Name: "images", AppID: "1250000000"}
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, now: slot, limit: 5 * time.Minute, store: ledger.NewMemory(), images: map[image.ID]image.Image{},
		objects: map[string]ledger.File{}, channels: []string{"webhook"}, takes: 20 * time.Minute,
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

// invoke runs one invocation of a fresh instance. It reports whether it survived.
func (w *world) invoke(f func(ctx context.Context, d *export.Driver) error) (err error, survived bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(death); !ok {
				panic(r)
			}
		}
	}()
	i := invocation{Context: w.t.Context()}
	if w.limit > 0 {
		i.deadline = w.now.Add(w.limit)
	}
	return f(i, w.driver()), true
}

func (w *world) driver() *export.Driver {
	return &export.Driver{
		Ledger: ledger.New(store{w}, ""), Cloud: cloud{w}, Files: files{w}, Notify: notifier{w},
		Region: "ap-guangzhou", Settle: 5 * time.Second, Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Now: func() time.Time { return w.now },
		Sleep: func(_ context.Context, d time.Duration) error {
			w.now = w.now.Add(d)
			if w.settling != nil {
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

// start is the timer; land is the event of every object that is there; sweep is
// the other timer.
func (w *world) start(ids ...image.ID) ([]export.Result, error) {
	var results []export.Result
	err, survived := w.invoke(func(ctx context.Context, d *export.Driver) (err error) {
		results, err = d.Start(ctx, order(ids...))
		return err
	})
	if !survived {
		err = errors.New("died")
	}
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	return results, err
}

func order(ids ...image.ID) export.Order {
	p := plan.Plan{Name: "nightly", Format: image.QCOW2, Deadline: 24 * time.Hour}
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

// deliver lets the files of finished tasks appear.
func (w *world) deliver() {
	for _, t := range w.tasks {
		if w.takes > 0 && !w.now.Before(t.at.Add(w.takes)) {
			for _, key := range t.request.Files() {
				w.put(key, 1<<30)
			}
		}
	}
}

type store struct{ w *world }

func (s store) Create(ctx context.Context, key string, body []byte) error {
	return s.w.do("PUT "+key, func() error {
		if s.w.overwrites {
			_ = s.w.store.Delete(ctx, key)
		}
		return s.w.store.Create(ctx, key, body)
	})
}

func (s store) Get(ctx context.Context, key string) (body []byte, err error) {
	err = s.w.do("GET "+key, func() (err error) { body, err = s.w.store.Get(ctx, key); return err })
	return body, err
}

func (s store) List(ctx context.Context, prefix, after string, limit int) (keys []string, more bool, err error) {
	err = s.w.do("LIST "+prefix, func() (err error) { keys, more, err = s.w.store.List(ctx, prefix, after, limit); return err })
	return keys, more, err
}

func (s store) Delete(ctx context.Context, key string) error {
	return s.w.do("DELETE "+key, func() error { return s.w.store.Delete(ctx, key) })
}

func (s store) EverVersioned(context.Context) (bool, error) {
	return false, s.w.do("GET ?versioning", func() error { return nil })
}

type cloud struct{ w *world }

func (c cloud) Images(_ context.Context, ids []image.ID) (found map[image.ID]image.Image, err error) {
	err = c.w.do("DescribeImages", func() error {
		found = maps.Clone(c.w.images)
		maps.DeleteFunc(found, func(id image.ID, _ image.Image) bool { return !slices.Contains(ids, id) })
		return nil
	})
	return found, err
}

func (c cloud) Export(_ context.Context, r ledger.Request) (task export.Task, err error) {
	err = c.w.do("ExportImages "+string(r.Image.ID), func() error {
		if c.w.cloud != nil {
			n := len(slices.DeleteFunc(slices.Clone(c.w.calls), func(c string) bool { return !strings.HasPrefix(c, "ExportImages") })) - 1
			if err := c.w.cloud(n); err != nil {
				return err
			}
		}
		c.w.begin(r)
		task.ID = uint64(len(c.w.tasks))
		for _, key := range r.Files() {
			task.Paths = append(task.Paths, "/"+key)
		}
		return nil
	})
	if err != nil {
		return export.Task{}, err
	}
	return task, nil
}

func (w *world) begin(r ledger.Request) { w.tasks = append(w.tasks, task{r, w.now}) }

type files struct{ w *world }

func (f files) Stat(_ context.Context, _ image.Bucket, key string) (file ledger.File, err error) {
	err = f.w.do("HEAD "+key, func() error {
		f.w.deliver()
		var ok bool
		if file, ok = f.w.objects[key]; !ok {
			return &outcome.Error{Kind: outcome.NotFound, Op: "HeadObject", Code: "Not Found"}
		}
		return nil
	})
	return file, err
}

func (f files) Names(_ context.Context, _ image.Bucket, prefix string) (names []string, err error) {
	err = f.w.do("LIST files "+prefix, func() error {
		f.w.deliver()
		for _, key := range slices.Sorted(maps.Keys(f.w.objects)) {
			if strings.HasPrefix(key, prefix) && len(names) < export.MaxNames {
				names = append(names, key)
			}
		}
		return nil
	})
	return names, err
}

// Uploading: an upload opens a minute after the call.
func (f files) Uploading(_ context.Context, _ image.Bucket, prefix string) (yes bool, err error) {
	err = f.w.do("LIST uploads "+prefix, func() error {
		yes = !f.w.invisible && f.w.takes > 0 && slices.ContainsFunc(f.w.tasks, func(t task) bool {
			age := f.w.now.Sub(t.at)
			return strings.HasPrefix(t.request.Prefix+"_", prefix) && age >= time.Minute && age < f.w.takes
		})
		return nil
	})
	return yes, err
}

type notifier struct{ w *world }

func (n notifier) Channels(ledger.Entry) []string { return n.w.channels }

func (n notifier) Send(_ context.Context, channel string, e ledger.Entry) error {
	return n.w.do("notice "+channel, func() (err error) {
		if n.w.receiver != nil {
			err = n.w.receiver(len(n.w.notices))
		}
		if !outcome.Is(err, outcome.Later) { // all others may have been taken
			n.w.notices = append(n.w.notices, e)
		}
		return err
	})
}
