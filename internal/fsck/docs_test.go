package fsck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// The page that describes the format has the rules, the states and the fields of the
// code, and its examples are the golden files.
const formatPage = "../../docs/ledger-format.md"

func readPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(formatPage)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPageHasRules(t *testing.T) {
	t.Parallel()
	page := readPage(t)
	for _, r := range Rules() {
		if line := fmt.Sprintf("| `%s` | %s | %s |\n", r.Name, r.Severity, r.Must); !strings.Contains(page, line) {
			t.Errorf("%s lacks: %s", formatPage, line)
		}
	}
}

func TestPageHasStates(t *testing.T) {
	t.Parallel()
	page := readPage(t)
	for s, others := range next {
		var names []string
		for _, o := range others {
			names = append(names, string(o))
		}
		name := string(s)
		if s == ledger.None {
			name = "(no log)"
		}
		row := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(name) + ` \| [^|]+ \| ` + strings.Join(names, ", ") + ` ?\|$`)
		if !row.MatchString(page) {
			t.Errorf("%s lacks the state %q, followed by %q", formatPage, name, names)
		}
	}
}

func TestPageHasFields(t *testing.T) {
	t.Parallel()
	page := readPage(t)
	for _, form := range []reflect.Type{
		reflect.TypeFor[ledger.Entry](), reflect.TypeFor[ledger.Request](), reflect.TypeFor[ledger.Told](), reflect.TypeFor[ledger.File](),
		reflect.TypeFor[ledger.Delivery](), reflect.TypeFor[ledger.Slot](), reflect.TypeFor[ledger.Pick](), reflect.TypeFor[closed](),
		reflect.TypeFor[image.Image](), reflect.TypeFor[image.Disk](), reflect.TypeFor[image.Refusal](),
	} {
		for f := range form.Fields() {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" {
				name = strings.ToLower(f.Name)
			}
			if strings.Contains(options, "omit") {
				name += "?"
			}
			if !strings.Contains(page, "`"+name+"`") {
				t.Errorf("%s lacks the field `%s` of %s", formatPage, name, form)
			}
		}
	}
}

func TestPageShowsGoldenFiles(t *testing.T) {
	t.Parallel()
	examples := regexp.MustCompile("<!-- golden: (\\S+) -->\n```json\n((?s:.*?))```").FindAllStringSubmatch(readPage(t), -1)
	if len(examples) == 0 {
		t.Fatal("no examples")
	}
	for _, e := range examples {
		golden, err := os.ReadFile("../ledger/testdata/" + e[1])
		if err != nil {
			t.Fatal(err)
		}
		var got, want bytes.Buffer
		if err := json.Compact(&got, []byte(e[2])); err != nil {
			t.Errorf("%s: %v", e[1], err)
		}
		if err := json.Compact(&want, golden); err != nil || got.String() != want.String() {
			t.Errorf("the example %s is not the golden file:\n%s\nwant\n%s", e[1], got.String(), want.String())
		}
	}
}
