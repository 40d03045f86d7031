package plan

import (
	"fmt"
	"slices"
)

// Kinds are what people can be told of, as [Channel.Hears] and [Plan.Notify] name
// it.
var Kinds = []string{"completed", "recovered", "failed", "partial", "stalled", "missed", "skipped", "suspended", "resumed", "digest"}

// Severities are how much a notice matters.
var Severities = []string{"info", "warning", "error"}

// Severity returns how much a kind of notice matters.
func Severity(kind string) string {
	switch kind {
	case "failed", "partial", "missed", "suspended":
		return "error"
	case "stalled":
		return "warning"
	}
	return "info"
}

// Hears reports whether a list of kinds and severities has a kind. An empty list
// stands for the usual: all but skipped and digest. A recovery is a completion too.
func Hears(list []string, kind string) bool {
	if len(list) == 0 {
		return kind != "skipped" && kind != "digest"
	}
	return slices.Contains(list, kind) || slices.Contains(list, Severity(kind)) && kind != "skipped" && kind != "digest" ||
		kind == "recovered" && slices.Contains(list, "completed")
}

// noteHeard checks a list of what a channel hears.
func (l *invalids) noteHeard(field string, list []string) {
	for i, word := range list {
		l.note(fmt.Sprintf("%s[%d]", field, i), choose("kind of notice", word, slices.Concat(Kinds, Severities)...))
	}
}
