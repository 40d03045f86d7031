package plan

import (
	"fmt"
	"maps"
	"slices"
)

// Channels are the ways in which people are told, as [Plan.Notify] names them.
var Channels = []string{"webhook"}

// Kinds are what people can be told of, as [Plan.Notify] names it.
var Kinds = []string{"completed", "recovered", "failed", "partial", "stalled", "missed", "skipped", "suspended", "resumed", "digest"}

// noteRoutes checks who hears what.
func (p Plan) noteRoutes(l *invalids) {
	for _, channel := range slices.Sorted(maps.Keys(p.Notify)) {
		if err := choose("channel", channel, Channels...); err != nil {
			l.note(".notify", err)
			continue
		}
		field := ".notify." + channel
		if len(p.Notify[channel]) == 0 {
			l.note(field, fmt.Errorf("channel %q hears nothing; list what it hears, or leave it out for the usual", channel))
		}
		for i, kind := range p.Notify[channel] {
			l.note(fmt.Sprintf("%s[%d]", field, i), choose("kind of notice", kind, Kinds...))
		}
	}
}
