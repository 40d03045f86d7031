package export

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// Reasons for leaving an image out of a slot.
const (
	skipUnchanged = "unchanged" // the plan has exported it, and its files are there
	skipUnderWay  = "under-way" // an earlier slot's export of it is not over
)

// skip takes the images out of s that the plan holds unchanged, or that are under
// way for it, and returns them. What an image consists of never changes under its
// id, so the export of an earlier slot is as good as a new one: if its files are
// still there.
func (d *Driver) skip(ctx context.Context, o Order, s *survey) ([]ledger.Pick, error) {
	last, ok := s.before(o.Slot, func(m ledger.Mark) bool { return m.Fate == ledger.Filled })
	if o.Origin != ledger.Scheduled || o.Plan.Unchanged == plan.Export || !ok {
		return nil, nil
	}
	note, err := d.Ledger.ReadMark(ctx, o.Plan.Name, last)
	if errors.Is(err, ledger.ErrDamaged) { // rather export once more than not at all
		d.Log.LogAttrs(ctx, slog.LevelError, "slot not readable", slog.String("plan", o.Plan.Name), slog.String("error", err.Error()))
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	earlier := map[image.ID]image.ExportID{}
	for _, p := range slices.Concat(note.Skipped, note.Exports) {
		earlier[p.Image] = p.Export
	}
	reasons := make([]string, len(s.requests))
	errs := make([]error, len(s.requests))
	d.Pool(len(s.requests), func(i int) {
		r := s.requests[i]
		if id, ok := earlier[r.Image.ID]; ok && r.Image.ID != "" {
			reasons[i], errs[i] = d.holds(ctx, o, r, id)
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	var skipped []ledger.Pick
	var left []ledger.Request
	for i, r := range s.requests {
		if reasons[i] == "" {
			left = append(left, r)
			continue
		}
		skipped = append(skipped, ledger.Pick{Image: r.Image.ID, Export: earlier[r.Image.ID], Reason: reasons[i]})
	}
	s.requests = left
	return skipped, nil
}

// holds says why the export of an earlier slot makes r needless; empty if it does not.
func (d *Driver) holds(ctx context.Context, o Order, r ledger.Request, id image.ExportID) (string, error) {
	e, err := d.Ledger.Load(ctx, id)
	if errors.Is(err, ledger.ErrDamaged) {
		d.Log.LogAttrs(ctx, slog.LevelError, "export not readable", slog.String("export", string(id)), slog.String("error", err.Error()))
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if slot, ok := image.SlotOf(r.Plan, id); e.Seq == 0 && ok {
		// A slot that was filled put it on the work list, so it waits there.
		// Should it be gone, the next slot finds out.
		e.Request = r
		e.Request.ID, e.Request.Prefix, e.Request.Deadline = id, image.Prefix(o.Plan.Prefix, id), slot.Add(r.Deadline.Sub(r.Slot))
	}
	was := e.Request
	same := was.Image.ID == r.Image.ID && slices.Equal(was.Image.Disks, r.Image.Disks) && was.Bucket == r.Bucket &&
		was.Format == r.Format && was.RootOnly == r.RootOnly && was.Prefix == image.Prefix(o.Plan.Prefix, was.ID)
	switch {
	case !same:
		return "", nil
	case e.Verdict == "" && o.Slot.Before(was.Deadline):
		return skipUnderWay, nil
	case e.Verdict == "": // late; without an upload it is about to fail
		if late, err := d.Files.Uploads(ctx, was.Bucket, was.Stem()); err != nil || len(late) > 0 {
			return skipUnderWay, err
		}
		return "", nil
	case e.Verdict != ledger.Complete:
		return "", nil
	}
	files, err := d.stat(ctx, was.Bucket, e.Expected)
	if err != nil {
		return "", err
	}
	for _, f := range e.Landed {
		if !slices.ContainsFunc(files, func(now ledger.File) bool { return now.Key == f.Key && now.Size == f.Size }) {
			return "", nil // somebody removed or replaced it
		}
	}
	return skipUnchanged, nil
}

// tellSkipped puts the news of what was skipped on the work list, if any channel
// wants to hear of it.
func (d *Driver) tellSkipped(ctx context.Context, o Order, skipped []ledger.Pick) error {
	if len(skipped) == 0 {
		return nil
	}
	n := &ledger.Told{Kind: ledger.KindSkipped, Detail: fmt.Sprintf("left out of the slot, %d in all:", len(skipped))}
	for _, p := range skipped[:min(len(skipped), 20)] {
		n.Detail += fmt.Sprintf(" %s (%s, export %s)", p.Image, p.Reason, p.Export)
	}
	return d.tellPlan(ctx, o, n)
}
