package planfile

import (
	"errors"

	"github.com/imageferry/imageferry/internal/plan"
)

// channel returns the channel that r describes, and what only the file shows to be
// wrong: there, an empty list is not the same as none.
func (r route) channel(name text) (plan.Channel, []plan.Invalid) {
	c := plan.Channel{
		Name: string(name), Service: string(r.Service), URL: string(r.URL), Secret: string(r.Secret),
		From: string(r.From), To: list(r.To), Language: string(r.Language), Hears: list(r.Hears), Plans: list(r.Plans),
		Fallback: string(r.Fallback), NoLinks: r.Links != nil && !*r.Links, Private: r.Private,
	}
	var wrong []plan.Invalid
	empty := func(field string, words []text, err string) {
		if words != nil && len(words) == 0 {
			wrong = append(wrong, plan.Invalid{Section: channels, Name: c.Name, Field: field, Err: errors.New(err)})
		}
	}
	empty(".hears", r.Hears, "the channel hears nothing; list what it hears, or leave it out for the usual")
	empty(".plans", r.Plans, "the channel hears of no plan; list some, or leave it out for all")
	return c, wrong
}

// list returns nil for a list with nothing in it.
func list(words []text) []string {
	var l []string
	for _, w := range words {
		l = append(l, string(w))
	}
	return l
}
