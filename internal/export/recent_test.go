package export_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
)

func TestRecent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addImage("img-bbbbbbbb", 1)
	w.cloud = func(n int) error {
		if n > 0 {
			return errBusy
		}
		return nil
	}
	_, _ = w.start(web, "img-bbbbbbbb")
	w.now = w.now.Add(25 * time.Minute)
	w.deliver()
	_ = w.land(systemDisk)
	_ = w.store.Create(t.Context(), "v1/history/2026/11/22/damaged", nil)
	list := func(days, limit int) (ids []image.ExportID) {
		_, _ = w.invoke(func(ctx context.Context, d *export.Driver) error {
			entries, err := d.Recent(ctx, days, limit)
			for _, e := range entries {
				ids = append(ids, e.Request.ID)
			}
			return err
		})
		return ids
	}
	if got, want := list(2, 10), []image.ExportID{exportID("img-bbbbbbbb"), exportID(web)}; !slices.Equal(got, want) {
		t.Errorf("recent: %q, want %q", got, want)
	}
	if got := list(2, 1); len(got) != 1 {
		t.Errorf("at most one: %q", got)
	}
	w.now = w.now.Add(72 * time.Hour)
	if got, want := list(2, 10), []image.ExportID{exportID("img-bbbbbbbb")}; !slices.Equal(got, want) {
		t.Errorf("three days later: %q, want %q", got, want)
	}
}
