package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// version is that of the form of plans.json. Both come from one build, so there
// is no older form to read.
const version = 3

// Document is all that people write in plans.yaml: what is exported, and by which
// ways they are told.
type Document struct {
	Channels Channels
	Plans    Set
}

// compiled is the form of plans.json.
type compiled struct {
	Version  int      `json:"version"`
	Channels Channels `json:"channels,omitempty"`
	Plans    Set      `json:"plans"`
}

// Write writes plans.json: the same document gives the same bytes.
func (d Document) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(compiled{version, d.Channels, d.Plans})
}

// Read reads plans.json and checks every plan again: the file lies in a zip that
// other tools can write too, and plans decide names of objects. Of channels it
// checks the names; whoever makes them ready finds what else is wrong.
func Read(r io.Reader) (Document, error) {
	d, err := read(r)
	if err != nil {
		return Document{}, fmt.Errorf("plans.json: %w; build the functions again with make package", err)
	}
	return d, nil
}

func read(r io.Reader) (Document, error) {
	var form compiled
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&form); err != nil {
		return Document{}, err
	}
	if form.Version != version {
		return Document{}, fmt.Errorf("version %d, want %d", form.Version, version)
	}
	d := Document{form.Channels, form.Plans}
	return d, d.check()
}

// check gives channels and plans the names under which they stand, and checks them.
func (d Document) check() error {
	var errs []error
	for _, name := range d.Channels.Names() {
		c := d.Channels[name]
		c.Name = name
		d.Channels[name] = c
		errs = append(errs, c.validName())
	}
	known := d.Channels.known()
	for _, name := range d.Plans.Names() {
		p := d.Plans[name]
		p.Name = name
		d.Plans[name] = p
		for _, invalid := range p.validate(known) {
			errs = append(errs, invalid.Err)
		}
	}
	return errors.Join(errs...)
}
