package stories

import (
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// What lies beside the files in a story. The commands are described in doc.go.

var conforms = command{"SCHEMA FILE", 2, 2, func(s *story, ts *testscript.TestScript, args []string) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(s.tools.Root, "docs", args[0]))
	ts.Check(err)
	f, err := os.Open(ts.MkAbs(args[1]))
	ts.Check(err)
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	ts.Check(err)
	ts.Check(schema.Validate(document))
}}

var plain = command{"FILE", 1, 1, func(s *story, ts *testscript.TestScript, args []string) {
	_, err := ts.Stdout().Write([]byte(s.plain(ts.ReadFile(args[0]))))
	ts.Check(err)
}}
