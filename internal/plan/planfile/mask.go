package planfile

import (
	"regexp"
	"slices"
	"strings"
)

var (
	addressPattern = regexp.MustCompile(`\S+://\S+`)
	fieldPattern   = regexp.MustCompile(`([A-Za-z_-]+)["']?[ \t]*:[ \t]+`)
	namePattern    = regexp.MustCompile(`^["']?FERRY_[A-Z0-9_]+["']?(?:[\s,}]|$)`)
)

// masked puts stars for what may be a secret in an excerpt of the file, because it
// ends up in the log of a build: whatever holds an address, and what follows the
// name of some fields. Lengths stay, and so the caret where it stood.
func masked(excerpt string) string {
	lines := strings.Split(addressPattern.ReplaceAllStringFunc(excerpt, stars), "\n")
	for i, line := range lines {
		for _, at := range fieldPattern.FindAllStringSubmatchIndex(line, -1) {
			field, value := line[at[2]:at[3]], line[at[1]:]
			if confidential(fold(field)) && !namePattern.MatchString(value) {
				lines[i] = line[:at[1]] + stars(value)
				break // a comma can be part of the value, so it goes to the end
			}
		}
	}
	return strings.Join(lines, "\n")
}

// confidential reports whether a field may be meant for a secret, also one that is
// misspelt or that there is not.
func confidential(field string) bool {
	return distance(field, "url") <= 2 || distance(field, "secret") <= 2 ||
		slices.ContainsFunc([]string{"url", "secret", "token", "key", "password"}, func(s string) bool { return strings.Contains(field, s) })
}

// stars returns a star for each character of text.
func stars(text string) string { return strings.Repeat("*", len([]rune(text))) }
