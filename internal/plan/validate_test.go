package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// invalid returns what is wrong with a plan, beside a channel called oncall.
func invalid(p plan.Plan) []plan.Invalid {
	return plan.Validate(plan.Document{
		Channels: plan.Channels{"oncall": {Name: "oncall", Service: plan.Slack, URL: "FERRY_ONCALL_URL"}},
		Plans:    plan.Set{p.Name: p},
	})
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
			p.Images = append(p.Images, plan.Selector{Name: "*", Tags: map[string]string{"a": "*"}, Family: "?", Newest: 1})
			p.Instances = []plan.InstanceSelector{{ID: "ins-a"}, {Tags: map[string]string{"a": ""}}}
			p.Unchanged, p.CatchUp, p.CatchUpWithin = plan.Export, plan.CatchUpAll, 31*24*time.Hour
			p.MaxInFlight, p.SuspendAfter, p.KeepImages = 1000, 100, 500
			p.Notify, p.AnyData = map[string][]string{"webhook": plan.Kinds, "oncall": plan.Severities}, true
		}, "ok"},
		{"instances only", func(p *plan.Plan) { p.Images, p.Instances = nil, []plan.InstanceSelector{{ID: "ins-a"}} }, "ok"},
		{"no limits", func(p *plan.Plan) { p.CatchUp, p.SuspendAfter, p.Deadline = plan.CatchUpNone, 0, 31*24*time.Hour }, "ok"},
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
		{"reserved for news", func(p *plan.Plan) { p.Name = "news" }, ""},
		{"like the ids of news", func(p *plan.Plan) { p.Name = "news-x" }, ""},
		{"only begins so", func(p *plan.Plan) { p.Name = "newsletter" }, "ok"},
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
		{"long deadline", func(p *plan.Plan) { p.Deadline = 31*24*time.Hour + 1 }, ".deadline"},
		{"image id", func(p *plan.Plan) { p.Images = append(p.Images, plan.Selector{ID: "ami-1"}) }, ".images[1].id"},
		{"id and name", func(p *plan.Plan) { p.Images[0].Name = "x" }, ".images[0].id"},
		{"id and newest", func(p *plan.Plan) { p.Images[0].Newest = 1 }, ".images[0].id"},
		{"empty item", func(p *plan.Plan) { p.Images[0] = plan.Selector{} }, ".images[0]"},
		{"newest of what", func(p *plan.Plan) { p.Images[0] = plan.Selector{Newest: 3} }, ".images[0]"},
		{"newest below 1", func(p *plan.Plan) { p.Images[0] = plan.Selector{Name: "x", Newest: -1} }, ".images[0].newest"},
		{"tag without key", func(p *plan.Plan) { p.Images[0] = plan.Selector{Tags: map[string]string{"": "x"}} }, ".images[0].tags"},
		{"instance id", func(p *plan.Plan) { p.Instances = []plan.InstanceSelector{{ID: "img-a"}} }, ".instances[0].id"},
		{"instance id and tags", func(p *plan.Plan) {
			p.Instances = []plan.InstanceSelector{{ID: "ins-a", Tags: map[string]string{"a": "b"}}}
		}, ".instances[0].id"},
		{"empty instance", func(p *plan.Plan) { p.Instances = []plan.InstanceSelector{{}} }, ".instances[0]"},
		{"instance tag without key", func(p *plan.Plan) {
			p.Instances = []plan.InstanceSelector{{Tags: map[string]string{"": "x"}}}
		}, ".instances[0].tags"},
		{"unchanged", func(p *plan.Plan) { p.Unchanged = "Skip" }, ".unchanged"},
		{"no unchanged", func(p *plan.Plan) { p.Unchanged = "" }, ".unchanged"},
		{"negative limit", func(p *plan.Plan) { p.MaxInFlight = -1 }, ".max_in_flight"},
		{"large limit", func(p *plan.Plan) { p.MaxInFlight = 1001 }, ".max_in_flight"},
		{"catch up", func(p *plan.Plan) { p.CatchUp = "oldest" }, ".catch_up"},
		{"no time to catch up", func(p *plan.Plan) { p.CatchUpWithin = 0 }, ".catch_up_within"},
		{"long time to catch up", func(p *plan.Plan) { p.CatchUpWithin = 31*24*time.Hour + 1 }, ".catch_up_within"},
		{"suspend never", func(p *plan.Plan) { p.SuspendAfter = -1 }, ".suspend_after"},
		{"suspend late", func(p *plan.Plan) { p.SuspendAfter = 101 }, ".suspend_after"},
		{"keep without instances", func(p *plan.Plan) { p.KeepImages = 1 }, ".keep_images"},
		{"keep too many", func(p *plan.Plan) {
			p.Instances, p.KeepImages = []plan.InstanceSelector{{ID: "ins-a"}}, 501
		}, ".keep_images"},
		{"channel", func(p *plan.Plan) { p.Notify = map[string][]string{"mail": {"failed"}} }, ".notify.mail"},
		{"channel that is no path", func(p *plan.Plan) { p.Notify = map[string][]string{"on.call": {"failed"}} }, ".notify"},
		{"kind", func(p *plan.Plan) { p.Notify = map[string][]string{"webhook": {"failed", "all"}} }, ".notify.webhook[1]"},
		{"no kind", func(p *plan.Plan) { p.Notify = map[string][]string{"webhook": {}} }, ".notify.webhook"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			list := invalid(nightly(tt.change))
			if tt.field == "ok" {
				if len(list) > 0 {
					t.Errorf("refused: %v", list)
				}
				return
			}
			if len(list) != 1 || list[0].Section != "plans" || list[0].Field != tt.field || list[0].Err == nil {
				t.Errorf("got %v, want one complaint about %q", list, tt.field)
			}
		})
	}
}

func TestValidateTellsAll(t *testing.T) {
	t.Parallel()
	list := invalid(plan.Plan{Name: "X", Schedule: "x", Prefix: "/", Format: "x", Role: " ", Images: []plan.Selector{{}, {}}})
	var fields []string
	for _, i := range list {
		fields = append(fields, i.Field)
	}
	want := []string{"", ".schedule", ".prefix", ".format", ".role", ".deadline", ".images[0]", ".images[1]", ".unchanged", ".catch_up", ".catch_up_within"}
	if !slices.Equal(fields, want) {
		t.Errorf("got  %q\nwant %q", fields, want)
	}
}

// A value that is none of the known ones is shown with those that are.
func TestChoiceError(t *testing.T) {
	t.Parallel()
	p := nightly(func(p *plan.Plan) {
		p.Unchanged, p.CatchUp, p.Notify = "never", "newst", map[string][]string{"web": nil}
	})
	want := []string{
		`unchanged "never": want skip or export`,
		`catch_up "newst": want newest, all or none`,
		`channel "web": want oncall or webhook`,
	}
	var got []string
	for _, i := range invalid(p) {
		got = append(got, i.Err.Error())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
