// Package planfile reads plans.yaml, the file that people edit. It is apart from
// package plan so that the functions, which read the compiled plans.json, do
// not carry a YAML parser.
//
// Reading is strict and its errors are for whoever edits the file: what is not
// YAML, or is misspelt, is shown with line, column and caret and a guess at what
// was meant; wrong values are listed together, each with its line and column.
package planfile

import (
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/imageferry/imageferry/internal/plan"
)

// Parse reads and checks plans.yaml. The name is for errors only. What comes back
// is valid, with defaults filled in.
func Parse(name string, data []byte) (plan.Document, error) {
	root, err := document(data)
	if err != nil {
		return plan.Document{}, shown(name, err)
	}
	var f file
	if root != nil {
		if err := yaml.NodeToValue(root, &f, yaml.Strict()); err != nil {
			return plan.Document{}, shown(name, err)
		}
	}
	if len(f.Plans) == 0 {
		return plan.Document{}, fmt.Errorf("%s: no plans; write at least\n\nplans:\n  nightly:\n    images:\n      - id: img-xxxxxxxx", name)
	}
	d, invalid := f.compile()
	if len(invalid) > 0 {
		wrong := make([]mistake, len(invalid))
		for i := range invalid {
			wrong[i] = locate(root, invalid[i])
		}
		return plan.Document{}, listed(name, wrong)
	}
	return d, nil
}

// document returns the root of the one document in data, nil if it is empty.
func document(data []byte) (ast.Node, error) {
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	switch len(f.Docs) {
	case 0:
		return nil, nil
	case 1:
		return f.Docs[0].Body, nil
	}
	return nil, errors.New("more than one document; want no line --- between plans")
}
