package fsck

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// reader is a store that can only be read, counts what it is asked, and asks again
// where an answer got lost: among millions, some do.
type reader struct {
	ledger.Store
	requests atomic.Int64
}

var errReadOnly = &outcome.Error{Kind: outcome.Bug, Op: "fsck", Code: "ReadOnly", Message: "a check writes nothing"}

// Create implements ledger.Store.
func (r *reader) Create(context.Context, string, []byte) error { return errReadOnly }

// Delete implements ledger.Store.
func (r *reader) Delete(context.Context, string) error { return errReadOnly }

// Get implements ledger.Store.
func (r *reader) Get(ctx context.Context, key string) (body []byte, err error) {
	err = r.try(ctx, func() (err error) { body, err = r.Store.Get(ctx, key); return err })
	return body, err
}

// List implements ledger.Store.
func (r *reader) List(ctx context.Context, prefix, after string, limit int) (keys []string, more bool, err error) {
	err = r.try(ctx, func() (err error) { keys, more, err = r.Store.List(ctx, prefix, after, limit); return err })
	return keys, more, err
}

// EverVersioned implements ledger.Store.
func (r *reader) EverVersioned(ctx context.Context) (ever bool, err error) {
	err = r.try(ctx, func() (err error) { ever, err = r.Store.EverVersioned(ctx); return err })
	return ever, err
}

// longestWait ends the waits of 1, 2 and 4 seconds between tries.
const longestWait = 4 * time.Second

func (r *reader) try(ctx context.Context, request func() error) error {
	for wait := time.Second; ; wait *= 2 {
		r.requests.Add(1)
		err := request()
		again := outcome.Is(err, outcome.Unknown) || outcome.Is(err, outcome.Later)
		if !again || wait > longestWait {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// errDamaged says that a body is no JSON of the stored form.
var errDamaged = errors.New("not of the stored form")

// read reads an object into v, whose schema it tells by version.
func (r *reader) read(ctx context.Context, key string, v any, version *int) error {
	body, err := r.Get(ctx, key)
	if err != nil {
		return err
	}
	err = json.Unmarshal(body, v)
	if err != nil { // what a newer version wrote need not fit our types
		var only struct{ Schema int }
		_ = json.Unmarshal(body, &only) // what is no JSON at all has schema 0
		*version = only.Schema
	}
	switch {
	case *version > ledger.Schema:
		return &ledger.SchemaError{Key: key, Schema: *version}
	case err != nil:
		return fmt.Errorf("%w: %w", errDamaged, err)
	case *version < 1:
		return fmt.Errorf("%w: it has no schema", errDamaged)
	}
	return nil
}
