package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
)

// OpenName is the name of a request on the work list: its slot first, so that
// the list is ordered by age.
func OpenName(r Request) string {
	return r.Slot.UTC().Format(image.SlotFormat) + "-" + string(r.ID)
}

// ParseOpenName returns the export that a name on the work list stands for.
func ParseOpenName(name string) (image.ExportID, error) {
	slot, id := name[:min(len(image.SlotFormat), len(name))], name[min(len(image.SlotFormat)+1, len(name)):]
	_, err := time.Parse(image.SlotFormat, slot)
	parsed, idErr := image.ParseExportID(id)
	if err != nil || idErr != nil || name != slot+"-"+id {
		return "", fmt.Errorf("%q on the work list: want <slot>-<export>; somebody else wrote here", name)
	}
	return parsed, nil
}

// marker is an object on the work list.
type marker struct {
	Schema  int     `json:"schema"`
	Request Request `json:"request"`
}

func (m *marker) schema() int { return m.Schema }

// Open puts a request on the work list. It reports whether the marker is new;
// an old one is left as it is.
func (l *Ledger) Open(ctx context.Context, r Request) (fresh bool, err error) {
	err = l.put(ctx, "open/"+OpenName(r), marker{Schema: Schema, Request: r})
	if outcome.Is(err, outcome.Exists) {
		return false, nil
	}
	return err == nil, wrap(err, "open %s", r.ID)
}

// Opened returns the names on the work list after a name, oldest slot first.
func (l *Ledger) Opened(ctx context.Context, after string, limit int) (names []string, more bool, err error) {
	return l.names(ctx, "open/", after, limit)
}

// ReadOpen returns the request behind a name on the work list.
func (l *Ledger) ReadOpen(ctx context.Context, name string) (Request, error) {
	var m marker
	if err := l.get(ctx, l.prefix+"open/"+name, &m); err != nil {
		return Request{}, err
	}
	if OpenName(m.Request) != name {
		return Request{}, fmt.Errorf("ledger object %q holds the request of %q: somebody else wrote here", l.prefix+"open/"+name, OpenName(m.Request))
	}
	return m.Request, nil
}

// summary is what history keeps of an export.
type summary struct {
	Schema  int            `json:"schema"`
	ID      image.ExportID `json:"id"`
	Plan    string         `json:"plan,omitempty"`
	Image   image.ID       `json:"image"`
	Verdict State          `json:"verdict"`
	At      time.Time      `json:"at"`
}

// Close records a closed export in the history of its day and takes it off the
// work list; before both, a failure is marked on its slot. Each step may be
// repeated. A crash between them leaves the marker, and the next sweep closes
// again: never the other way round, which would lose the export from both lists.
func (l *Ledger) Close(ctx context.Context, name string, e Entry) error {
	r := e.Request
	if err := l.spoil(ctx, e); err != nil {
		return err
	}
	err := l.put(ctx, historyDir(e.At)+string(r.ID), summary{Schema: Schema, ID: r.ID, Plan: r.Plan, Image: r.Image.ID, Verdict: e.Verdict, At: e.At})
	if err != nil && !outcome.Is(err, outcome.Exists) {
		return fmt.Errorf("history of %s: %w", r.ID, err)
	}
	return wrap(l.store.Delete(ctx, l.prefix+"open/"+name), "close %s", r.ID)
}

// Closed returns the ids of exports that closed on a day (UTC).
func (l *Ledger) Closed(ctx context.Context, day time.Time, after string, limit int) (ids []string, more bool, err error) {
	return l.names(ctx, historyDir(day), after, limit)
}

func historyDir(day time.Time) string { return "history/" + day.UTC().Format("2006/01/02/") }

func (l *Ledger) put(ctx context.Context, key string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %q: %w", key, err)
	}
	return l.store.Create(ctx, l.prefix+key, body)
}

func (l *Ledger) names(ctx context.Context, dir, after string, limit int) ([]string, bool, error) {
	dir = l.prefix + dir
	if after != "" {
		after = dir + after
	}
	keys, more, err := l.store.List(ctx, dir, after, limit)
	for i, key := range keys {
		keys[i] = strings.TrimPrefix(key, dir)
	}
	return keys, more, wrap(err, "list %s", dir)
}
