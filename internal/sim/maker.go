package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
)

// picture is a custom image of the account.
type picture struct {
	image.Image
	poison poison
	export image.ExportID // that made it; empty: not ours
	shows  time.Duration  // when it is listed
}

// poison is what is wrong with an image for good.
type poison uint8

const (
	healthy       poison = iota
	alwaysRefused        // DescribeImages does not show why
	alwaysUnknown
)

// CreateImage makes an image of an instance. Names are unique.
func (c cloud) CreateImage(_ context.Context, m export.NewImage) (id image.ID, err error) {
	w := c.i.w
	of := image.ExportID(m.Tags[export.TagExport])
	claim := w.checkCreate(c.i, of)
	err = w.call(opCreateImage, string(of), func(s *sent) error {
		if w.hit(cvmLimited, s.id) {
			return errRate
		}
		if w.hit(cvmBusy, s.id) {
			w.met("CVM was busy with an instance")
			return errBusy
		}
		for _, p := range w.catalog {
			if p.Name == m.Name {
				w.met("an image was made already")
				return errName
			}
		}
		id = w.make(m, of, s)
		w.checkMade(claim, of)
		return nil
	})
	w.answered(claim, err)
	if err != nil {
		return "", err
	}
	return id, nil
}

// make adds an image that is CREATING, and decides what becomes of it.
func (w *world) make(m export.NewImage, of image.ExportID, s *sent) image.ID {
	w.made++
	id := image.ID(fmt.Sprintf("img-made%d", w.made))
	p := &picture{export: of, Image: image.Image{
		ID: id, Name: m.Name, Type: "PRIVATE_IMAGE", State: "CREATING", OS: "Ubuntu", Tags: m.Tags, Created: epoch.Add(w.now).Truncate(time.Second),
		Disks: []image.Disk{{Snapshot: fmt.Sprintf("snap-made%d", w.made), System: true, GiB: 20}},
	}}
	if w.hit(imageHidden, s.id) {
		p.shows = w.now + time.Duration(w.float(s.id.and('h'))*float64(10*time.Minute))
	}
	w.catalog[id] = p
	w.tell(nil, "CVM makes image %s for %s", id, of)
	w.at(w.now+time.Duration(w.logUniform(s.id.and('m'), float64(2*time.Minute), float64(40*time.Minute))), func() {
		p.State = "NORMAL"
		if w.hit(imageCopied, s.id) {
			w.copyImage(p.Image)
		}
		if w.hit(makeFails, s.id) {
			p.State = "CREATEFAILED"
			w.met("an image that could not be made")
		}
	})
	return id
}

// DeleteImage removes an image with its snapshots.
func (c cloud) DeleteImage(_ context.Context, id image.ID) error {
	w := c.i.w
	claim := w.checkDeletion(c.i, id)
	err := w.call(opDeleteImage, string(id), func(s *sent) error {
		w.checkDeleted(claim, id)
		if w.catalog[id] != nil {
			delete(w.catalog, id)
			w.met("an older image of an instance was deleted")
			w.tell(nil, "CVM deletes image %s", id)
		}
		return nil
	})
	w.answered(claim, err)
	return err
}
