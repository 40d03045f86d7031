package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/imageferry/imageferry/internal/config"
)

// manifestName is the name under which the ledger notes that the manifest is
// written: that runs as a delivery does, but is no channel.
const manifestName = "manifest"

// validate returns everything that is wrong with a channel of a document.
func (c Channel) validate(d Document) []Invalid {
	l := invalids{section: inChannels, name: c.Name}
	l.note("", c.validName())
	l.note(".url", validVariable("url", c.URL))
	l.noteService(c)
	for _, other := range d.Channels.List() {
		if isVariable(c.Secret) && c.Secret == other.URL {
			l.note(".secret", fmt.Errorf("secret: %s is the url of channel %s too; a key and an address need a variable each", c.Secret, other.Name))
		}
	}
	if c.Language != "" {
		l.note(".language", choose("language", c.Language, "en", "zh"))
	}
	l.noteHeard(".hears", c.Hears)
	for i, pattern := range c.Plans {
		l.note(fmt.Sprintf(".plans[%d]", i), d.Plans.validPattern(pattern))
	}
	l.note(".fallback", c.validFallback(d.Channels))
	return l.list
}

func (c Channel) validName() error {
	switch {
	case len(c.Name) > maxName || !namePattern.MatchString(c.Name):
		return fmt.Errorf("channel name %q: want at most 40 of a-z, 0-9 and inner dashes", c.Name)
	case c.Name == BuiltIn.Name:
		return fmt.Errorf("channel name %q is that of the built-in channel of %s and %s; choose another", c.Name, BuiltIn.URL, BuiltIn.Secret)
	case c.Name == manifestName:
		return fmt.Errorf("channel name %q is reserved; choose another", c.Name)
	}
	return nil
}

// validVariable checks the name of an environment variable. Whoever writes the
// value in its place must not find it in the log of a build: it is not quoted.
func validVariable(field, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%s: is missing; name the environment variable that holds it, such as FERRY_ONCALL_%s", field, strings.ToUpper(field))
	case !isVariable(name):
		return fmt.Errorf("%s: want the name of an environment variable, such as FERRY_ONCALL_%s; "+
			"an address or a key is a secret: put it in the environment, not in this file", field, strings.ToUpper(field))
	case config.Taken(name):
		return fmt.Errorf("%s: %s is a setting of its own (docs/settings.md); choose another name", field, name)
	}
	return nil
}

// isVariable reports whether name is FERRY_ and more of the characters of such
// names. No address looks so, and hardly a key.
func isVariable(name string) bool {
	rest, ok := strings.CutPrefix(name, "FERRY_")
	return ok && rest != "" && strings.Trim(rest, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// validPattern refuses what fits no plan: a channel that waits for a misspelt one
// waits in silence.
func (s Set) validPattern(pattern string) error {
	if slices.ContainsFunc(s.Names(), func(name string) bool { return match(pattern, name) }) {
		return nil
	}
	return &ChoiceError{What: "plan", Word: pattern, Wanted: s.Names()}
}

func (c Channel) validFallback(all Channels) error {
	if c.Fallback == "" {
		return nil
	}
	if c.Fallback == c.Name {
		return errors.New("fallback: a channel cannot stand in for itself; name another, or leave it out")
	}
	others := slices.DeleteFunc(all.known(), func(name string) bool { return name == c.Name })
	if err := choose("fallback", c.Fallback, others...); err != nil {
		return err
	}
	// Of a circle, only the first channel by name complains.
	if way := all.circle(c.Name); way != nil && c.Name == slices.Min(way) {
		return fmt.Errorf("fallback: %s goes in a circle; leave one of them out", strings.Join(way, " → "))
	}
	return nil
}
