package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// nightly is a valid plan, changed.
func nightly(change func(*plan.Plan)) plan.Plan {
	p := plan.Plan{Name: "nightly", Images: []plan.Selector{{ID: "img-a"}}, Format: image.RAW, Deadline: plan.DefaultDeadline}
	change(&p)
	return p
}

func TestSlotOfSchedule(t *testing.T) {
	t.Parallel()
	p := nightly(func(p *plan.Plan) { p.Schedule = "0 0 3 * * * *" })
	due := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC) // 03:00 in UTC+8
	for _, away := range []time.Duration{0, -200 * time.Millisecond, 90 * time.Second, 2 * time.Minute, -2 * time.Minute} {
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", 8*60*60)} {
			slot, err := p.Slot(due.Add(away).In(zone))
			if err != nil || slot != due {
				t.Errorf("%s away: slot %v, %v; want %v", away, slot, err, due)
			}
		}
	}
	for _, away := range []time.Duration{2*time.Minute + 1, -2*time.Minute - 1, 12 * time.Hour} {
		slot, err := p.Slot(due.Add(away))
		if err == nil {
			t.Fatalf("%s away: slot %v, want an error", away, slot)
		}
		for _, part := range []string{`"nightly"`, `"0 0 3 * * * *"`, "UTC+8", due.Add(away).Format(time.RFC3339)} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("error does not name %s: %v", part, err)
			}
		}
	}
}

func TestSlotWithoutSchedule(t *testing.T) {
	t.Parallel()
	p := nightly(func(*plan.Plan) {})
	due := time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)
	for _, away := range []time.Duration{0, -200 * time.Millisecond, 29 * time.Second} {
		if slot, err := p.Slot(due.Add(away)); err != nil || slot != due {
			t.Errorf("%s away: slot %v, %v; want %v", away, slot, err, due)
		}
	}
	if slot, _ := p.Slot(due.Add(time.Minute)); slot == due {
		t.Error("the next minute is the same slot")
	}
}

func TestSlotOfBrokenSchedule(t *testing.T) {
	t.Parallel()
	if _, err := nightly(func(p *plan.Plan) { p.Schedule = "daily" }).Slot(time.Now()); err == nil {
		t.Error("a schedule that cannot be read has a slot")
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	p := plan.Plan{Images: []plan.Selector{{ID: "img-b"}, {ID: "img-a"}, {ID: "img-b"}, {ID: "img-c"}, {ID: "img-a"}}}
	if got := p.IDs(); !slices.Equal(got, []image.ID{"img-b", "img-a", "img-c"}) {
		t.Errorf("IDs = %v; want each once, in the order of the file", got)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	set := plan.Set{"b": nightly(func(*plan.Plan) {}), "a": {}}
	if p, err := set.Find("b"); err != nil || p.Name != "nightly" {
		t.Errorf("Find = %+v, %v", p, err)
	}
	_, err := set.Find("weekly")
	if err == nil || !strings.Contains(err.Error(), `"weekly"`) || !strings.Contains(err.Error(), "a, b") {
		t.Errorf("error %v; want it to name the plans that there are", err)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*plan.Plan)
		field  string // "ok": nothing is wrong
	}{
		{"as it is", func(*plan.Plan) {}, "ok"},
		{"all fields", func(p *plan.Plan) {
			p.Schedule, p.Prefix, p.Role, p.Format = "0 0 3 ? * MON *", "team-a/b", "CVM_QcsRole", image.VMDK
			p.Bucket, p.Deadline = image.Bucket{Name: "b", AppID: "1250000000"}, 10*time.Minute
		}, "ok"},
		{"folder", func(p *plan.Plan) { p.Prefix = "team/" }, "ok"},
		{"longest name", func(p *plan.Plan) { p.Name = strings.Repeat("n", 40) }, "ok"},
		{"name too long", func(p *plan.Plan) { p.Name = strings.Repeat("n", 41) }, ""},
		{"no name", func(p *plan.Plan) { p.Name = "" }, ""},
		{"upper case", func(p *plan.Plan) { p.Name = "Nightly" }, ""},
		{"underscore", func(p *plan.Plan) { p.Name = "a_b" }, ""}, // it would end the prefix before the id
		{"path", func(p *plan.Plan) { p.Name = "../a" }, ""},
		{"outer dash", func(p *plan.Plan) { p.Name = "a-" }, ""},
		{"reserved for requests", func(p *plan.Plan) { p.Name = "api" }, ""},
		{"reserved for strangers' files", func(p *plan.Plan) { p.Name = "seen" }, ""},
		{"schedule", func(p *plan.Plan) { p.Schedule = "0 3 * * *" }, ".schedule"},
		{"prefix with underscore", func(p *plan.Plan) { p.Prefix = "a_b" }, ".prefix"},
		{"prefix that climbs", func(p *plan.Plan) { p.Prefix = "a/../b" }, ".prefix"},
		{"absolute prefix", func(p *plan.Plan) { p.Prefix = "/a" }, ".prefix"},
		{"prefix with empty folder", func(p *plan.Plan) { p.Prefix = "a//b" }, ".prefix"},
		{"long prefix", func(p *plan.Plan) { p.Prefix = strings.Repeat("p", 201) }, ".prefix"},
		{"role", func(p *plan.Plan) { p.Role = "qcs::cam::uin/1:role/x" }, ".role"},
		{"no format", func(p *plan.Plan) { p.Format = "" }, ".format"},
		{"format", func(p *plan.Plan) { p.Format = "ISO" }, ".format"},
		{"format in lower case", func(p *plan.Plan) { p.Format = "raw" }, ".format"},
		{"short deadline", func(p *plan.Plan) { p.Deadline = 10*time.Minute - 1 }, ".deadline"},
		{"no images", func(p *plan.Plan) { p.Images = nil }, ".images"},
		{"image id", func(p *plan.Plan) { p.Images = append(p.Images, plan.Selector{ID: "ami-1"}) }, ".images[1].id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list := nightly(tt.change).Validate()
			if tt.field == "ok" {
				if len(list) > 0 {
					t.Errorf("refused: %v", list)
				}
				return
			}
			if len(list) != 1 || list[0].Field != tt.field || list[0].Err == nil {
				t.Errorf("got %v, want one complaint about %q", list, tt.field)
			}
		})
	}
}

func TestValidateTellsAll(t *testing.T) {
	t.Parallel()
	list := plan.Plan{Name: "X", Schedule: "x", Prefix: "/", Format: "x", Role: " ", Images: []plan.Selector{{}, {}}}.Validate()
	var fields []string
	for _, i := range list {
		fields = append(fields, i.Field)
	}
	want := []string{"", ".schedule", ".prefix", ".format", ".role", ".deadline", ".images[0].id", ".images[1].id"}
	if !slices.Equal(fields, want) {
		t.Errorf("got  %q\nwant %q", fields, want)
	}
}
