package plan_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// catalog has two families and four images without one; img-7 is the newest.
var catalog = []image.Image{
	{ID: "img-1", Name: "web-1", Family: "web", Created: day(1), Tags: map[string]string{"backup": "daily"}},
	{ID: "img-2", Name: "web-2", Family: "web", Created: day(2), Tags: map[string]string{"backup": "daily", "team": "a"}},
	{ID: "img-3", Name: "web-3", Family: "web", Created: day(3)},
	{ID: "img-4", Name: "db-1", Family: "db", Created: day(4), Tags: map[string]string{"backup": "weekly"}},
	{ID: "img-5", Name: "db-2", Family: "db", Created: day(5), Tags: map[string]string{"backup": ""}},
	{ID: "img-6", Name: "web", Created: day(6)},
	{ID: "img-7", Name: "Web-4", Created: day(7), Tags: map[string]string{"backup": "daily"}},
	{ID: "img-9", Name: "twin-b", Created: day(0)},
	{ID: "img-8", Name: "twin-a", Created: day(0)},
}

func day(n int) time.Time { return time.Date(2026, 11, n+1, 0, 0, 0, 0, time.UTC) }

func TestSelectImages(t *testing.T) {
	t.Parallel()
	tags := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	tests := []struct {
		name   string
		items  []plan.Selector
		want   string
		absent string
	}{
		{"ids, in the order of the file", []plan.Selector{{ID: "img-4"}, {ID: "img-1"}}, "[4 1]", "[]"},
		{"ids that are not there", []plan.Selector{{ID: "img-0"}, {ID: "img-1"}, {ID: "img-0"}}, "[1]", "[0]"},
		{"name, newest first", []plan.Selector{{Name: "web-*"}}, "[3 2 1]", "[]"},
		{"whole name", []plan.Selector{{Name: "web"}}, "[6]", "[]"},
		{"nothing of that name", []plan.Selector{{Name: "mail"}}, "[]", "[]"},
		{"all", []plan.Selector{{Name: "*"}}, "[7 6 5 4 3 2 1 8 9]", "[]"},
		{"as old: by id", []plan.Selector{{Name: "twin-?", Newest: 1}}, "[8]", "[]"},
		{"tag", []plan.Selector{{Tags: tags("backup", "daily")}}, "[7 2 1]", "[]"},
		{"every tag", []plan.Selector{{Tags: tags("backup", "daily", "team", "a")}}, "[2]", "[]"},
		{"any value", []plan.Selector{{Tags: tags("backup", "*")}}, "[7 5 4 2 1]", "[]"},
		{"empty value", []plan.Selector{{Tags: tags("backup", "")}}, "[5]", "[]"},
		{"pattern of a value", []plan.Selector{{Tags: tags("backup", "?*ly")}}, "[7 4 2 1]", "[]"},
		{"family", []plan.Selector{{Family: "web"}}, "[3 2 1]", "[]"},
		{"any family, so one of a family", []plan.Selector{{Family: "*"}}, "[5 4 3 2 1]", "[]"},
		{"newest of each family", []plan.Selector{{Family: "*", Newest: 1}}, "[5 3]", "[]"},
		{"newest two of each family", []plan.Selector{{Family: "*", Newest: 2}}, "[5 4 3 2]", "[]"},
		{"newest of a name", []plan.Selector{{Name: "web-*", Newest: 2}}, "[3 2]", "[]"},
		{"newest counts what matches only", []plan.Selector{{Family: "*", Tags: tags("backup", "daily"), Newest: 1}}, "[2]", "[]"},
		{"union without repeats", []plan.Selector{{Name: "web-*", Newest: 1}, {ID: "img-6"}, {Tags: tags("backup", "daily")}, {ID: "img-3"}}, "[3 6 7 2 1]", "[]"},
		{"each item counts for itself", []plan.Selector{{ID: "img-3"}, {Name: "web-*", Newest: 1}}, "[3]", "[]"},
	}
	for _, tt := range tests {
		chosen, absent := plan.Plan{Images: tt.items}.SelectImages(catalog)
		got, gone := []string{}, []string{}
		for _, m := range chosen {
			got = append(got, m.ID.Suffix())
		}
		for _, id := range absent {
			gone = append(gone, id.Suffix())
		}
		if fmt.Sprint(got) != tt.want || fmt.Sprint(gone) != tt.absent {
			t.Errorf("%s: got %v, absent %v; want %s, %s", tt.name, got, gone, tt.want, tt.absent)
		}
	}
}

// What comes back is what was given, not only an id.
func TestSelectImagesGivesThemWhole(t *testing.T) {
	t.Parallel()
	chosen, _ := plan.Plan{Images: []plan.Selector{{ID: "img-2"}}}.SelectImages(catalog)
	if len(chosen) != 1 || chosen[0].Name != "web-2" || chosen[0].Tags["team"] != "a" {
		t.Errorf("chosen %+v", chosen)
	}
}

// A list that changes between two of its pages shows an image twice.
func TestSelectImagesOfADoubledList(t *testing.T) {
	t.Parallel()
	twice := append(slices.Clone(catalog), catalog...)
	chosen, _ := plan.Plan{Images: []plan.Selector{{Name: "web-*", Newest: 2}}}.SelectImages(twice)
	if len(chosen) != 2 || chosen[0].ID != "img-3" || chosen[1].ID != "img-2" {
		t.Errorf("chosen %v; want the newest two, each once", chosen)
	}
}

func TestSelectInstances(t *testing.T) {
	t.Parallel()
	all := []image.Instance{
		{ID: "ins-c", Tags: map[string]string{"backup": "daily"}},
		{ID: "ins-a", Tags: map[string]string{"backup": "daily", "team": "a"}},
		{ID: "ins-b"},
	}
	p := plan.Plan{Instances: []plan.InstanceSelector{
		{ID: "ins-b"}, {ID: "ins-x"}, {Tags: map[string]string{"backup": "*"}}, {ID: "ins-a"}, {ID: "ins-x"},
	}}
	chosen, absent := p.SelectInstances(all)
	var ids []image.InstanceID
	for _, i := range chosen {
		ids = append(ids, i.ID)
	}
	if !slices.Equal(ids, []image.InstanceID{"ins-b", "ins-a", "ins-c"}) || !slices.Equal(absent, []image.InstanceID{"ins-x"}) {
		t.Errorf("chosen %v, absent %v", ids, absent)
	}
}

func TestWhatMustBeListed(t *testing.T) {
	t.Parallel()
	byID := plan.Plan{
		Images:    []plan.Selector{{ID: "img-b"}, {ID: "img-a"}, {ID: "img-b"}, {ID: "img-c"}, {ID: "img-a"}},
		Instances: []plan.InstanceSelector{{ID: "ins-b"}, {ID: "ins-a"}, {ID: "ins-b"}},
	}
	if _, got := byID.SelectImages(nil); !slices.Equal(got, []image.ID{"img-b", "img-a", "img-c"}) {
		t.Errorf("absent are %v; want each once, in the order of the file", got)
	}
	if got := byID.InstanceIDs(); !slices.Equal(got, []image.InstanceID{"ins-b", "ins-a"}) {
		t.Errorf("InstanceIDs = %v; want each once, in the order of the file", got)
	}
	if byID.NeedsCatalog() || byID.NeedsInstanceList() {
		t.Error("a plan of ids wants lists")
	}
	described := plan.Plan{
		Images:    []plan.Selector{{ID: "img-a"}, {Name: "web-*"}},
		Instances: []plan.InstanceSelector{{Tags: map[string]string{"a": "b"}}, {ID: "ins-a"}},
	}
	if !described.NeedsCatalog() || !described.NeedsInstanceList() {
		t.Error("a plan of names and tags wants no lists")
	}
	if _, got := described.SelectImages(nil); !slices.Equal(got, []image.ID{"img-a"}) {
		t.Errorf("absent are %v; want those that are named", got)
	}
}

// A plan may name very many images.
func BenchmarkSelectImages(b *testing.B) {
	const n = 10_000
	all := make([]image.Image, n)
	byID := plan.Plan{Images: make([]plan.Selector, n)}
	for i := range all {
		id := image.ID(fmt.Sprintf("img-%d", i))
		all[i] = image.Image{ID: id, Name: fmt.Sprintf("web-%d", i), Family: fmt.Sprintf("f%d", i%100), Created: day(i % 28)}
		byID.Images[i].ID = id
	}
	b.Run("by id", func(b *testing.B) {
		for b.Loop() {
			byID.SelectImages(all)
		}
	})
	b.Run("by family", func(b *testing.B) {
		p := plan.Plan{Images: []plan.Selector{{Name: "web-*", Family: "*", Newest: 3}}}
		for b.Loop() {
			p.SelectImages(all)
		}
	})
}
