package api_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/api"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// counted is a store that counts what is asked of it.
type counted struct {
	*ledger.Memory
	lists, gets int
}

func (c *counted) List(ctx context.Context, prefix, after string, limit int) ([]string, bool, error) {
	c.lists++
	return c.Memory.List(ctx, prefix, after, limit)
}

func (c *counted) Get(ctx context.Context, key string) ([]byte, error) {
	c.gets++
	return c.Memory.Get(ctx, key)
}

// apiOver serves a driver that has a ledger and nothing else.
func apiOver(l *ledger.Ledger) http.Handler {
	plans := plan.Set{"nightly": {Name: "nightly", Schedule: "0 0 3 * * * *"}}
	return apiOf(&export.Driver{
		Ledger: l, Plans: plans, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		Pool: func(n int, f func(int)) {
			for i := range n {
				f(i)
			}
		},
	}, plans, token)
}

// mark is what the ledger holds of a slot, days before the newest.
type mark struct {
	daysAgo int
	fate    ledger.Fate
	exports int
	export  image.ExportID // Spoilt only
}

// What is listed is what the ledger says, for one LIST and at most one GET a plan.
func TestPlansFromLedger(t *testing.T) {
	t.Parallel()
	newest := time.Date(2026, 11, 20, 19, 0, 0, 0, time.UTC)
	var year []mark
	for i := range 200 {
		year = append(year, mark{daysAgo: i + 1, exports: 1})
	}
	tests := []struct {
		name      string
		marks     []mark
		suspended bool
		last      *api.LastView
	}{
		{name: "nothing yet"},
		{name: "reckoned from here", marks: []mark{{fate: ledger.Begun}}},
		{"filled", append(year, mark{exports: 4}), false, &api.LastView{Fate: "filled", Exports: 4}},
		{"with failures", []mark{{exports: 3}, {fate: ledger.Spoilt, export: "a"}, {fate: ledger.Spoilt, export: "b"}, {daysAgo: 1, fate: ledger.Spoilt, export: "c"}},
			false, &api.LastView{Fate: "filled", Exports: 3, Failed: 2}},
		{"missed", []mark{{daysAgo: 1, exports: 1}, {fate: ledger.Missed}}, false, &api.LastView{Fate: "missed"}},
		{"missed, and filled after all", []mark{{fate: ledger.Missed}, {exports: 2}}, false, &api.LastView{Fate: "filled", Exports: 2}},
		{"suspended", []mark{{daysAgo: 1, exports: 1}, {fate: ledger.Suspended}}, true, &api.LastView{Fate: "suspended"}},
		{"resumed", []mark{{daysAgo: 1, fate: ledger.Suspended}, {fate: ledger.Resumed}}, false, &api.LastView{Fate: "suspended"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := &counted{Memory: ledger.NewMemory()}
			l := ledger.New(store, "")
			for _, m := range tt.marks {
				s := ledger.Slot{Plan: "nightly", At: newest, Exports: make([]ledger.Pick, m.exports)}
				if err := l.MarkSlot(t.Context(), ledger.Mark{Slot: newest.AddDate(0, 0, -m.daysAgo), Fate: m.fate, Export: m.export}, s); err != nil {
					t.Fatal(err)
				}
			}
			got := planViews(t, as(apiOver(l), "GET", "/v1/plans", "").Body.Bytes())
			if len(got) != 1 || got[0].Problem != "" {
				t.Fatalf("%+v", got)
			}
			if tt.last != nil {
				tt.last.Slot = newest
				if tt.name == "resumed" {
					tt.last.Slot = newest.AddDate(0, 0, -1)
				}
			}
			if diff := cmp.Diff(tt.last, got[0].Last); diff != "" || got[0].Suspended != tt.suspended {
				t.Errorf("suspended %t\n%s", got[0].Suspended, diff)
			}
			if next := []time.Time{due, due.AddDate(0, 0, 1), due.AddDate(0, 0, 2)}; !cmp.Equal(got[0].Next, next) {
				t.Errorf("next %v, want %v", got[0].Next, next)
			}
			if store.lists != 1 || store.gets > 1 {
				t.Errorf("%d lists, %d gets", store.lists, store.gets)
			}
		})
	}
}

// A note that a newer version wrote is said to be one.
func TestPlansOfNewerVersion(t *testing.T) {
	t.Parallel()
	store := ledger.NewMemory()
	if err := store.Create(t.Context(), "v1/slots/nightly/20261120t190000z", []byte(`{"schema":99}`)); err != nil {
		t.Fatal(err)
	}
	if p := wantProblem(t, as(apiOver(ledger.New(store, "")), "GET", "/v1/plans", ""), 503); !strings.Contains(p.Detail, "schema 99") {
		t.Errorf("%+v", p)
	}
}
