package planfile_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/plan/planfile"
)

const full = `
plans:
  nightly:
    images:
      - id: img-a
  weekly:
    schedule: "0 30 4 ? * SUN *"
    images: [{id: img-b}, {id: img-a}]
    format: qcow2
    root_disk_only: true
    bucket: cold-1250000000
    prefix: team/a
    role: Exporter
    deadline: 90m
  patterns:
    schedule: "0 0 3 * * * *"
    images:
      - name: "*-web"
        tags: {backup: daily, team: "*", cost: 010, version: 1.50, keep: True}
        family: debian-??
        newest: 2
      - family: "*"
    instances:
      - id: ins-a
      - tags: {backup: ""}
    unchanged: export
    max_in_flight: 4
    catch_up: all
    catch_up_within: 168h
    suspend_after: 0
    keep_images: 0
    unrecognized_data: accept
    notify:
      webhook: [failed, partial]
  machines:
    images: []
    instances: [{id: ins-a}]
    unrecognized_data: fail
    notify: {}
`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := planfile.Parse("plans.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	// What the file leaves out, it has by default.
	base := plan.Plan{
		Format: image.RAW, Deadline: 24 * time.Hour, Unchanged: plan.Skip,
		CatchUp: plan.CatchUpNewest, CatchUpWithin: 24 * time.Hour, SuspendAfter: 5,
	}
	nightly, weekly, patterns, machines := base, base, base, base
	nightly.Name, nightly.Images = "nightly", []plan.Selector{{ID: "img-a"}}
	weekly.Name, weekly.Schedule, weekly.Images = "weekly", "0 30 4 ? * SUN *", []plan.Selector{{ID: "img-b"}, {ID: "img-a"}}
	weekly.Format, weekly.RootDiskOnly, weekly.Bucket = image.QCOW2, true, image.Bucket{Name: "cold", AppID: "1250000000"}
	weekly.Prefix, weekly.Role, weekly.Deadline = "team/a", "Exporter", 90*time.Minute
	patterns.Name, patterns.Schedule = "patterns", "0 0 3 * * * *"
	patterns.Images = []plan.Selector{
		{Name: "*-web", Tags: map[string]string{"backup": "daily", "team": "*", "cost": "010", "version": "1.50", "keep": "True"}, Family: "debian-??", Newest: 2},
		{Family: "*"},
	}
	patterns.Instances = []plan.InstanceSelector{{ID: "ins-a"}, {Tags: map[string]string{"backup": ""}}}
	patterns.Unchanged, patterns.MaxInFlight, patterns.CatchUp, patterns.CatchUpWithin = plan.Export, 4, plan.CatchUpAll, 168*time.Hour
	patterns.SuspendAfter, patterns.KeepImages, patterns.AnyData = 0, 0, true
	patterns.Notify = map[string][]string{"webhook": {"failed", "partial"}}
	machines.Name, machines.Instances, machines.KeepImages = "machines", []plan.InstanceSelector{{ID: "ins-a"}}, 3
	want := plan.Document{Plans: plan.Set{"nightly": nightly, "weekly": weekly, "patterns": patterns, "machines": machines}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var compiled bytes.Buffer
	if err := got.Write(&compiled); err != nil {
		t.Fatal(err)
	}
	again, err := plan.Read(&compiled)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, again); diff != "" {
		t.Errorf("plans.json says something else\n%s", diff)
	}
}

// The file that comes with the repository is one that passes.
func TestShippedPlans(t *testing.T) {
	t.Parallel()
	const name = "../../../plans.yaml"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := planfile.Parse(name, text); err != nil {
		t.Error(err)
	}
}

// What the page shows are files that pass.
func TestDocumentedPlans(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/plans.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := strings.Split(string(page), "```yaml\n")[1:]
	if len(examples) < 5 {
		t.Errorf("%d examples, want one for each use", len(examples))
	}
	for _, example := range examples {
		text, _, _ := strings.Cut(example, "```")
		if _, err := planfile.Parse("docs/plans.md", []byte(text)); err != nil {
			t.Errorf("%v\nin\n%s", err, text)
		}
	}
}

// Every field that there is, is explained.
func TestFieldsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/plans.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range planfile.Fields() {
		if !strings.Contains(string(page), "\n| `"+field+"` | ") {
			t.Errorf("docs/plans.md has no row for %q", field)
		}
	}
	for _, word := range slices.Concat(plan.Kinds, plan.Services) {
		if !strings.Contains(string(page), "\n| `"+word+"` | ") {
			t.Errorf("docs/plans.md has no row for %q", word)
		}
	}
}

// A mistake in the form of the file is shown where it stands.
func TestFormErrors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"misspelt field of a plan", "plans:\n  nightly:\n    imges:\n      - id: img-a\n", `
plans.yaml:3:5: unknown field "imges"; did you mean "images"?
   1 | plans:
   2 |   nightly:
>  3 |     imges:
           ^
   4 |       - id: img-a`},
		{"misspelt field of an item", "plans:\n  n:\n    images:\n      - idd: img-a\n", `
plans.yaml:4:9: unknown field "idd"; did you mean "id"?
   1 | plans:
   2 |   n:
   3 |     images:
>  4 |       - idd: img-a
               ^`},
		{"misspelt top", "plan:\n  n: {}\n", `
plans.yaml:1:1: unknown field "plan"; did you mean "plans"?
>  1 | plan:
       ^
   2 |   n: {}`},
		{"other case", "plans:\n  n:\n    rootDiskOnly: true\n", `
plans.yaml:3:5: unknown field "rootDiskOnly"; did you mean "root_disk_only"?
   1 | plans:
   2 |   n:
>  3 |     rootDiskOnly: true
           ^`},
		{"field in the wrong place", "plans:\n  n:\n    id: img-a\n", `
plans.yaml:3:5: unknown field "id"; it belongs in an item of images or in an item of instances
   1 | plans:
   2 |   n:
>  3 |     id: img-a
           ^`},
		{"nothing near", "plans:\n  n:\n    ami: img-a\n", `
plans.yaml:3:5: unknown field "ami"
   1 | plans:
   2 |   n:
>  3 |     ami: img-a
           ^`},
		{"no list", "plans:\n  n:\n    images: img-a\n", `
plans.yaml:3:13: string was used where sequence is expected
   1 | plans:
   2 |   n:
>  3 |     images: img-a
                   ^`},
		{"list for a number", "plans:\n  n:\n    suspend_after: [1]\n", `
plans.yaml:3:20: wrong kind of value; want text
   1 | plans:
   2 |   n:
>  3 |     suspend_after: [1]
                          ^`},
		{"word for a list", "plans:\n  n:\n    notify:\n      webhook: failed\n", `
plans.yaml:4:16: string was used where sequence is expected
   1 | plans:
   2 |   n:
   3 |     notify:
>  4 |       webhook: failed
                      ^`},
		{"misspelt field of an instance", "plans:\n  n:\n    instances:\n      - tag: {a: b}\n", `
plans.yaml:4:9: unknown field "tag"; did you mean "tags"?
   1 | plans:
   2 |   n:
   3 |     instances:
>  4 |       - tag: {a: b}
               ^`},
		{"pattern without quotes", "plans:\n  n:\n    images:\n      - name: *-web\n", `
plans.yaml:4:16: could not find alias "-web"; a pattern that begins with * needs quotes
   1 | plans:
   2 |   n:
   3 |     images:
>  4 |       - name: *-web
                      ^`},
		{"any value without quotes", "plans:\n  n:\n    images:\n      - tags: {a: *}\n", `
plans.yaml:4:20: unexpected scalar value type; a pattern that begins with * needs quotes
   1 | plans:
   2 |   n:
   3 |     images:
>  4 |       - tags: {a: *}
                          ^`},
		{"no truth value", "plans:\n  n:\n    root_disk_only: maybe\n", `
plans.yaml:3:21: "maybe" is neither true nor false
   1 | plans:
   2 |   n:
>  3 |     root_disk_only: maybe
                           ^`},
		{"no text", "plans:\n  n:\n    format: [RAW]\n", `
plans.yaml:3:13: wrong kind of value; want text
   1 | plans:
   2 |   n:
>  3 |     format: [RAW]
                   ^`},
		{"plan twice", "plans:\n  n: {}\n  n: {}\n", `
plans.yaml:3:3: mapping key "n" already defined at [2:3]
   1 | plans:
   2 |   n: {}
>  3 |   n: {}
         ^`},
		{"no YAML", "plans: [\n", `
plans.yaml:1:8: sequence end token ']' not found
>  1 | plans: [
              ^`},
		{"two documents", "plans: {}\n---\nplans: {}\n", `
plans.yaml: more than one document; want no line --- between plans`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := planfile.Parse("plans.yaml", []byte(tt.text))
			if err == nil {
				t.Fatal("taken")
			}
			if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), err.Error()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNoPlans(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing yet\n", "{}", "plans:\n", "plans: {}\n", "---\n"} {
		_, err := planfile.Parse("plans.yaml", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "plans.yaml: no plans; write at least\n\nplans:") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Wrong values are told all at once, each once, in the order of the file.
func TestValueErrors(t *testing.T) {
	t.Parallel()
	const text = `plans:
  Zebra:
    images:
      - id: img-a
      - id: img-B
    deadline: soon
    format: iso
    bucket: images
  api:
    images: [{id: ami-1}]
    deadline: 5m
    prefix: /x
    role: a b
    schedule: 0 3 * * *
  "it's":
  empty:
    images: []
  numbers:
    images:
      - name: web-*
        newest: 0
      - family: f
        newest: 1.5
      - family: f
        newest: -2
      - newest: 1
      - id: img-a
        name: web
    max_in_flight: many
    suspend_after: 101
    keep_images: 0
  words:
    instances:
      - id: i-1
      - tags:
          backup: daily
        id: ins-a
    schedule: 0 */5 * * * * *
    unchanged: Skip
    catch_up: newst
    catch_up_within: 7d
    keep_images: 501
    notify:
      webhook:
        - failed
        - faild
        - everything
      webhok: [failed]
  late:
    images: [{id: img-a}]
    catch_up: all
    deadline: 1000h
    unrecognized_data: acept
`
	want := []string{
		`plans.yaml:2:3: plan name "Zebra"`,
		`plans.yaml:5:13: image id "img-B"`,
		`plans.yaml:6:15: deadline "soon": want a duration`,
		`plans.yaml:7:13: format "iso"`,
		`plans.yaml:8:13: bucket "images"`,
		`plans.yaml:9:3: plan name "api" is reserved`,
		`plans.yaml:10:19: image id "ami-1"`,
		`plans.yaml:11:15: deadline 5m0s`,
		`plans.yaml:12:13: prefix "/x"`,
		`plans.yaml:13:11: role "a b"`,
		`plans.yaml:14:15: "0 3 * * *": 5 fields`,
		`plans.yaml:15:3: plan name "it's"`,
		`plans.yaml:15:3: plan "it's" selects nothing`,
		`plans.yaml:17:13: plan "empty" selects nothing`,
		`plans.yaml:21:17: newest 0: want at least 1; leave it out for all`,
		`plans.yaml:23:17: newest "1.5": want a whole number`,
		`plans.yaml:25:17: newest -2: want at least 1`,
		`plans.yaml:26:9: the item selects nothing; give an id, or a name, tags or a family`,
		`plans.yaml:27:13: id "img-a" selects one image alone`,
		`plans.yaml:29:20: max_in_flight "many": want a whole number`,
		`plans.yaml:30:20: suspend_after 101: want 0 to 100`,
		`plans.yaml:31:18: keep_images: the plan has no instances`,
		`plans.yaml:34:13: instance id "i-1"`,
		`plans.yaml:37:13: id "ins-a" selects one instance alone`,
		`plans.yaml:38:15: schedule "0 */5 * * * * *" is due twice within 5m0s`,
		`plans.yaml:39:16: unchanged "Skip": want skip or export; did you mean "skip"?`,
		`plans.yaml:40:15: catch_up "newst": want newest, all or none; did you mean "newest"?`,
		`plans.yaml:41:22: catch_up_within "7d": want a duration such as 90m or 12h; a week is 168h`,
		`plans.yaml:42:18: keep_images 501: want 0 to 500`,
		`plans.yaml:46:11: kind of notice "faild": want completed, recovered, failed, partial, stalled, missed, skipped, suspended, resumed, digest, info, warning or error; did you mean "failed"?`,
		`plans.yaml:47:11: kind of notice "everything": want completed, recovered,`,
		`plans.yaml:48:15: channel "webhok": want webhook; did you mean "webhook"?`,
		`plans.yaml:51:15: catch_up: without a schedule nobody knows what was missed`,
		`plans.yaml:52:15: deadline 1000h0m0s: want 10m to 744h`,
		`plans.yaml:53:24: unrecognized_data "acept": want accept or fail; did you mean "accept"?`,
	}
	complains(t, text, want)
}

// complains checks that a file is refused with these lines, of which only the
// beginning is given.
func complains(t *testing.T, text string, want []string) {
	t.Helper()
	for range 10 { // the order of a map must not show
		_, err := planfile.Parse("plans.yaml", []byte(text))
		if err == nil {
			t.Fatal("taken")
		}
		lines := strings.Split(err.Error(), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%d mistakes, want %d:\n%v", len(lines), len(want), err)
		}
		for i, line := range lines {
			if !strings.HasPrefix(line, want[i]) {
				t.Errorf("got  %s\nwant %s…", line, want[i])
			}
		}
	}
}

// Values behind an alias are checked too, and shown at the names of the plans.
func TestAlias(t *testing.T) {
	t.Parallel()
	const text = "plans:\n  a: &a\n    images: [{id: img-a}]\n    deadline: 1m\n  b: *a\n"
	_, err := planfile.Parse("p", []byte(text))
	if err == nil || !strings.Contains(err.Error(), "p:2:3: deadline 1m0s") || !strings.Contains(err.Error(), "p:5:3: deadline 1m0s") {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		full, "", "plans: {a: {images: [{id: img-a}]}}", "plans:\n  a: &a\n    images: []\n  b: *a\n", "a: &a [*a]", "plans: {? [a] : {}}", "---\n---\n",
		"plans: {a: {images: [{tags: {1: 010, ~: ~}}], suspend_after: +1, notify: {webhook: [~]}}}",
		"plans: {010: {instances: [{tags: &t {a: !!str 5}}, {tags: *t}], keep_images: 0x1}}",
		channels, "channels: {a: {service: mail, url: FERRY_A, from: a@b, to: [c@d], links: ~}}\nplans: {b: {images: [{id: img-a}]}}",
		"plans:\n  a: &a\n    images: [{name: &n |\n      b\n    }, {family: *n, newest: 1}]\n  b:\n    <<: *a\n    deadline: 1h\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := planfile.Parse("plans.yaml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "plans.yaml:") {
				t.Fatalf("error does not name the file: %v", err)
			}
			return
		}
		var compiled bytes.Buffer
		if err := read.Write(&compiled); err != nil {
			t.Fatal(err)
		}
		again, err := plan.Read(&compiled)
		if err != nil {
			t.Fatalf("what the build takes, the function refuses: %v", err)
		}
		if diff := cmp.Diff(read, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
