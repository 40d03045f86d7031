package sim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// cloud is CVM as one instance sees it. It implements [export.Cloud].
type cloud struct{ i *instance }

var _ export.Cloud = cloud{}

// Answers of CVM (213/47833), classified as internal/tencent does.
var (
	errQuota     = refusal(outcome.Full, "LimitExceeded.ExportImageTaskLimitExceeded")
	errRate      = refusal(outcome.Full, "RequestLimitExceeded")
	errBusy      = refusal(outcome.Later, "InvalidParameterValue.InvalidImageState")
	errNoImage   = refusal(outcome.Image, "InvalidImageId.NotFound")
	errEncrypted = refusal(outcome.Image, "UnsupportedOperation.EncryptedImagesNotSupported")
	errSettings  = refusal(outcome.Config, "InvalidParameterValue.InvalidBucketPermissionForExport")
	errName      = refusal(outcome.Exists, "InvalidImageName.Duplicate")
)

func refusal(kind outcome.Kind, code string) *outcome.Error {
	return &outcome.Error{Kind: kind, Op: "CVM", Code: code, Message: "refused by the simulation"}
}

func (c cloud) Images(_ context.Context, ids []image.ID) (found map[image.ID]image.Image, err error) {
	w := c.i.w
	err = w.call(opImages, fmt.Sprint(ids), func(*sent) error {
		found = map[image.ID]image.Image{}
		for _, id := range ids {
			if m := w.catalog[id]; m != nil {
				found[id] = m.Image
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

func (c cloud) Find(_ context.Context, q export.Query) (list []image.Image, err error) {
	w := c.i.w
	err = w.call(opFind, fmt.Sprint(q), func(*sent) error {
		for _, id := range slices.Sorted(maps.Keys(w.catalog)) {
			if p := w.catalog[id]; w.now < p.shows {
				w.met("a new image that is not listed yet")
			} else if matches(p.Image, q) {
				list = append(list, p.Image)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func matches(m image.Image, q export.Query) bool {
	for key, value := range q.Tags {
		if m.Tags[key] != value {
			return false
		}
	}
	return q.Name == "" || q.Name == m.Name
}

func (c cloud) Instances(_ context.Context, ids []image.InstanceID) (list []image.Instance, err error) {
	w := c.i.w
	err = w.call(opInstances, fmt.Sprint(ids), func(*sent) error {
		for _, m := range w.machines {
			if ids == nil || slices.Contains(ids, m.ID) {
				list = append(list, m)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Export takes a task, or refuses it. A task is one per call: the call has no
// token, so a repeat starts another one.
func (c cloud) Export(_ context.Context, r ledger.Request) (answer export.Task, err error) {
	w := c.i.w
	claim := w.checkExport(c.i, r)
	err = w.call(opExport, string(r.ID), func(s *sent) error {
		if err := w.refuse(r, s); err != nil {
			return err
		}
		t := w.begin(r, s)
		w.checkStart(s, t, claim)
		answer = export.Task{ID: t.number, Paths: w.paths(t, s)}
		return nil
	})
	w.answered(claim, err)
	if err != nil {
		return export.Task{}, err
	}
	return answer, nil
}

// paths is how CVM names the files that it will write. That it names them all is
// documented, and not believed.
func (w *world) paths(t *task, s *sent) (paths []string) {
	without := -1
	if w.hit(pathsForget, s.id) {
		w.met("CVM forgot a file when it named them")
		without = w.number(s.id.and('p'), len(t.files))
	}
	for i, key := range t.files {
		if i != without {
			paths = append(paths, "/"+key)
		}
	}
	return paths
}

// refuse returns why CVM does not take a task, or nil.
func (w *world) refuse(r ledger.Request, s *sent) error {
	m, id := w.catalog[r.Image.ID], s.id
	switch {
	case w.hit(cvmLimited, id):
		w.met("CVM limited the rate")
		return errRate
	case w.hit(cvmMisconfigured, named("settings", int(w.now/(3*time.Hour)))):
		w.met("CVM refused the settings")
		return errSettings
	case m == nil:
		w.met("an image that was gone when it was to be exported")
		return errNoImage
	case m.poison == alwaysRefused, w.hit(cvmRefuses, id):
		w.met("CVM refused an image")
		return errEncrypted
	case m.poison == alwaysUnknown:
		w.met("an image whose export is never answered")
		s.by.hurt++
		return errNoAnswer
	case w.hit(cvmBusy, id):
		w.met("CVM was busy with an image")
		return errBusy
	case w.runningTasks() >= w.quota:
		w.met("the quota of running tasks was full")
		return errQuota
	}
	return nil
}
