package plan

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
)

// Names and prefixes become parts of object keys and export ids, hence the
// narrow alphabet. A plan may not be called like the ids of other origins.
var (
	namePattern   = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)
	prefixPattern = regexp.MustCompile(`^[a-z0-9-]+(?:/[a-z0-9-]+)*/?$`)
	rolePattern   = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
	reserved      = []string{"api", "seen", "news"}
)

const (
	maxName = 40  // bytes of a plan's name
	maxRole = 128 // bytes of a role's name (598/19389)
	// maxPrefix keeps whole object keys far below the 850 bytes that COS takes.
	maxPrefix = 200
	// minWait is less than any export takes, and maxWait more than any: what is
	// silent for longer would be forgotten.
	minWait = 10 * time.Minute
	maxWait = 31 * 24 * time.Hour

	maxInFlight = 1000
	maxSuspend  = 100
	maxKeep     = 500 // custom images that a region can have (DescribeImageQuota)
)

// The sections of plans.yaml, as [Invalid.Section] names them.
const (
	inPlans    = "plans"
	inChannels = "channels"
)

// Invalid is a wrong value in a plan or a channel.
type Invalid struct {
	Section string // plans or channels
	Name    string // of the plan or the channel
	Field   string // as a path under it, such as ".images[2].id"; empty for the plan or the channel itself
	Err     error  // quotes nothing that could be a secret
}

// invalids collects what is wrong with one plan or channel.
type invalids struct {
	section, name string
	list          []Invalid
}

// note keeps an error; nil is none.
func (l *invalids) note(field string, err error) {
	if err != nil {
		l.list = append(l.list, Invalid{Section: l.section, Name: l.name, Field: field, Err: err})
	}
}

// Validate returns everything that is wrong with a document, by section and name.
// It is no method: the linker would keep one in the functions, which do not need it.
func Validate(d Document) []Invalid {
	var list []Invalid
	for _, c := range d.Channels.List() {
		list = append(list, c.validate(d)...)
	}
	for _, name := range d.Plans.Names() {
		list = append(list, d.Plans[name].validate(d.Channels.known())...)
	}
	return list
}

// validate returns everything that is wrong with a plan, where channels of these
// names are known.
func (p Plan) validate(channels []string) []Invalid {
	l := invalids{section: inPlans, name: p.Name}
	l.note("", p.validName())
	l.note(".schedule", p.validSchedule())
	l.note(".prefix", p.validPrefix())
	l.note(".format", p.validFormat())
	l.note(".role", p.validRole())
	l.note(".deadline", within("deadline", p.Deadline))
	p.noteItems(&l)
	l.note(".unchanged", choose("unchanged", p.Unchanged, Skip, Export))
	l.note(".max_in_flight", upTo("max_in_flight", p.MaxInFlight, maxInFlight))
	l.note(".catch_up", choose("catch_up", p.CatchUp, CatchUpNewest, CatchUpAll, CatchUpNone))
	l.note(".catch_up_within", within("catch_up_within", p.CatchUpWithin))
	l.note(".suspend_after", upTo("suspend_after", p.SuspendAfter, maxSuspend))
	l.note(".keep_images", p.validKeep())
	p.noteRoutes(&l, channels)
	return l.list
}

// noteRoutes checks who hears what.
func (p Plan) noteRoutes(l *invalids, known []string) {
	for _, channel := range slices.Sorted(maps.Keys(p.Notify)) {
		field := ".notify"
		if namePattern.MatchString(channel) {
			field += "." + channel // else it is no path
		}
		if err := choose("channel", channel, known...); err != nil {
			l.note(field, err)
			continue
		}
		if len(p.Notify[channel]) == 0 {
			l.note(field, fmt.Errorf("channel %q hears nothing; list what it hears, or leave it out for the usual", channel))
		}
		l.noteHeard(field, p.Notify[channel])
	}
}

func (p Plan) validName() error {
	if len(p.Name) > maxName || !namePattern.MatchString(p.Name) {
		return fmt.Errorf("plan name %q: want at most 40 of a-z, 0-9 and inner dashes; it becomes part of file names", p.Name)
	}
	// The ids of news have no narrower form than their beginning.
	if slices.Contains(reserved, p.Name) || strings.HasPrefix(p.Name, "news-") {
		return fmt.Errorf("plan name %q is reserved; choose another", p.Name)
	}
	return nil
}

func (p Plan) validPrefix() error {
	switch {
	case p.Prefix != "" && !prefixPattern.MatchString(p.Prefix):
		return fmt.Errorf("prefix %q: want a-z, 0-9, dashes and inner slashes", p.Prefix)
	case len(p.Prefix) > maxPrefix:
		return fmt.Errorf("prefix of %d bytes: want at most %d", len(p.Prefix), maxPrefix)
	}
	return nil
}

// validFormat asks for one of the formats as CVM writes it: a plan has no
// default left to fill in.
func (p Plan) validFormat() error {
	f, err := image.ParseFormat(string(p.Format))
	if err == nil && f != p.Format {
		err = fmt.Errorf("format %q: want %q", p.Format, f)
	}
	return err
}

func (p Plan) validRole() error {
	if p.Role != "" && (len(p.Role) > maxRole || !rolePattern.MatchString(p.Role)) {
		return fmt.Errorf("role %q: want the name of a CAM role, such as CVM_QcsRole", p.Role)
	}
	return nil
}

// ErrKeepNothing says that keep_images stands where there is nothing to keep.
var ErrKeepNothing = errors.New("keep_images: the plan has no instances, so it makes no images; leave it out")

func (p Plan) validKeep() error {
	if p.KeepImages != 0 && len(p.Instances) == 0 {
		return ErrKeepNothing
	}
	return upTo("keep_images", p.KeepImages, maxKeep)
}

func within(what string, d time.Duration) error {
	if d < minWait || d > maxWait {
		return fmt.Errorf("%s %s: want 10m to 744h (31 days)", what, d)
	}
	return nil
}

func upTo(what string, n, most int) error {
	if n < 0 || n > most {
		return fmt.Errorf("%s %d: want 0 to %d", what, n, most)
	}
	return nil
}
