package manifest_test

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/imageferry/imageferry/internal/manifest"
)

// published is the schema as it stands in docs.
func published(t *testing.T) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("../../docs/manifest-1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(manifest.SchemaURL, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(manifest.SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	if s.DraftVersion != 2020 || s.ID != manifest.SchemaURL {
		t.Fatalf("draft %d, id %q", s.DraftVersion, s.ID)
	}
	return s
}

func TestManifestsConform(t *testing.T) {
	t.Parallel()
	schema := published(t)
	for name, e := range entries() {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(encode(t, manifest.Of(e, region))))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The schema is one that says something: each change makes a document that it refuses.
func TestBrokenManifestsDoNotConform(t *testing.T) {
	t.Parallel()
	schema := published(t)
	type object = map[string]any
	at := func(m object, path ...any) any {
		var v any = m
		for _, p := range path {
			switch p := p.(type) {
			case string:
				v = v.(object)[p]
			case int:
				v = v.([]any)[p]
			}
		}
		return v
	}
	set := func(value any, path ...any) func(object) {
		last := len(path) - 1
		return func(m object) { at(m, path[:last]...).(object)[path[last].(string)] = value }
	}
	without := func(path ...any) func(object) {
		last := len(path) - 1
		return func(m object) { delete(at(m, path[:last]...).(object), path[last].(string)) }
	}
	for name, change := range map[string]func(object){
		"newer schema": set(2, "schema"), "no schema": without("schema"), "other schema": set("https://example.com", "$schema"),
		"export": set("Nightly_1", "export"), "no export": without("export"), "verdict": set("FAILED", "verdict"), "managed": set("yes", "managed"),
		"slot": set("yesterday", "slot"), "image": set("database", "image", "id"), "no image id": without("image", "id"), "bucket": set("images", "bucket"),
		"format": set("raw", "format"), "disk": set("50", "disks", 0, "gib"), "no files": without("files"), "files": set(object{}, "files"),
		"no key": without("files", 0, "key"), "size": set(-1, "files", 0, "size"), "crc64": set("0x17", "files", 0, "crc64"), "crc64 number": set(17, "files", 0, "crc64"),
		"which disk": set("xvda", "files", 0, "disk"), "check": set("good", "files", 0, "check", "verdict"), "no verdict": without("files", 0, "check", "verdict"),
		"missing": set([]any{}, "missing"), "no end": without("times", "ended"), "end": set("", "times", "ended"), "task": set("4242", "taskId"),
		"no restore": without("restore"), "no download": without("restore", "download"), "convert": set("qemu-img", "restore", "convert"),
		"architecture": set("arm", "restore", "importImage", "Architecture"), "address": set("http://x/y", "restore", "importImage", "ImageUrl"),
		"no address": without("restore", "importImage", "ImageUrl"), "boot": set("BIOS", "restore", "importImage", "BootMode"), "unknown": set([]any{"ImageUrl"}, "restore", "unknown"),
		"data disk": set([]any{object{}}, "restore", "importImage", "ImportImageDataDiskList"),
	} {
		var doc object
		if err := json.Unmarshal(encode(t, manifest.Of(complete("QCOW2"), region)), &doc); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Fatal(err)
		}
		change(doc)
		if err := schema.Validate(doc); err == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}
