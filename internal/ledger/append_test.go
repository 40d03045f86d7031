package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// hooked is a store whose creates and listings go wrong as a test wants.
type hooked struct {
	ledger.Store
	create func(ctx context.Context, key string, body []byte) error
	list   func(keys []string) []string
	gets   int
}

func (h *hooked) Create(ctx context.Context, key string, body []byte) error {
	if h.create != nil {
		return h.create(ctx, key, body)
	}
	return h.Store.Create(ctx, key, body)
}

func (h *hooked) Get(ctx context.Context, key string) ([]byte, error) {
	h.gets++
	return h.Store.Get(ctx, key)
}

func (h *hooked) List(ctx context.Context, prefix, after string, limit int) ([]string, bool, error) {
	keys, more, err := h.Store.List(ctx, prefix, after, limit)
	if h.list != nil {
		keys = h.list(keys)
	}
	return keys, more, err
}

// overwrite replaces an object, as COS does on a versioned bucket or in a race.
func (h *hooked) overwrite(ctx context.Context, key string, body []byte) error {
	return errors.Join(h.Store.Delete(ctx, key), h.Store.Create(ctx, key, body))
}

var errLostAnswer = &outcome.Error{Kind: outcome.Unknown, Op: "PutObject", Code: "ClientError"}

func newHooked() (*hooked, *ledger.Ledger) {
	h := &hooked{Store: ledger.NewMemory()}
	return h, ledger.New(h, "p/")
}

func entry(seq int, s ledger.State) ledger.Entry {
	return ledger.Entry{Seq: seq, State: s, At: slot, Request: ledger.Request{ID: "nightly-1", Slot: slot}}
}

var slot = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func TestAppendSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	h, l := newHooked()
	h.create = func(ctx context.Context, key string, body []byte) error {
		return errors.Join(h.Store.Create(ctx, key, body), errLostAnswer)
	}
	e, err := l.Append(t.Context(), entry(1, ledger.Intent))
	if err != nil || e.Nonce == "" {
		t.Fatalf("our own entry stands: %+v, %v", e, err)
	}
	if _, err := l.Confirm(t.Context(), e); err != nil {
		t.Error(err)
	}
}

func TestAppendIsAnsweredExistsForItsOwnWrite(t *testing.T) {
	t.Parallel()
	h, l := newHooked()
	h.create = func(ctx context.Context, key string, body []byte) error { // something on the way sends it twice
		return errors.Join(h.Store.Create(ctx, key, body), h.Store.Create(ctx, key, body))
	}
	if _, err := l.Append(t.Context(), entry(1, ledger.Intent)); err != nil {
		t.Errorf("a 409 with our nonce is a win: %v", err)
	}
}

func TestAppendLandsLater(t *testing.T) {
	t.Parallel()
	h, l := newHooked()
	var late func() error
	h.create = func(ctx context.Context, key string, body []byte) error {
		late = func() error { return h.Store.Create(ctx, key, body) }
		return errLostAnswer
	}
	_, err := l.Append(t.Context(), entry(1, ledger.Intent))
	if !outcome.Is(err, outcome.Unknown) || errors.Is(err, ledger.ErrLost) {
		t.Fatalf("nobody can tell, yet: %v", err)
	}
	if err := late(); err != nil {
		t.Fatal(err)
	}
	if e, err := l.Load(t.Context(), "nightly-1"); err != nil || e.State != ledger.Intent {
		t.Fatalf("it landed: %+v, %v", e, err)
	}
	h.create = nil
	stands, err := l.Append(t.Context(), entry(1, ledger.Failed))
	if !errors.Is(err, ledger.ErrLost) || stands.State != ledger.Intent {
		t.Errorf("the late one holds the place: %+v, %v", stands, err)
	}
}

func TestAppendRefusedIsNotReadBack(t *testing.T) {
	t.Parallel()
	h, l := newHooked()
	h.create = func(context.Context, string, []byte) error {
		return &outcome.Error{Kind: outcome.Config, Op: "PutObject", Code: "AccessDenied"}
	}
	_, err := l.Append(t.Context(), entry(1, ledger.Intent))
	if !outcome.Is(err, outcome.Config) || !strings.Contains(err.Error(), "append entry 1 of nightly-1") || h.gets != 0 {
		t.Errorf("%v after %d reads", err, h.gets)
	}
}

// Two writers both get a 200: only the read-back tells them apart.
func TestTwoWinners(t *testing.T) {
	t.Parallel()
	h, l := newHooked()
	h.create = h.overwrite
	first, err1 := l.Append(t.Context(), entry(1, ledger.Intent))
	second, err2 := l.Append(t.Context(), entry(1, ledger.Failed))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	stands, err := l.Confirm(t.Context(), first)
	if !errors.Is(err, ledger.ErrLost) || stands.Nonce != second.Nonce {
		t.Errorf("the overwritten claim: %+v, %v", stands, err)
	}
	if _, err := l.Confirm(t.Context(), second); err != nil {
		t.Error(err)
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		entries int
		list    func([]string) []string
		want    int
	}{
		{"no log", 0, nil, 0},
		{"one entry", 1, nil, 1},
		{"more than a page", 1005, nil, 1005},
		{"a listing that does not show the log yet", 1, func([]string) []string { return nil }, 1},
		{"a stale listing", 3, func(keys []string) []string { return keys[:2] }, 2},
		{"a listing with a gap", 3, func(keys []string) []string { return append(keys[:1], keys[2:]...) }, 3},
		{"a page given twice", 3, func(keys []string) []string { return append(keys, keys...) }, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h, l := newHooked()
			for seq := range test.entries {
				if _, err := l.Append(t.Context(), entry(seq+1, ledger.Retry)); err != nil {
					t.Fatal(err)
				}
			}
			h.list = test.list
			if e, err := l.Load(t.Context(), "nightly-1"); err != nil || e.Seq != test.want {
				t.Errorf("entry %d, %v; want %d", e.Seq, err, test.want)
			}
		})
	}
}

// Somebody may put what they like beside the log.
func TestLoadPassesOverForeignObjects(t *testing.T) {
	t.Parallel()
	h, l := newHooked()
	if _, err := l.Append(t.Context(), entry(1, ledger.Accepted)); err != nil {
		t.Fatal(err)
	}
	keys, _, _ := h.List(t.Context(), "p/", "", 10)
	dir := strings.TrimSuffix(keys[0], "000001.json")
	for _, name := range []string{"+00002.json", "000002.json.bak", "7.json", "old/000009.json", "readme.txt", "~"} {
		if err := h.Create(t.Context(), dir+name, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1200 { // more than a page, without an entry in it
		if err := h.Create(t.Context(), fmt.Sprintf("%s!%d", dir, i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := l.Load(t.Context(), "nightly-1"); err != nil || e.Seq != 1 {
		t.Errorf("entry %d, %v", e.Seq, err)
	}
}

func TestVersionedBucket(t *testing.T) {
	t.Parallel()
	if err := ledger.New(versioned{ledger.NewMemory()}, "p/").Check(t.Context()); !errors.Is(err, ledger.ErrVersioned) {
		t.Error(err)
	}
	if err := ledger.New(ledger.NewMemory(), "p/").Check(t.Context()); err != nil {
		t.Error(err)
	}
}

type versioned struct{ ledger.Store }

func (versioned) EverVersioned(context.Context) (bool, error) { return true, nil }

func TestWorkList(t *testing.T) {
	t.Parallel()
	_, l := newHooked()
	ctx := t.Context()
	old, young := entry(1, ledger.None).Request, entry(1, ledger.None).Request
	young.ID, young.Slot = "a-2", slot.Add(time.Hour)
	for _, r := range []ledger.Request{young, old} {
		if fresh, err := l.Open(ctx, r); err != nil || !fresh {
			t.Fatal(fresh, err)
		}
	}
	if fresh, err := l.Open(ctx, old); err != nil || fresh {
		t.Errorf("opened twice: fresh %t, %v", fresh, err)
	}
	names, more, err := l.Opened(ctx, "", 1)
	if err != nil || !more || len(names) != 1 || names[0] != ledger.OpenName(old) {
		t.Fatalf("the oldest first: %q, %t, %v", names, more, err)
	}
	if r, err := l.ReadOpen(ctx, names[0]); err != nil || r.ID != old.ID || !r.Slot.Equal(old.Slot) {
		t.Errorf("%+v, %v", r, err)
	}
	closed := entry(2, ledger.Closed)
	for range 2 {
		if err := l.Close(ctx, names[0], closed); err != nil {
			t.Fatal(err)
		}
	}
	if names, _, _ := l.Opened(ctx, "", 9); len(names) != 1 || names[0] != ledger.OpenName(young) {
		t.Errorf("left open: %q", names)
	}
	if ids, _, err := l.Closed(ctx, slot, "", 9); err != nil || len(ids) != 1 || ids[0] != "nightly-1" {
		t.Errorf("closed: %q, %v", ids, err)
	}
	if ids, _, _ := l.Closed(ctx, slot.Add(24*time.Hour), "", 9); len(ids) != 0 {
		t.Errorf("closed a day later: %q", ids)
	}
}

func TestParseOpenName(t *testing.T) {
	t.Parallel()
	r := ledger.Request{ID: "nightly-20261122t030000z-72n9mi0y", Slot: slot}
	if id, err := ledger.ParseOpenName(ledger.OpenName(r)); err != nil || id != r.ID {
		t.Errorf("%q, %v", id, err)
	}
	for _, name := range []string{"", "x", "20261122t030000z", "20261122t030000z-", "20261122t030000z_a", "20269922t030000z-a", "20261122t030000z-A/b", "20261122t030000z-a/", "readme"} {
		if id, err := ledger.ParseOpenName(name); err == nil || id != "" || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("%q: %q, %v", name, id, err)
		}
	}
}
