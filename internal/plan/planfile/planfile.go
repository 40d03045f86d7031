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
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// file is the form of plans.yaml.
type file struct {
	Plans map[string]entry `yaml:"plans"`
}

type entry struct {
	Schedule     string          `yaml:"schedule"`
	Images       []plan.Selector `yaml:"images"`
	Format       string          `yaml:"format"`
	RootDiskOnly bool            `yaml:"root_disk_only"`
	Bucket       string          `yaml:"bucket"`
	Prefix       string          `yaml:"prefix"`
	Role         string          `yaml:"role"`
	Deadline     string          `yaml:"deadline"`
}

// Parse reads and checks plans.yaml. The name is for errors only. Plans come back
// valid, with defaults filled in.
func Parse(name string, data []byte) (plan.Set, error) {
	root, err := document(data)
	if err != nil {
		return nil, shown(name, err)
	}
	var f file
	if root != nil {
		if err := yaml.NodeToValue(root, &f, yaml.Strict()); err != nil {
			return nil, shown(name, err)
		}
	}
	if len(f.Plans) == 0 {
		return nil, fmt.Errorf("%s: no plans; write at least\n\nplans:\n  nightly:\n    images:\n      - id: img-xxxxxxxx", name)
	}
	set := plan.Set{}
	var wrong []mistake
	for n, e := range f.Plans {
		p, invalid := e.plan(n)
		for _, i := range invalid {
			wrong = append(wrong, locate(root, n, i))
		}
		set[n] = p
	}
	if len(wrong) > 0 {
		return nil, listed(name, wrong)
	}
	return set, nil
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

// plan converts an entry, and collects what is wrong with it. A value that
// cannot be read leaves the default behind, so that it is complained of once.
func (e entry) plan(name string) (plan.Plan, []plan.Invalid) {
	p := plan.Plan{
		Name: name, Schedule: e.Schedule, Images: e.Images, Format: image.RAW, RootDiskOnly: e.RootDiskOnly,
		Prefix: e.Prefix, Role: e.Role, Deadline: plan.DefaultDeadline,
	}
	var list []plan.Invalid
	if format, err := image.ParseFormat(e.Format); err != nil {
		list = append(list, plan.Invalid{Field: ".format", Err: err})
	} else {
		p.Format = format
	}
	if e.Bucket != "" {
		var err error
		if p.Bucket, err = image.ParseBucket(e.Bucket); err != nil {
			list = append(list, plan.Invalid{Field: ".bucket", Err: err})
		}
	}
	if e.Deadline != "" {
		if d, err := time.ParseDuration(e.Deadline); err != nil {
			list = append(list, plan.Invalid{Field: ".deadline", Err: fmt.Errorf("deadline %q: want a duration such as 90m or 12h", e.Deadline)})
		} else {
			p.Deadline = d
		}
	}
	return p, append(list, p.Validate()...)
}
