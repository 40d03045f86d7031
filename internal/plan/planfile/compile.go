package planfile

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// compiler makes a plan of an entry and collects what only the entry shows to be
// wrong. A value that cannot be read leaves the default behind, so that it is
// complained of once.
type compiler struct {
	plan.Plan
	wrong []plan.Invalid
}

// plan returns the plan that e describes, and everything that is wrong with it.
func (e entry) plan(name string) (plan.Plan, []plan.Invalid) {
	c := compiler{Plan: plan.Default()}
	c.Name, c.Schedule, c.Prefix, c.Role, c.RootDiskOnly = name, e.Schedule, e.Prefix, e.Role, e.RootDiskOnly
	c.selection(e)
	c.form(e)
	c.timing(e)
	c.limits(e)
	if len(e.Notify) > 0 {
		c.Notify = e.Notify
	}
	return c.Plan, append(c.wrong, c.Validate()...)
}

func (c *compiler) note(field string, err error) {
	if err != nil {
		c.wrong = append(c.wrong, plan.Invalid{Field: field, Err: err})
	}
}

func (c *compiler) selection(e entry) {
	for i, m := range e.Images {
		s := plan.Selector{ID: m.ID, Name: m.Name, Tags: present(m.Tags), Family: m.Family}
		switch {
		case m.Newest == nil:
		case *m.Newest == 0:
			c.note(fmt.Sprintf(".images[%d].newest", i), errors.New("newest 0: want at least 1; leave it out for all"))
		default:
			s.Newest = *m.Newest
		}
		c.Images = append(c.Images, s)
	}
	for _, m := range e.Instances {
		c.Instances = append(c.Instances, plan.InstanceSelector{ID: m.ID, Tags: present(m.Tags)})
	}
}

func (c *compiler) form(e entry) {
	format, err := image.ParseFormat(e.Format)
	c.note(".format", err)
	if err == nil {
		c.Format = format
	}
	if e.Bucket != "" {
		c.Bucket, err = image.ParseBucket(e.Bucket)
		c.note(".bucket", err)
	}
}

func (c *compiler) timing(e entry) {
	c.duration(&c.Deadline, "deadline", e.Deadline)
	c.duration(&c.CatchUpWithin, "catch_up_within", e.CatchUpWithin)
	c.CatchUp = cmp.Or(plan.CatchUp(e.CatchUp), c.CatchUp)
	if e.Schedule == "" && e.CatchUp != "" {
		c.note(".catch_up", errors.New("catch_up: without a schedule nobody knows what was missed; repeat the timer's here as schedule"))
	}
}

func (c *compiler) duration(d *time.Duration, what, text string) {
	if text == "" {
		return
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		c.note("."+what, fmt.Errorf("%s %q: want a duration such as 90m or 12h; a week is 168h", what, text))
		return
	}
	*d = parsed
}

func (c *compiler) limits(e entry) {
	c.Unchanged = cmp.Or(plan.Unchanged(e.Unchanged), c.Unchanged)
	c.MaxInFlight = e.MaxInFlight
	if e.SuspendAfter != nil {
		c.SuspendAfter = *e.SuspendAfter
	}
	switch {
	case e.KeepImages == nil && len(e.Instances) > 0:
		c.KeepImages = plan.DefaultKeepImages
	case e.KeepImages == nil:
	case *e.KeepImages == 0 && len(e.Instances) == 0:
		c.note(".keep_images", plan.ErrKeepNothing)
	default:
		c.KeepImages = *e.KeepImages
	}
}

// present returns nil for tags that are not there: plans.json does not tell the
// two apart.
func present(tags map[string]string) map[string]string {
	if len(tags) == 0 {
		return nil
	}
	return tags
}
