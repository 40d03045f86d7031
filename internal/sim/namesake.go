package sim

import (
	"fmt"
	"time"

	"github.com/imageferry/imageferry/internal/image"
)

// takeImageName lets a stranger make an image that is called as ours will be.
func (w *world) takeImageName(from time.Duration) {
	next := w.plans["machines"].Next(epoch.Add(from), 1)
	if len(next) == 0 {
		return
	}
	export := image.ExportID(image.SlotPrefix("machines", next[0]) + string(w.machines[0].ID))
	w.at(max(from, next[0].Sub(epoch)-time.Hour), func() {
		w.met("a stranger's image under a name of ours")
		w.addStranger(export.MadeName(), nil)
	})
}

// copyImage lets somebody copy an image of ours: the copy has its tags.
func (w *world) copyImage(of image.Image) {
	w.met("a copy of an image of ours")
	w.addStranger(of.Name+"-copy", of.Tags)
}

func (w *world) addStranger(name string, tags map[string]string) {
	w.made++
	id := image.ID(fmt.Sprintf("img-other%d", w.made))
	w.catalog[id] = &picture{Image: image.Image{
		ID: id, Name: name, Type: "PRIVATE_IMAGE", State: "NORMAL", OS: "Ubuntu", Tags: tags, Created: epoch.Add(w.now).Truncate(time.Second),
		Disks: []image.Disk{{Snapshot: fmt.Sprintf("snap-other%d", w.made), System: true, GiB: 20}},
	}}
	w.tell(nil, "somebody makes image %s, called %s", id, name)
}

// checkPicture is when ExportImages is about to be called: of an image that is ready,
// and, of a machine, of the one that was made for this export.
func (w *world) checkPicture(q image.ExportID, of image.InstanceID, id image.ID) {
	p := w.catalog[id]
	switch {
	case p == nil: // deleted since
	case p.State != "NORMAL":
		w.violate(imagesAreReady, q, "image %s is to be exported, and is %s", id, p.State)
	case of != "" && p.export != q:
		w.violate(imagesAreReady, q, "image %s is to be exported, and was not made for it", id)
	}
}
