package sandbox

import (
	"archive/zip"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Plan is what the sandbox needs to know of a compiled plan: when its timer
// fires.
type Plan struct {
	Name     string
	Schedule string
}

// defaultSchedule is for plans that state none: three at night in UTC+8.
const defaultSchedule = "0 0 3 * * * *"

// packed is what was compiled into a zip.
type packed struct {
	plans    []Plan
	channels []Channel
}

// readPacked reads plans.json from a deployed zip.
func readPacked(name string) (p packed, err error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return p, err
	}
	defer z.Close()
	f, err := z.Open("plans.json")
	if err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	defer f.Close()
	var doc struct {
		Plans    map[string]Plan
		Channels map[string]Channel
	}
	if err := json.NewDecoder(f).Decode(&doc); err != nil {
		return p, fmt.Errorf("%s: plans.json: %w", name, err)
	}
	for _, n := range slices.Sorted(maps.Keys(doc.Plans)) {
		p.plans = append(p.plans, Plan{Name: n, Schedule: cmp.Or(doc.Plans[n].Schedule, defaultSchedule)})
	}
	for _, n := range slices.Sorted(maps.Keys(doc.Channels)) {
		c := doc.Channels[n]
		c.Name = n
		p.channels = append(p.channels, c)
	}
	return p, nil
}
