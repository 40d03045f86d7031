package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// like is a pattern in the plainest way: by recursion.
func like(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return like(pattern[1:], text) || text != "" && like(pattern, text[1:])
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && like(pattern[1:], text[1:])
}

// wanted says of one image whether one item of a plan selects it, among all.
func wanted(s plan.Selector, m image.Image, all []image.Image) bool {
	if s.ID != "" {
		return s.ID == m.ID
	}
	fits := func(m image.Image) bool {
		for key, value := range s.Tags {
			if got, ok := m.Tags[key]; !ok || !like(value, got) {
				return false
			}
		}
		return (s.Name == "" || like(s.Name, m.Name)) && (s.Family == "" || m.Family != "" && like(s.Family, m.Family))
	}
	newer := 0
	for _, other := range all {
		if fits(other) && (s.Family == "" || other.Family == m.Family) && before(other, m) < 0 {
			newer++
		}
	}
	return fits(m) && (s.Newest == 0 || newer < s.Newest)
}

// before orders the newest first, and equally old ones by id.
func before(a, b image.Image) int {
	switch {
	case a.Created.After(b.Created):
		return -1
	case b.Created.After(a.Created):
		return 1
	}
	return strings.Compare(string(a.ID), string(b.ID))
}

func drawTags(values ...string) *rapid.Generator[map[string]string] {
	return rapid.MapOfN(rapid.SampledFrom([]string{"k", "l"}), rapid.SampledFrom(values), 0, 2)
}

func drawImage(i int) *rapid.Generator[image.Image] {
	return rapid.Custom(func(t *rapid.T) image.Image {
		return image.Image{
			ID:      image.ID(fmt.Sprintf("img-%d", i)),
			Name:    rapid.SampledFrom([]string{"", "a", "ab", "ba", "bb"}).Draw(t, "name"),
			Family:  rapid.SampledFrom([]string{"", "", "f", "g", "fg"}).Draw(t, "family"),
			Tags:    drawTags("", "x", "y").Draw(t, "tags"),
			Created: day(rapid.IntRange(0, 3).Draw(t, "day")),
		}
	})
}

func drawSelector() *rapid.Generator[plan.Selector] {
	return rapid.Custom(func(t *rapid.T) plan.Selector {
		if rapid.IntRange(0, 3).Draw(t, "by id") == 0 {
			return plan.Selector{ID: image.ID(fmt.Sprintf("img-%d", rapid.IntRange(0, 14).Draw(t, "id")))}
		}
		return plan.Selector{
			Name:   rapid.SampledFrom([]string{"", "*", "a", "a*", "?b", "*b*", "ab"}).Draw(t, "name"),
			Family: rapid.SampledFrom([]string{"", "", "*", "f", "f*", "?"}).Draw(t, "family"),
			Tags:   drawTags("*", "", "x").Draw(t, "tags"),
			Newest: rapid.IntRange(0, 3).Draw(t, "newest"),
		}
	})
}

// SelectImages takes what each item wants by itself, in the order that it says,
// and whatever the order of the list.
func TestSelectImagesIsWhatEachItemWants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []image.Image
		for i := range rapid.IntRange(0, 12).Draw(t, "images") {
			all = append(all, drawImage(i).Draw(t, "image"))
		}
		p := plan.Plan{Images: rapid.SliceOfN(drawSelector(), 0, 4).Draw(t, "items")}

		var want []image.ID
		var gone []image.ID
		for _, s := range p.Images {
			if known := func(m image.Image) bool { return m.ID == s.ID }; s.ID != "" && !slices.ContainsFunc(all, known) && !slices.Contains(gone, s.ID) {
				gone = append(gone, s.ID)
			}
			for _, m := range slices.SortedFunc(slices.Values(all), before) {
				if wanted(s, m, all) && !slices.Contains(want, m.ID) {
					want = append(want, m.ID)
				}
			}
		}
		chosen, absent := p.SelectImages(rapid.Permutation(all).Draw(t, "list"))
		var got []image.ID
		for _, m := range chosen {
			got = append(got, m.ID)
		}
		if !slices.Equal(got, want) || !slices.Equal(absent, gone) {
			t.Fatalf("chosen %v, absent %v; want %v, %v", got, absent, want, gone)
		}
	})
}

func TestSelectInstancesIsWhatEachItemWants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []image.Instance
		for i := range rapid.IntRange(0, 6).Draw(t, "instances") {
			all = append(all, image.Instance{ID: image.InstanceID(fmt.Sprintf("ins-%d", i)), Tags: drawTags("", "x", "y").Draw(t, "tags")})
		}
		p := plan.Plan{}
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			s := plan.InstanceSelector{Tags: drawTags("*", "x").Draw(t, "tags")}
			if rapid.Bool().Draw(t, "by id") {
				s = plan.InstanceSelector{ID: image.InstanceID(fmt.Sprintf("ins-%d", rapid.IntRange(0, 7).Draw(t, "id")))}
			}
			p.Instances = append(p.Instances, s)
		}
		var want, gone []image.InstanceID
		for _, s := range p.Instances {
			found := false
			for _, i := range all {
				fits := s.ID == i.ID || s.ID == "" && wanted(plan.Selector{Tags: s.Tags}, image.Image{Tags: i.Tags}, nil)
				if fits && !slices.Contains(want, i.ID) {
					want = append(want, i.ID)
				}
				found = found || fits
			}
			if s.ID != "" && !found && !slices.Contains(gone, s.ID) {
				gone = append(gone, s.ID)
			}
		}
		chosen, absent := p.SelectInstances(rapid.Permutation(all).Draw(t, "list"))
		var got []image.InstanceID
		for _, i := range chosen {
			got = append(got, i.ID)
		}
		if !slices.Equal(got, want) || !slices.Equal(absent, gone) {
			t.Fatalf("chosen %v, absent %v; want %v, %v", got, absent, want, gone)
		}
	})
}
