// Package plan is what people ask for: which images are exported, when, where
// to, and in what form.
//
// People write plans.yaml. The build checks it and compiles it to plans.json,
// which lies beside the binaries, so that a mistake is found before a
// deployment and the functions need no YAML:
//
//	plans:
//	  nightly:
//	    schedule: "0 0 3 * * * *"   # Tencent's seven fields, in UTC+8
//	    images:
//	      - id: img-72n9mi0y
//	    format: QCOW2
//	    deadline: 12h
//
// What a plan leaves out, a default fills in; what it misspells is an error that
// shows the line.
package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/cron"
	"github.com/imageferry/imageferry/internal/image"
)

// DefaultDeadline is how long an export may take before its files are called
// missing. The console guide promises nothing; peers report about 12 hours per
// terabyte, and an image may hold three.
const DefaultDeadline = 24 * time.Hour

// nearSlot is how far a timer event may be from the instant that it stands for.
const nearSlot = 2 * time.Minute

// early is how far before its minute a timer may fire and still be of it.
const early = 5 * time.Second

// Set is all plans by name.
type Set map[string]Plan

// Plan says what to export.
type Plan struct {
	Name         string        `json:"-"`
	Schedule     string        `json:"schedule,omitempty"` // empty: by request, or by a timer of any schedule
	Images       []Selector    `json:"images"`
	Format       image.Format  `json:"format"`
	RootDiskOnly bool          `json:"rootDiskOnly,omitempty"`
	Bucket       image.Bucket  `json:"bucket,omitzero"`  // zero: the image bucket of the deployment
	Prefix       string        `json:"prefix,omitempty"` // of file names, before the export id
	Role         string        `json:"role,omitempty"`   // that CVM assumes to write; empty: CVM's own default
	Deadline     time.Duration `json:"deadline"`         // from the slot on
}

// Selector chooses images.
type Selector struct {
	ID image.ID `json:"id" yaml:"id"`
}

// Slot returns the due instant that a timer event stands for, from the event's
// own time. The local clock of a late or doubled invocation would name another
// slot. Without a schedule it is the event's minute; a timer that is early by
// less than [early] has the next one.
func (p Plan) Slot(at time.Time) (time.Time, error) {
	if p.Schedule == "" {
		return at.UTC().Add(early).Truncate(time.Minute), nil
	}
	schedule, err := cron.Parse(p.Schedule)
	if err != nil {
		return time.Time{}, err
	}
	slot, ok := schedule.Nearest(at, nearSlot)
	if !ok {
		return time.Time{}, fmt.Errorf("plan %q is not due within %s of %s: its schedule is %q in UTC+8; give the timer trigger the same one",
			p.Name, nearSlot, at.UTC().Format(time.RFC3339), p.Schedule)
	}
	return slot.UTC(), nil
}

// IDs returns the ids of the images that the plan names, without repeats.
func (p Plan) IDs() []image.ID {
	var ids []image.ID
	for _, s := range p.Images {
		if !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// Names returns the names of all plans, sorted.
func (s Set) Names() []string { return slices.Sorted(maps.Keys(s)) }

// Find returns a plan by name, or an error that lists those that exist.
func (s Set) Find(name string) (Plan, error) {
	p, ok := s[name]
	if !ok {
		return Plan{}, fmt.Errorf("no plan %q; plans.yaml has: %s", name, strings.Join(s.Names(), ", "))
	}
	return p, nil
}
