package stories

import "regexp"

// unsteady is what differs from run to run, and how it is written instead.
var unsteady = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\d{8}t\d{6}z`), "SLOT"},
	{regexp.MustCompile(`/history/\d{4}/\d\d/\d\d/`), "/history/DAY/"},
	{regexp.MustCompile(`/exports/[0-9a-f]{2}/`), "/exports/HH/"},
	{regexp.MustCompile(`\b(api|seen)-[0-9a-f]{20}`), "$1-ID"},
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\n[0-9.]+ [KMGT]?i?B in [^\n]+/s\.`), ""}, // there only if it took a second
}

// plain returns text in its form for comparison.
func plain(text string) string {
	for _, u := range unsteady {
		text = u.pattern.ReplaceAllString(text, u.instead)
	}
	return text
}
