package plan_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

func document() plan.Document {
	return plan.Document{Plans: set(), Channels: plan.Channels{
		"oncall": {
			Name: "oncall", Service: plan.Feishu, URL: "FERRY_FEISHU_URL", Secret: "FERRY_FEISHU_SECRET", Language: "zh",
			Hears: []string{"error", "recovered"}, Plans: []string{"nightly", "week*"}, Fallback: "mail", NoLinks: true,
		},
		"mail":  {Name: "mail", Service: plan.Mail, URL: "FERRY_MAIL_URL", From: "Ferry <a@b.example>", To: []string{"c@b.example"}, Fallback: "webhook"},
		"inner": {Name: "inner", Service: plan.Webhook, URL: "FERRY_HOOK_URL", Secret: "FERRY_HOOK_SECRET", Private: true},
	}}
}

func set() plan.Set {
	return plan.Set{
		"nightly": nightly(func(*plan.Plan) {}),
		"weekly": {
			Name: "weekly", Schedule: "0 30 4 ? * SUN *",
			Images: []plan.Selector{
				{ID: "img-b"}, {ID: "img-a"}, {Name: "web-*", Newest: 2},
				{Tags: map[string]string{"backup": "weekly", "team": "*"}, Family: "debian-??", Newest: 1},
			},
			Instances: []plan.InstanceSelector{{ID: "ins-a"}, {Tags: map[string]string{"backup": "weekly"}}},
			Format:    image.QCOW2, RootDiskOnly: true,
			Bucket: image.Bucket{Name: "cold", AppID: "1250000000"}, Prefix: "team/a", Role: "Exporter", Deadline: 90 * time.Minute,
			Unchanged: plan.Export, MaxInFlight: 4, CatchUp: plan.CatchUpAll, CatchUpWithin: 48 * time.Hour, SuspendAfter: 0, KeepImages: 7, AnyData: true,
			Notify: map[string][]string{"webhook": {"failed", "partial"}, "oncall": {"error", "digest"}},
		},
	}
}

func TestWriteGolden(t *testing.T) {
	t.Parallel()
	const golden = "testdata/plans.json"
	var b bytes.Buffer
	if err := document().Write(&b); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("plans.json changed; if that is meant, raise version and run with -update\n%s", diff)
	}
	got, err := plan.Read(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(document(), got); diff != "" {
		t.Errorf("does not read back\n%s", diff)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		``:                         {"EOF"},
		`{`:                        {"unexpected EOF"},
		`[]`:                       {"cannot unmarshal"},
		`{"version":2,"plans":{}}`: {"version 2, want 3"},
		`{"plans":{}}`:             {"version 0, want 3"},
		`{"version":3,"planz":{}}`: {`unknown field "planz"`},
		`{"version":3,"plans":{"../x":{"images":[{"id":"img-a"}],"format":"RAW","deadline":86400000000000}}}`: {`plan name "../x"`},
		`{"version":3,"plans":{"a":{"images":[{"id":"x"}],"format":"raw","deadline":1}}}`:                     {`image id "x"`, `format "raw"`, "deadline 1ns"},
		// What is left out is not filled in: the build did that.
		`{"version":3,"plans":{"a":{"images":[{"id":"img-a"}],"format":"RAW","deadline":86400000000000}}}`: {`unchanged ""`, `catch_up ""`, "catch_up_within 0s"},
		`{"version":3,"plans":{},"channels":{"webhook":{"service":"slack","url":"FERRY_A"}}}`:              {`channel name "webhook"`},
		`{"version":3,"plans":{},"channels":{"../x":{"service":"slack","url":"FERRY_A"}}}`:                 {`channel name "../x"`},
		`{"version":3,"plans":{},"channels":{"a":{"token":"x"}}}`:                                          {`unknown field "token"`},
	}
	for text, want := range tests {
		_, err := plan.Read(strings.NewReader(text))
		if err == nil {
			t.Errorf("%s: taken", text)
			continue
		}
		for _, part := range append(want, "plans.json", "make package") {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s\nerror does not say %q: %v", text, part, err)
			}
		}
	}
}
