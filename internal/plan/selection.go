package plan

import (
	"maps"
	"slices"

	"github.com/imageferry/imageferry/internal/image"
)

// SelectImages returns the images of all that the plan wants, in the order of its
// items, each item's newest first, and none twice. Absent are ids that the plan
// names and all does not have: whoever asked for them must hear it.
func (p Plan) SelectImages(all []image.Image) (chosen []image.Image, absent []image.ID) {
	u := newUnion(all, func(m image.Image) image.ID { return m.ID })
	var sorted []image.Image
	if p.NeedsCatalog() {
		sorted = slices.Collect(maps.Values(u.known))
		image.SortNewestFirst(sorted)
	}
	for _, s := range p.Images {
		if s.ID != "" {
			u.take(s.ID)
		} else {
			u.take(s.from(sorted)...)
		}
	}
	return u.chosen, u.absent
}

// SelectInstances returns the instances of all that the plan wants, in the order
// of its items, each item's by id, and none twice. Absent are ids that the plan
// names and all does not have.
func (p Plan) SelectInstances(all []image.Instance) (chosen []image.Instance, absent []image.InstanceID) {
	u := newUnion(all, func(i image.Instance) image.InstanceID { return i.ID })
	var sorted []image.Instance
	for _, id := range slices.Sorted(maps.Keys(u.known)) {
		sorted = append(sorted, u.known[id])
	}
	for _, s := range p.Instances {
		if s.ID != "" {
			u.take(s.ID)
		} else {
			u.take(s.from(sorted)...)
		}
	}
	return u.chosen, u.absent
}

// InstanceIDs returns the ids of the instances that the plan names, without
// repeats.
func (p Plan) InstanceIDs() []image.InstanceID {
	_, named := p.SelectInstances(nil) // of nothing, all are absent
	return named
}

// union collects things by id, each once.
type union[ID comparable, T any] struct {
	known  map[ID]T
	taken  map[ID]bool
	chosen []T
	absent []ID
}

// newUnion knows all. Of things with the same id, as when a list changes between
// two of its pages, it knows the first.
func newUnion[ID comparable, T any](all []T, id func(T) ID) *union[ID, T] {
	u := &union[ID, T]{known: make(map[ID]T, len(all)), taken: map[ID]bool{}}
	for _, one := range all {
		if _, ok := u.known[id(one)]; !ok {
			u.known[id(one)] = one
		}
	}
	return u
}

func (u *union[ID, T]) take(ids ...ID) {
	for _, id := range ids {
		if u.taken[id] {
			continue
		}
		u.taken[id] = true
		if one, ok := u.known[id]; ok {
			u.chosen = append(u.chosen, one)
		} else {
			u.absent = append(u.absent, id)
		}
	}
}
