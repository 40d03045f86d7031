package plan

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/cron"
	"github.com/imageferry/imageferry/internal/image"
)

// Names and prefixes become parts of object keys and export ids, hence the
// narrow alphabet. A plan may not be called like the ids of other origins.
var (
	namePattern   = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$`)
	prefixPattern = regexp.MustCompile(`^[a-z0-9-]+(?:/[a-z0-9-]+)*/?$`)
	rolePattern   = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
	reserved      = []string{"api", "seen"}
)

const (
	maxName = 40  // bytes of a plan's name
	maxRole = 128 // bytes of a role's name (598/19389)
	// maxPrefix keeps whole object keys far below the 850 bytes that COS takes.
	maxPrefix = 200
	// minDeadline is less than any export takes.
	minDeadline = 10 * time.Minute
)

// Invalid is a field of a plan that holds a wrong value.
type Invalid struct {
	Field string // as a path under the plan, such as ".images[2].id"; empty for the plan itself
	Err   error
}

// Validate returns everything that is wrong with a plan, in the order of its fields.
func (p Plan) Validate() []Invalid {
	var list []Invalid
	note := func(field string, err error) {
		if err != nil {
			list = append(list, Invalid{Field: field, Err: err})
		}
	}
	note("", p.validName())
	note(".schedule", p.validSchedule())
	note(".prefix", p.validPrefix())
	note(".format", p.validFormat())
	if p.Role != "" && (len(p.Role) > maxRole || !rolePattern.MatchString(p.Role)) {
		note(".role", fmt.Errorf("role %q: want the name of a CAM role, such as CVM_QcsRole", p.Role))
	}
	if p.Deadline < minDeadline {
		note(".deadline", fmt.Errorf("deadline %s: an export takes at least 10m", p.Deadline))
	}
	if len(p.Images) == 0 {
		note(".images", fmt.Errorf("plan %q selects nothing; add images", p.Name))
	}
	for i, s := range p.Images {
		_, err := image.ParseID(string(s.ID))
		note(fmt.Sprintf(".images[%d].id", i), err)
	}
	return list
}

func (p Plan) validName() error {
	if len(p.Name) > maxName || !namePattern.MatchString(p.Name) {
		return fmt.Errorf("plan name %q: want at most 40 of a-z, 0-9 and inner dashes; it becomes part of file names", p.Name)
	}
	if slices.Contains(reserved, p.Name) {
		return fmt.Errorf("plan name %q is reserved; choose another", p.Name)
	}
	return nil
}

func (p Plan) validSchedule() error {
	if p.Schedule == "" {
		return nil
	}
	_, err := cron.Parse(p.Schedule)
	return err
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
