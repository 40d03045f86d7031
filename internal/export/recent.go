package export

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Status returns the newest entry of an export; Seq is 0 if there is none.
func (d *Driver) Status(ctx context.Context, id image.ExportID) (ledger.Entry, error) {
	return d.Ledger.Load(ctx, id)
}

// Recent returns exports that are open or closed within the last days, at most
// limit of them, open ones first. One that cannot be read is logged and left out.
func (d *Driver) Recent(ctx context.Context, days, limit int) ([]ledger.Entry, error) {
	ids, err := d.recentIDs(ctx, days, limit)
	if err != nil {
		return nil, err
	}
	entries := make([]ledger.Entry, len(ids))
	d.Pool(len(ids), func(i int) {
		var err error
		if entries[i], err = d.Ledger.Load(ctx, ids[i]); err != nil {
			d.Log.LogAttrs(ctx, slog.LevelError, "export not readable", slog.String("export", string(ids[i])), slog.String("error", err.Error()))
		}
	})
	return pick(entries, func(e ledger.Entry) bool { return e.Seq > 0 }), nil
}

func (d *Driver) recentIDs(ctx context.Context, days, limit int) ([]image.ExportID, error) {
	var ids []image.ExportID
	add := func(id image.ExportID) {
		if !id.IsNews() && !slices.Contains(ids, id) && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	names, _, err := d.Ledger.Opened(ctx, "", limit)
	for _, name := range names {
		if id, err := ledger.ParseOpenName(name); err == nil {
			add(id)
		}
	}
	for day := 0; day < days && err == nil && len(ids) < limit; day++ {
		names, _, err = d.Ledger.Closed(ctx, d.Now().Add(-time.Duration(day)*24*time.Hour), "", limit)
		for _, name := range names {
			add(image.ExportID(name))
		}
	}
	return ids, err
}
