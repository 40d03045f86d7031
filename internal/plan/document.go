package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// version is that of the form of plans.json. Both come from one build, so there
// is no older form to read.
const version = 2

// document is the form of plans.json.
type document struct {
	Version int `json:"version"`
	Plans   Set `json:"plans"`
}

// Write writes plans.json: the same set gives the same bytes.
func (s Set) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(document{Version: version, Plans: s})
}

// Read reads plans.json and checks every plan again: the file lies in a zip that
// other tools can write too, and plans decide names of objects.
func Read(r io.Reader) (Set, error) {
	set, err := read(r)
	if err != nil {
		return nil, fmt.Errorf("plans.json: %w; build the functions again with make package", err)
	}
	return set, nil
}

func read(r io.Reader) (Set, error) {
	var doc document
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	if doc.Version != version {
		return nil, fmt.Errorf("version %d, want %d", doc.Version, version)
	}
	var errs []error
	for _, name := range doc.Plans.Names() {
		p := doc.Plans[name]
		p.Name = name
		doc.Plans[name] = p
		for _, invalid := range p.Validate() {
			errs = append(errs, invalid.Err)
		}
	}
	return doc.Plans, errors.Join(errs...)
}
