package planfile

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// compile returns what the file describes, and everything that is wrong with it.
func (f file) compile() (plan.Document, []plan.Invalid) {
	d, wrong := plan.Document{Plans: plan.Set{}}, []plan.Invalid(nil)
	for name, e := range f.Plans {
		p, invalid := e.plan(name)
		d.Plans[p.Name], wrong = p, append(wrong, invalid...)
	}
	for name, r := range f.Channels {
		if d.Channels == nil {
			d.Channels = plan.Channels{} // none and an empty one are the same in plans.json
		}
		c, invalid := r.channel(name)
		d.Channels[c.Name], wrong = c, append(wrong, invalid...)
	}
	return d, append(wrong, plan.Validate(d)...)
}

// compiler makes a plan of an entry and collects what only the entry shows to be
// wrong. A value that cannot be read leaves the default behind, so that it is
// complained of once.
type compiler struct {
	plan.Plan
	wrong []plan.Invalid
}

// plan returns the plan that e describes, and what only the file shows to be wrong.
func (e entry) plan(name text) (plan.Plan, []plan.Invalid) {
	c := compiler{Plan: plan.Default()}
	c.Name, c.Schedule = string(name), string(e.Schedule)
	c.Prefix, c.Role, c.RootDiskOnly = string(e.Prefix), string(e.Role), e.RootDiskOnly
	c.selection(e)
	c.form(e)
	c.timing(e)
	c.limits(e)
	c.unrecognized(e)
	c.routes(e)
	return c.Plan, c.wrong
}

func (c *compiler) note(field string, err error) {
	if err != nil {
		c.wrong = append(c.wrong, plan.Invalid{Section: plans, Name: c.Name, Field: field, Err: err})
	}
}

func (c *compiler) selection(e entry) {
	for i, m := range e.Images {
		s := plan.Selector{ID: image.ID(m.ID), Name: string(m.Name), Tags: words(m.Tags), Family: string(m.Family)}
		field := fmt.Sprintf(".images[%d].newest", i)
		if c.number(&s.Newest, field, m.Newest) && s.Newest == 0 {
			c.note(field, errors.New("newest 0: want at least 1; leave it out for all"))
		}
		c.Images = append(c.Images, s)
	}
	for _, m := range e.Instances {
		c.Instances = append(c.Instances, plan.InstanceSelector{ID: image.InstanceID(m.ID), Tags: words(m.Tags)})
	}
}

func (c *compiler) form(e entry) {
	format, err := image.ParseFormat(string(e.Format))
	c.note(".format", err)
	if err == nil {
		c.Format = format
	}
	if e.Bucket != "" {
		c.Bucket, err = image.ParseBucket(string(e.Bucket))
		c.note(".bucket", err)
	}
}

func (c *compiler) timing(e entry) {
	c.duration(&c.Deadline, ".deadline", e.Deadline)
	c.duration(&c.CatchUpWithin, ".catch_up_within", e.CatchUpWithin)
	c.CatchUp = cmp.Or(plan.CatchUp(e.CatchUp), c.CatchUp)
	if e.Schedule == "" && e.CatchUp != "" {
		c.note(".catch_up", errors.New("catch_up: without a schedule nobody knows what was missed; add the timer's as schedule"))
	}
}

func (c *compiler) limits(e entry) {
	c.Unchanged = cmp.Or(plan.Unchanged(e.Unchanged), c.Unchanged)
	c.number(&c.MaxInFlight, ".max_in_flight", e.MaxInFlight)
	c.number(&c.SuspendAfter, ".suspend_after", e.SuspendAfter)
	if len(e.Instances) > 0 {
		c.KeepImages = plan.DefaultKeepImages
	}
	if c.number(&c.KeepImages, ".keep_images", e.KeepImages) && c.KeepImages == 0 && len(e.Instances) == 0 {
		c.note(".keep_images", plan.ErrKeepNothing) // of no plan of plans.json, where nothing and 0 are the same
	}
}

func (c *compiler) unrecognized(e entry) {
	switch e.Unrecognized {
	case "accept":
		c.AnyData = true
	case "", "fail":
	default:
		c.note(".unrecognized_data", &plan.ChoiceError{What: "unrecognized_data", Word: string(e.Unrecognized), Wanted: []string{"accept", "fail"}})
	}
}

func (c *compiler) routes(e entry) {
	for channel, kinds := range e.Notify {
		if c.Notify == nil {
			c.Notify = map[string][]string{}
		}
		c.Notify[string(channel)] = list(kinds)
	}
}

func (c *compiler) duration(d *time.Duration, field string, t text) {
	if t == "" {
		return
	}
	parsed, err := time.ParseDuration(string(t))
	if err != nil {
		c.note(field, fmt.Errorf("%s %q: want a duration such as 90m or 12h; a week is 168h", last(field), t))
		return
	}
	*d = parsed
}

// number reads a number if there is one, and reports whether it did.
func (c *compiler) number(n *int, field string, t text) bool {
	if t == "" {
		return false
	}
	parsed, err := strconv.Atoi(string(t))
	if err != nil {
		c.note(field, fmt.Errorf("%s %q: want a whole number", last(field), t))
		return false
	}
	*n = parsed
	return true
}

// last returns the last name of a path.
func last(field string) string { return field[strings.LastIndexByte(field, '.')+1:] }

// words returns nil for tags that are not there: plans.json does not tell the two
// apart.
func words(tags map[text]text) map[string]string {
	var m map[string]string
	for key, value := range tags {
		if m == nil {
			m = map[string]string{}
		}
		m[string(key)] = string(value)
	}
	return m
}
