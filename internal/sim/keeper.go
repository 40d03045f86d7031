package sim

import (
	"context"
	"fmt"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/manifest"
)

// keeper writes the manifest of an export beside its log and, unless somebody else
// exported it, beside its files, as internal/ferry does. It implements [export.Keeper].
type keeper struct{ i *instance }

var _ export.Keeper = keeper{}

func (k keeper) Keep(ctx context.Context, e ledger.Entry) error {
	w := k.i.w
	claim := w.checkKeep(k.i, e)
	body, err := manifest.Of(e, region).Encode()
	if err != nil {
		return err
	}
	r := e.Request
	if err = k.i.ferry.Driver.Ledger.KeepManifest(ctx, r.ID, body); err == nil && r.Origin != ledger.Observed {
		key := manifest.Key(r)
		err = w.call(opPut, key, func(s *sent) error {
			w.heard(s, claim, ledger.ManifestChannel, e)
			if w.images.get(key) != nil {
				w.met("a manifest that stood already")
				return nil
			}
			w.keep(key, body)
			return nil
		})
	}
	w.answered(claim, err)
	w.told(k.i, claim, ledger.ManifestChannel, nil, err)
	return err
}

// keep puts a manifest into the image bucket. It has an event like any other file.
func (w *world) keep(key string, body []byte) {
	f := ledger.File{Key: key, Size: int64(len(body)), ETag: "manifest", Time: epoch.Add(w.now)}
	w.images.put(key, &object{body: body, file: f, since: w.now})
	w.eventOfNoDisk(recordOf(key, f.Size, f.ETag, f.Time))
}

// eventOfNoDisk delivers an event that is none of our business.
func (w *world) eventOfNoDisk(record string) {
	w.deliver(&w.notify, fmt.Sprintf("event of no disk at %s", w.now), objectsEvent(record), func(v *invocation) {
		if v.calls > 0 {
			w.violate(othersCostNothing, "", "%s makes %d requests", v.name, v.calls)
		}
	})
}
