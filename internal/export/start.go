package export

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// Order asks for exports of one slot.
type Order struct {
	Origin   ledger.Origin
	Plan     string // name; empty for a single image by request
	Slot     time.Time
	Images   []image.ID
	Bucket   image.Bucket
	Own      string // the plan's own part of the prefix
	Format   image.Format
	RootOnly bool
	Role     string
	Within   time.Duration // from the slot to the deadline

	Name  func(image.ID) image.ExportID // deterministic: the same order gives the same ids
	Names string                        // what all these ids start with
}

// Start puts every image of an order on the work list, drives all of them, and
// returns one result per image, in order. Starting an order again is harmless.
// An error without results concerns all of them, and nothing was started. With
// results it says that the slot could not be noted as filled; the sweep drives
// its exports on all the same.
func (d *Driver) Start(ctx context.Context, o Order) ([]Result, error) {
	var (
		images   map[image.ID]image.Image
		standing []string
		errs     [3]error
	)
	// Three hosts, three connections: opened side by side, a cold start waits
	// for one of them only.
	t := d.tick(ctx)
	d.Pool(3, func(i int) {
		switch i {
		case 0:
			images, errs[i] = d.Cloud.Images(ctx, o.Images)
		case 1:
			standing, errs[i] = d.Files.Names(ctx, o.Bucket, image.Prefix(o.Own, image.ExportID(o.Names)))
		case 2:
			errs[i] = d.ready(ctx)
		}
	})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	jobs := make([]*job, len(o.Images))
	for i, id := range o.Images {
		jobs[i] = &job{entry: ledger.Entry{Request: o.request(id, images, d.Region)}}
		if len(standing) < MaxNames { // else the one listing did not show all; each looks for itself
			jobs[i].seen = Seen{Looked: LookNames, Standing: under(jobs[i].entry.Request.Stem(), standing)}
		}
	}
	d.Pool(len(jobs), func(i int) { d.open(ctx, jobs[i]) })
	err := d.fill(ctx, o, jobs) // not beside the drive: a second connection costs more than the wait
	d.drive(ctx, t, jobs)
	return results(jobs), err
}

// open puts an export on the work list before its log begins: an export that
// exists must be found by the sweep. Only a marker that stood already means
// that there may be a log.
func (d *Driver) open(ctx context.Context, j *job) {
	r := j.entry.Request
	fresh, err := d.Ledger.Open(ctx, r)
	if err != nil {
		j.stop(err)
		return
	}
	j.name = ledger.OpenName(r)
	if !fresh {
		d.overtaken(ctx, j, j.entry)
	}
}

// fill notes that a due slot is on the work list with all its exports. Requests
// have no slot that could be missed.
func (d *Driver) fill(ctx context.Context, o Order, jobs []*job) error {
	if o.Origin != ledger.Scheduled {
		return nil
	}
	var ids []image.ExportID
	for _, j := range jobs {
		if j.name == "" {
			return nil // not all are: the next try fills it
		}
		ids = append(ids, j.id())
	}
	return d.Ledger.FillSlot(ctx, o.Plan, o.Slot, ids)
}

func (o Order) request(id image.ID, images map[image.ID]image.Image, region string) ledger.Request {
	export := o.Name(id)
	m, found := images[id]
	refusal := image.Check(m, o.RootOnly)
	if !found {
		m, refusal = image.Image{ID: id}, image.NotFound(id, region)
	}
	return ledger.Request{
		ID: export, Origin: o.Origin, Plan: o.Plan, Slot: o.Slot.UTC(), Image: m,
		Bucket: o.Bucket, Prefix: image.Prefix(o.Own, export), Format: o.Format, RootOnly: o.RootOnly, Role: o.Role,
		Deadline: o.Slot.Add(o.Within).UTC(), Refusal: refusal,
	}
}

func results(jobs []*job) []Result {
	list := make([]Result, len(jobs))
	for i, j := range jobs {
		list[i] = Result{ID: j.id(), Entry: j.entry, Err: j.err}
	}
	return list
}

func under(stem string, keys []string) []string {
	return pick(keys, func(key string) bool { return strings.HasPrefix(key, stem) })
}

// PlanOrder asks for what a plan asks for, in one slot. The bucket is for plans
// that name none.
func PlanOrder(p plan.Plan, slot time.Time, bucket image.Bucket) Order {
	if p.Bucket != (image.Bucket{}) {
		bucket = p.Bucket
	}
	return Order{
		Origin: ledger.Scheduled, Plan: p.Name, Slot: slot.UTC(), Images: p.IDs(), Bucket: bucket, Own: p.Prefix,
		Format: p.Format, RootOnly: p.RootDiskOnly, Role: p.Role, Within: p.Deadline,
		Name:  func(id image.ID) image.ExportID { return image.ScheduledID(p.Name, slot, id) },
		Names: image.SlotPrefix(p.Name, slot),
	}
}
