// Package ledger is what Image Ferry remembers: small JSON objects in one COS
// bucket that say what was decided, before it was done.
//
// COS offers little to build on. Creating an object only if it is absent works
// for writers that come one after another, is not promised to be atomic for
// those that race, and is ignored without a word on a bucket that ever had
// versioning; there is no compare-and-swap; a listing may be stale. So nothing
// here is ever changed, and every decision is a new object:
//
//	v1/open/<slot>-<export>                work list, oldest first; the body is the request
//	v1/exports/<hh>/<export>/000001.json   the log of one export's decisions
//	v1/exports/<hh>/<export>/manifest.json what was exported, and how to restore it
//	v1/slots/<plan>/<slot>                 a slot whose work list is complete
//	v1/history/<yyyy>/<mm>/<dd>/<export>   what closed that day
//	v1/channels/<receiver>                 who wants to hear nothing more
//
// <hh> is two hex digits of the id's hash and spreads the keys. An [Entry]
// carries the whole state, so one export is read with one LIST and one GET.
//
// A decision is a claim: whoever creates entry n+1 may do what it announces.
// Because a 200 proves nothing under a race and a 409 can be the answer to our
// own lost write, every entry holds a nonce and is read back, once more after a
// settling time where an effect depends on it (see [Ledger.Confirm]). The keys and
// bodies are a format that outlives the program; they are pinned by golden files.
package ledger

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
)

// ErrLost says that another writer's entry stands where ours was meant to be.
var ErrLost = errors.New("another invocation holds the claim")

// ErrVersioned says that the bucket cannot hold a ledger.
var ErrVersioned = errors.New("the state bucket has or had versioning, and COS ignores create-if-absent there: use a bucket that never had it")

// ErrDamaged says that an object is there and cannot be read.
var ErrDamaged = errors.New("ledger object is damaged")

// Ledger reads and appends. It holds no state of its own and is safe for
// concurrent use.
type Ledger struct {
	store  Store
	prefix string

	// Nonce makes the mark by which a writer knows its own entry again. No two
	// calls may give the same, on any instance. New sets it to random text.
	Nonce func() string
}

// New returns the ledger under prefix, such as "imageferry/".
func New(store Store, prefix string) *Ledger {
	return &Ledger{store: store, prefix: prefix + "v1/", Nonce: rand.Text}
}

// Check makes sure that the bucket is reachable and keeps what it is told.
func (l *Ledger) Check(ctx context.Context) error {
	ever, err := l.store.EverVersioned(ctx)
	if err != nil {
		return fmt.Errorf("state bucket: %w", err)
	}
	if ever {
		return ErrVersioned
	}
	return nil
}

// Load returns the newest entry of an export, or the zero Entry if it has none.
// A listing may be stale. Where it misses the newest entries, an older one is
// returned, and whoever appends to that finds out. That there is no log at all
// is believed of its first key only: a file of an export whose log does not show
// yet would be taken for a stranger's.
func (l *Ledger) Load(ctx context.Context, id image.ExportID) (Entry, error) {
	seq, err := l.newest(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	e, err := l.read(ctx, l.entryKey(id, max(seq, 1)))
	if seq == 0 && outcome.Is(err, outcome.NotFound) {
		return Entry{}, nil
	}
	return e, err
}

// newest returns the highest sequence number that the listing shows, or 0.
// Foreign objects among the entries are passed over.
func (l *Ledger) newest(ctx context.Context, id image.ExportID) (seq int, err error) {
	dir, after := l.dir(id), ""
	for more := true; more; {
		var keys []string
		if keys, more, err = l.store.List(ctx, dir, after, maxList); err != nil {
			return 0, fmt.Errorf("list the log of %s: %w", id, err)
		}
		for _, key := range keys {
			if n, err := strconv.Atoi(strings.TrimSuffix(key[len(dir):], ".json")); err == nil && key == l.entryKey(id, n) {
				seq = n
			}
			after = key
		}
		more = more && len(keys) > 0
	}
	return seq, nil
}

// Append writes e as the next entry of its log and returns it with its nonce.
// If somebody else's entry stands there, it returns that one and [ErrLost].
// After any other error e may stand all the same, or appear later; nothing that
// it announces may be done.
func (l *Ledger) Append(ctx context.Context, e Entry) (Entry, error) {
	e.Schema, e.Nonce = Schema, l.Nonce()
	body, err := json.Marshal(e)
	if err != nil {
		return e, fmt.Errorf("encode entry %d of %s: %w", e.Seq, e.Request.ID, err)
	}
	err = l.store.Create(ctx, l.entryKey(e.Request.ID, e.Seq), body)
	if err == nil {
		return e, nil
	}
	err = fmt.Errorf("append entry %d of %s: %w", e.Seq, e.Request.ID, err)
	if !outcome.Is(err, outcome.Exists) && !outcome.Is(err, outcome.Unknown) {
		return e, err // refused: certainly not written
	}
	// A 409 may be the answer to our own write, and an error may hide a 200.
	// Only what stands there now counts.
	stands, back := l.Confirm(ctx, e)
	if outcome.Is(back, outcome.NotFound) {
		return e, err
	}
	return stands, back
}

// Confirm reads back what stands in the place of e: e itself, or another entry
// and [ErrLost]. An effect that e announces may be issued only after Confirm, and
// only after the settling time if other writers may run.
func (l *Ledger) Confirm(ctx context.Context, e Entry) (Entry, error) {
	stands, err := l.read(ctx, l.entryKey(e.Request.ID, e.Seq))
	if err == nil && stands.Nonce != e.Nonce {
		err = ErrLost
	}
	return stands, err
}

func (l *Ledger) read(ctx context.Context, key string) (Entry, error) {
	var e Entry
	if err := l.get(ctx, key, &e); err != nil {
		return Entry{}, err
	}
	if l.entryKey(e.Request.ID, e.Seq) != key {
		return Entry{}, fmt.Errorf("ledger object %q holds entry %d of %q: somebody else wrote here", key, e.Seq, e.Request.ID)
	}
	return e, nil
}

// stored is a form that lies in the bucket.
type stored interface{ schema() int }

// get reads an object of the stored form. What a newer version wrote need not fit
// our types, so where it does not, its schema alone is looked at.
func (l *Ledger) get(ctx context.Context, key string, into stored) error {
	body, err := l.store.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("read %q: %w", key, err)
	}
	version := into.schema
	if err = json.Unmarshal(body, into); err != nil {
		var other struct {
			Schema int `json:"schema"`
		}
		_ = json.Unmarshal(body, &other) // what it read before an error counts
		version = func() int { return other.Schema }
	}
	if version() > Schema {
		return &SchemaError{Key: key, Schema: version()}
	}
	if err != nil {
		return fmt.Errorf("%w: %q: %w", ErrDamaged, key, err)
	}
	return nil
}

func (l *Ledger) dir(id image.ExportID) string {
	sum := sha256.Sum256([]byte(id))
	return l.prefix + "exports/" + hex.EncodeToString(sum[:1]) + "/" + string(id) + "/"
}

func (l *Ledger) entryKey(id image.ExportID, seq int) string {
	return fmt.Sprintf("%s%06d.json", l.dir(id), seq)
}

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
