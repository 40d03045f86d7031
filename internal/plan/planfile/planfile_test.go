package planfile_test

import (
	"bytes"
	"os"
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
`

func TestParse(t *testing.T) {
	t.Parallel()
	got, err := planfile.Parse("plans.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	want := plan.Set{
		"nightly": {Name: "nightly", Images: []plan.Selector{{ID: "img-a"}}, Format: image.RAW, Deadline: plan.DefaultDeadline},
		"weekly": {
			Name: "weekly", Schedule: "0 30 4 ? * SUN *", Images: []plan.Selector{{ID: "img-b"}, {ID: "img-a"}}, Format: image.QCOW2, RootDiskOnly: true,
			Bucket: image.Bucket{Name: "cold", AppID: "1250000000"}, Prefix: "team/a", Role: "Exporter", Deadline: 90 * time.Minute,
		},
	}
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
plans.yaml:3:5: unknown field "id"; it belongs in an item of images
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
	}
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
	for _, text := range []string{full, "", "plans: {a: {images: [{id: img-a}]}}", "plans:\n  a: &a\n    images: []\n  b: *a\n", "a: &a [*a]", "plans: {? [a] : {}}", "---\n---\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := planfile.Parse("plans.yaml", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "plans.yaml:") {
				t.Fatalf("error does not name the file: %v", err)
			}
			return
		}
		var compiled bytes.Buffer
		if err := set.Write(&compiled); err != nil {
			t.Fatal(err)
		}
		again, err := plan.Read(&compiled)
		if err != nil {
			t.Fatalf("what the build takes, the function refuses: %v", err)
		}
		if diff := cmp.Diff(set, again); diff != "" {
			t.Fatal(diff)
		}
	})
}
