// Package plan is what people ask for: which images are exported, when, where
// to and in what form ([Plan]), and by which ways people hear of it ([Channel]).
//
// People write plans.yaml. The build checks it and compiles it to plans.json,
// which lies beside the binaries, so that a mistake is found before a
// deployment and the functions need no YAML:
//
//	channels:
//	  oncall:
//	    service: feishu
//	    url: FERRY_FEISHU_URL       # the name of a variable, never the secret itself
//	    hears: [error, recovered]
//	plans:
//	  nightly:
//	    schedule: "0 0 3 * * * *"   # Tencent's seven fields, in UTC+8
//	    images:
//	      - tags: {backup: daily}
//	        newest: 1
//	    instances:                  # an image is made of each, then exported
//	      - id: ins-8ruwtq3m
//	    format: QCOW2
//	    deadline: 12h
//
// What a plan or a channel leaves out, a default fills in; what it misspells is an
// error that shows the line.
//
// Everything here is a pure function of the plan and what it is given: the
// instants at which it is due ([Plan.Slot], [Plan.Next], [Plan.Due]) and what it
// chooses from a list ([Plan.SelectImages], [Plan.SelectInstances]), and whom a
// notice concerns ([Channel.Wants], [Hears]). Package export acts on the answers.
package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
)

// What a plan has that does not say otherwise.
const (
	// DefaultDeadline is how long an export may take before its files are called
	// missing. The console guide promises nothing; peers report about 12 hours per
	// terabyte, and an image may hold three.
	DefaultDeadline = 24 * time.Hour
	// DefaultCatchUpWithin lets a nightly export be late, but not meet the next one.
	DefaultCatchUpWithin = 24 * time.Hour
	// DefaultSuspendAfter is how many due slots may bring nothing but failures.
	DefaultSuspendAfter = 5
	// DefaultKeepImages is for plans with instances; others have no images to keep.
	DefaultKeepImages = 3
)

// Set is all plans by name.
type Set map[string]Plan

// Plan says what to export. Its zero value is not valid; [Default] is a start.
type Plan struct {
	Name         string             `json:"-"`
	Schedule     string             `json:"schedule,omitempty"` // empty: by request, or by a timer of any schedule
	Images       []Selector         `json:"images,omitempty"`
	Instances    []InstanceSelector `json:"instances,omitempty"` // each is made an image of, which is exported
	Format       image.Format       `json:"format"`
	RootDiskOnly bool               `json:"rootDiskOnly,omitempty"`
	Bucket       image.Bucket       `json:"bucket,omitzero"`  // zero: the image bucket of the deployment
	Prefix       string             `json:"prefix,omitempty"` // of file names, before the export id
	Role         string             `json:"role,omitempty"`   // that CVM assumes to write; empty: CVM's own default
	Deadline     time.Duration      `json:"deadline"`         // from the slot on

	Unchanged     Unchanged     `json:"unchanged"`
	MaxInFlight   int           `json:"maxInFlight"` // exports under way at once; 0: no limit but CVM's
	CatchUp       CatchUp       `json:"catchUp"`
	CatchUpWithin time.Duration `json:"catchUpWithin"`     // a slot that was missed for longer is told of, not made up
	SuspendAfter  int           `json:"suspendAfter"`      // consecutive due slots with nothing but failures; 0: never
	KeepImages    int           `json:"keepImages"`        // of those made of each instance, the newest that stay; 0: all
	AnyData       bool          `json:"anyData,omitempty"` // a data disk on which nothing is recognised counts as verified

	// Notify says which of [Kinds] and [Severities] a channel hears. A channel that
	// is not here hears what [Channel.Wants] says.
	Notify map[string][]string `json:"notify,omitempty"`
}

// Default returns a plan with every default filled in. It lacks a name and
// something to export.
func Default() Plan {
	return Plan{
		Format: image.RAW, Deadline: DefaultDeadline, Unchanged: Skip,
		CatchUp: CatchUpNewest, CatchUpWithin: DefaultCatchUpWithin, SuspendAfter: DefaultSuspendAfter,
	}
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
