package function

import (
	"context"
	"log/slog"

	"github.com/imageferry/imageferry/internal/event"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/ferry"
	"github.com/imageferry/imageferry/internal/image"
)

// Notify is the function that COS calls when an object appears. It recognises the
// files of exports, decides whether an export is whole, and tells people.
type Notify struct {
	Open func() (*ferry.Ferry, error) // the deployment, opened once
}

// Invoke implements cloudfunction.Handler. An error makes SCF deliver all records
// again (twice, a minute apart), which is harmless: whatever is done already is
// found done.
func (n *Notify) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, err := event.Decode(payload)
	if err != nil {
		slog.ErrorContext(ctx, "event refused", "error", err)
		return nil, nil // the same bytes would fail again
	}
	created, ok := e.(event.ObjectsCreated)
	if !ok {
		slog.WarnContext(ctx, "event ignored", "kind", e.Kind())
		return nil, nil
	}
	for _, reason := range created.Skipped {
		slog.WarnContext(ctx, "record skipped", "reason", reason)
	}
	f, err := n.Open()
	if err != nil {
		return nil, err
	}
	return nil, f.Driver.Land(ctx, ours(f, created.Objects), f.Config.NotifyUnmanaged)
}

// ours keeps the objects with content of buckets that exports write to. Events can
// be forged; one for another bucket must not make us look there.
func ours(f *ferry.Ferry, objects []event.Object) []export.Object {
	buckets := map[image.Bucket]bool{f.Config.ImageBucket: true}
	for _, p := range f.Plans {
		if p.Bucket != (image.Bucket{}) {
			buckets[p.Bucket] = true
		}
	}
	var list []export.Object
	for _, o := range objects {
		b := image.Bucket{Name: o.Bucket, AppID: o.AppID}
		if !buckets[b] || o.Size == 0 { // an empty file is no disk, and its event is the cheapest place to say so
			continue
		}
		keys := []string{o.Key}
		if o.FallbackKey != "" {
			keys = append(keys, o.FallbackKey)
		}
		list = append(list, export.Object{Bucket: b, Keys: keys})
	}
	return list
}
