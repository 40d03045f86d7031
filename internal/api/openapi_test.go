package api_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/api"
	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
	"github.com/imageferry/imageferry/internal/problem"
)

// openAPI is what a program makes of the document that is served.
func openAPI(t *testing.T) map[string]any {
	t.Helper()
	_, h := newAPI(token)
	w := do(h, "GET", "/openapi.yaml", "")
	var doc map[string]any
	if err := yaml.Unmarshal(w.Body.Bytes(), &doc); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "application/yaml" {
		t.Fatalf("%d %v: %v", w.Code, w.Header(), err)
	}
	if v, _ := doc["openapi"].(string); !strings.HasPrefix(v, "3.1.") {
		t.Errorf("version %v", doc["openapi"])
	}
	return doc
}

// at goes down into nested maps.
func at(t *testing.T, doc map[string]any, path ...string) map[string]any {
	t.Helper()
	for _, name := range path {
		next, ok := doc[name].(map[string]any)
		if !ok {
			t.Fatalf("the document has no %s", strings.Join(path, " / "))
		}
		doc = next
	}
	return doc
}

func TestDocumentHasEveryRoute(t *testing.T) {
	t.Parallel()
	var described []string
	for path, item := range at(t, openAPI(t), "paths") {
		for method := range item.(map[string]any) {
			if method != "parameters" {
				described = append(described, strings.ToUpper(method)+" "+path)
			}
		}
	}
	routes := new(api.API).Routes()
	slices.Sort(described)
	slices.Sort(routes)
	if diff := cmp.Diff(routes, described); diff != "" {
		t.Errorf("routes (-) and what the document describes (+) differ\n%s", diff)
	}
}

// Whether a route needs a token is said as it is.
func TestDocumentTellsWhatIsOpen(t *testing.T) {
	t.Parallel()
	for path, item := range at(t, openAPI(t), "paths") {
		for method, op := range item.(map[string]any) {
			if method == "parameters" {
				continue
			}
			_, h := newAPI(token)
			target := strings.NewReplacer("{id}", "x", "{name}", "nightly").Replace(path)
			needs := do(h, strings.ToUpper(method), target, "").Code == 401
			if _, open := op.(map[string]any)["security"]; open == needs {
				t.Errorf("%s %s needs a token: %t, and the document says otherwise", method, path, needs)
			}
		}
	}
}

// What is sent has the fields that are described, and no others.
func TestDocumentHasEveryField(t *testing.T) {
	t.Parallel()
	schemas := at(t, openAPI(t), "components", "schemas")
	for name, form := range map[string]any{
		"Export": api.View{}, "File": ledger.File{}, "Delivery": api.DeliveryView{}, "Check": diskimage.Report{}, "Plan": api.PlanView{}, "LastSlot": api.LastView{}, "Selector": plan.Selector{}, "InstanceSelector": plan.InstanceSelector{},
		"Preview": export.Preview{}, "PreviewItem": export.PreviewItem{}, "Past": export.Past{}, "Problem": problem.Problem{},
	} {
		fields, always := []string{}, []string{}
		for f := range reflect.TypeOf(form).Fields() {
			field, option, _ := strings.Cut(f.Tag.Get("json"), ",")
			fields = append(fields, field)
			if option == "" {
				always = append(always, field)
			}
		}
		slices.Sort(fields)
		slices.Sort(always)
		if diff := cmp.Diff(fields, slices.Sorted(maps.Keys(at(t, schemas, name, "properties")))); diff != "" {
			t.Errorf("%s: fields that are sent (-) and described (+) differ\n%s", name, diff)
		}
		var required []string
		list, _ := at(t, schemas, name)["required"].([]any)
		for _, v := range list {
			required = append(required, v.(string))
		}
		slices.Sort(required)
		if diff := cmp.Diff(always, append([]string{}, required...)); diff != "" {
			t.Errorf("%s: fields that are always sent (-) and required ones (+) differ\n%s", name, diff)
		}
	}
}

// Nothing points nowhere, nothing is left over, and no comma in a line of flow
// style has made a key of the words behind it.
func TestDocumentIsSound(t *testing.T) {
	t.Parallel()
	doc := openAPI(t)
	used := map[string]bool{}
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				if ref, ok := value.(string); ok && key == "$ref" {
					at(t, doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
					used[ref] = true
				}
				walk(where+"/"+key, value)
			}
		case []any:
			for _, value := range v {
				walk(where, value)
			}
		case nil:
			t.Errorf("%s has no value", where)
		}
	}
	walk("", doc)
	for _, kind := range []string{"schemas", "parameters", "responses"} {
		for name := range at(t, doc, "components", kind) {
			if ref := "#/components/" + kind + "/" + name; !used[ref] {
				t.Errorf("nothing uses %s", ref)
			}
		}
	}
}
