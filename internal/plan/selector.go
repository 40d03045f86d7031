package plan

import (
	"slices"

	"github.com/imageferry/imageferry/internal/image"
)

// Selector chooses images: one by its id alone, or those for which all of name,
// tags and family hold. Names, values of tags, and families are patterns: *
// stands for any characters, ? for one, and case matters.
type Selector struct {
	ID     image.ID          `json:"id,omitempty"`
	Name   string            `json:"name,omitempty"`
	Tags   map[string]string `json:"tags,omitempty"`   // each of them
	Family string            `json:"family,omitempty"` // an image without a family has none that is like it
	Newest int               `json:"newest,omitempty"` // so many of each family if Family is set, else of all; 0: every one
}

// InstanceSelector chooses machines: one by its id alone, or those for which
// every tag holds, as of a [Selector].
type InstanceSelector struct {
	ID   image.InstanceID  `json:"id,omitempty"`
	Tags map[string]string `json:"tags,omitempty"`
}

// matches reports whether a selector that is not by id wants m, however new it is.
func (s Selector) matches(m image.Image) bool {
	return (s.Name == "" || match(s.Name, m.Name)) &&
		(s.Family == "" || m.Family != "" && match(s.Family, m.Family)) &&
		holds(s.Tags, m.Tags)
}

// from returns what a selector that is not by id wants of images, newest first.
func (s Selector) from(images []image.Image) []image.ID {
	var ids []image.ID
	count := map[string]int{} // by family, if that is asked for
	for _, m := range images {
		if !s.matches(m) {
			continue
		}
		group := ""
		if s.Family != "" {
			group = m.Family
		}
		if count[group]++; s.Newest == 0 || count[group] <= s.Newest {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// from returns the ids of the instances that have the tags.
func (s InstanceSelector) from(instances []image.Instance) []image.InstanceID {
	var ids []image.InstanceID
	for _, i := range instances {
		if holds(s.Tags, i.Tags) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

// NeedsCatalog reports whether all custom images must be listed to tell which the
// plan wants; else it is enough to describe [Plan.IDs].
func (p Plan) NeedsCatalog() bool {
	return slices.ContainsFunc(p.Images, func(s Selector) bool { return s.ID == "" })
}

// NeedsInstanceList reports whether all instances must be listed to tell which the
// plan wants; else it is enough to describe [Plan.InstanceIDs].
func (p Plan) NeedsInstanceList() bool {
	return slices.ContainsFunc(p.Instances, func(s InstanceSelector) bool { return s.ID == "" })
}
