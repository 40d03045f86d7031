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

// survey is what an order finds: what it asks for in particular, what stands
// under its names, and what became of the plan's slots so far.
type survey struct {
	requests []ledger.Request
	names    []string
	standing
}

// survey looks, and changes nothing. CVM, both buckets: opened side by side, a
// cold start waits for one connection only.
func (d *Driver) survey(ctx context.Context, o Order) (s survey, err error) {
	looks := []func() error{
		func() (err error) { s.requests, err = d.choose(ctx, o); return err },
		func() (err error) {
			s.names, err = d.Files.Names(ctx, o.Bucket, image.Prefix(o.Plan.Prefix, image.ExportID(o.Names)))
			return err
		},
		func() (err error) { // one after the other: a second connection would cost more than the wait
			if err = d.ready(ctx); err == nil && o.Origin == ledger.Scheduled {
				s.standing, err = d.standing(ctx, o.Plan, o.Slot)
			}
			return err
		},
	}
	errs := make([]error, len(looks))
	d.Pool(len(looks), func(i int) { errs[i] = looks[i]() })
	return s, errors.Join(errs...)
}

// choose makes a request of each image and instance that the plan wants. One that
// is named and does not exist is a request too, of the kind that is refused:
// somebody counts on it.
func (d *Driver) choose(ctx context.Context, o Order) ([]ledger.Request, error) {
	base := d.request(o)
	images, absent, err := d.chooseImages(ctx, o.Plan)
	if err != nil {
		return nil, err
	}
	var list []ledger.Request
	add := func(r ledger.Request, what string) {
		r.ID = o.Name(what)
		r.Prefix = image.Prefix(o.Plan.Prefix, r.ID)
		list = append(list, r)
	}
	for _, m := range images {
		r := base
		r.Image, r.Refusal = m, image.Check(m, r.RootOnly)
		add(r, m.ID.Suffix())
	}
	for _, id := range absent {
		r := base
		r.Image, r.Refusal = image.Image{ID: id}, image.NotFound(id, d.Region)
		add(r, id.Suffix())
	}
	instances, lost, err := d.chooseInstances(ctx, o.Plan)
	if err != nil {
		return nil, err
	}
	for _, i := range instances {
		r := base
		r.Instance, r.Keep = i.ID, o.Plan.KeepImages
		if !r.RootOnly {
			r.DataDisks = i.DataDisks
		}
		add(r, string(i.ID))
	}
	for _, id := range lost {
		r := base
		r.Instance, r.Refusal = id, image.NoInstance(id, d.Region)
		add(r, string(id))
	}
	return list, nil
}

func (d *Driver) chooseImages(ctx context.Context, p plan.Plan) (chosen []image.Image, absent []image.ID, err error) {
	var all []image.Image
	if p.NeedsCatalog() {
		if all, err = d.Cloud.Find(ctx, Query{}); err != nil {
			return nil, nil, err
		}
		// What we made of an instance has its own plan, which may delete it; only
		// somebody who names it exports it here too.
		all = pick(all, func(m image.Image) bool { return m.Tags[TagExport] == "" })
	}
	if chosen, absent = p.SelectImages(all); len(absent) == 0 {
		return chosen, nil, nil
	}
	// Named ones may be of a kind that the catalog does not list.
	named, err := d.Cloud.Images(ctx, absent)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range named {
		all = append(all, m)
	}
	chosen, absent = p.SelectImages(all)
	return chosen, absent, nil
}

func (d *Driver) chooseInstances(ctx context.Context, p plan.Plan) (chosen []image.Instance, absent []image.InstanceID, err error) {
	if len(p.Instances) == 0 {
		return nil, nil, nil
	}
	ids := p.InstanceIDs()
	if p.NeedsInstanceList() {
		ids = nil
	}
	all, err := d.Cloud.Instances(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	chosen, absent = p.SelectInstances(all)
	return chosen, absent, nil
}

// request is what all exports of an order have in common. A slot that is filled
// late gives its exports as long as they would have had.
func (d *Driver) request(o Order) ledger.Request {
	from, now := o.Slot, d.Now()
	if now.Sub(from) > grace {
		from = now
	}
	return ledger.Request{
		Origin: o.Origin, Plan: o.Plan.Name, Slot: o.Slot.UTC(), Bucket: o.Bucket, Format: o.Plan.Format, RootOnly: o.Plan.RootDiskOnly,
		Role: o.Plan.Role, Deadline: from.Add(o.Plan.Deadline).UTC().Truncate(time.Second), MaxInFlight: o.Plan.MaxInFlight, Hears: o.Plan.Notify, AnyData: o.Plan.AnyData,
	}
}

func under(stem string, keys []string) []string {
	return pick(keys, func(key string) bool { return strings.HasPrefix(key, stem) })
}
