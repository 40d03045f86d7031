package export

import (
	"fmt"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Tags of the images that we make of instances. An image without them is never
// touched.
const (
	TagPlan     = "imageferry-plan"
	TagInstance = "imageferry-instance"
	TagExport   = "imageferry-export"
)

// newImage is the image that an export makes of its instance. The same export
// always asks for the same name, so a call that is repeated makes nothing twice.
func newImage(r ledger.Request) NewImage {
	return NewImage{
		Name: r.ID.MadeName(), Description: "made by Image Ferry for export " + string(r.ID), Instance: r.Instance, DataDisks: r.DataDisks,
		Tags: map[string]string{TagPlan: r.Plan, TagInstance: string(r.Instance), TagExport: string(r.ID)},
	}
}

// resolveImage: CreateImage was announced, and its holder said nothing since.
// Unlike ExportImages it may be repeated at once: the name is its token.
func resolveImage(s Situation) Step {
	if s.Now.Before(s.Entry.Until) || s.NoCVM {
		return Step{} // the holder may still act; nobody else does
	}
	if step, ok := s.need(LookImage); !ok {
		return step
	}
	switch {
	case s.Seen.Image != nil:
		return s.imaged(*s.Seen.Image)
	case s.spent(), s.overdue():
		return s.fail("unknown-outcome", fmt.Sprintf("CreateImage was called %d times for %s, never answered, and no image appeared", s.Entry.Making, s.Entry.Request.Instance),
			"look at the CVM status page; the next run of the plan tries again")
	}
	return s.announce()
}

// imaged goes on from an image that carries the name of ours.
func (s Situation) imaged(m image.Image) Step {
	r := s.Entry.Request
	if m.Tags[TagExport] != string(r.ID) {
		return s.fail("name-taken", fmt.Sprintf("image %s is called %q and is not ours", m.ID, m.Name), "rename or delete that image")
	}
	next := s.Entry.Next(ledger.Imaged, s.Now)
	next.Request.Image = m
	return Step{Append: &next}
}

// awaitImage: the image is there. CVM exports it when it is NORMAL.
func awaitImage(s Situation) Step {
	if s.NoCVM {
		return Step{}
	}
	if step, ok := s.need(LookImage); !ok {
		return step
	}
	r, m := s.Entry.Request, s.Seen.Image
	switch {
	case m != nil && m.State == "NORMAL":
		s.Entry.Request.Image = *m
		if refusal := image.Check(*m, r.RootOnly); refusal != nil {
			return s.fail(refusal.Reason, refusal.Detail, refusal.Hint)
		}
		if !s.overdue() {
			return s.first()
		}
	case m != nil && m.State == "CREATEFAILED":
		return s.fail("image-failed", fmt.Sprintf("CVM could not make image %s of %s", m.ID, r.Instance), "look at the image in the console; the next run of the plan tries again")
	}
	if s.overdue() {
		return s.fail("image-not-ready", fmt.Sprintf("image %s of %s was not ready to be exported before the deadline", r.Image.ID, r.Instance), "give the plan a longer deadline, or look at the image in the console")
	}
	return Step{} // it is being made; one that was made this moment need not show yet
}

// prunes reports whether old images of the instance are to be looked for: only
// behind a success, so that what fails never deletes what worked.
func (s Situation) prunes() bool {
	r := s.Entry.Request
	return r.Instance != "" && r.Keep > 0 && s.Entry.Verdict == ledger.Complete
}

// prune announces the deletion of images that we made and that need not stay.
func prune(s Situation) Step {
	if s.NoCVM {
		return Step{}
	}
	if step, ok := s.need(LookSurplus); !ok {
		return step
	}
	if len(s.Seen.Surplus) == 0 {
		return Step{Append: s.closed("")}
	}
	next := s.Entry.Next(ledger.Pruning, s.Now)
	next.Surplus = s.Seen.Surplus
	return Step{Append: &next, Effect: true}
}

// pruning: the deletion was announced, and its holder said nothing since. It is
// not repeated: the next export of the instance looks again.
func pruning(s Situation) Step {
	if s.Now.Before(s.Entry.Until) {
		return Step{}
	}
	return Step{Append: s.closed("nobody knows whether the older images were deleted; the next export of the instance looks again")}
}

func (s Situation) closed(detail string) *ledger.Entry {
	next := s.Entry.Next(ledger.Closed, s.Now)
	next.Detail = detail
	return &next
}
