package fsck

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

// Log reads the log of one export from its first entry to its last. An entry that
// cannot be read gives an error, and the log goes on behind it; one of the listing
// ends it. Without a log there is nothing.
func Log(ctx context.Context, store ledger.Store, prefix string, id image.ExportID) iter.Seq2[ledger.Entry, error] {
	c := &check{reader: &reader{Store: store}, root: prefix + "v1/"}
	return func(yield func(ledger.Entry, error) bool) {
		err := c.list(ctx, logDir(id), func(key string) error {
			if _, _, ok := c.entry(key); !ok {
				return nil
			}
			var e ledger.Entry
			err := c.read(ctx, key, &e, &e.Schema)
			if err != nil {
				e, err = ledger.Entry{}, fmt.Errorf("read %q: %w", key, err)
			}
			if !yield(e, err) {
				return errStop
			}
			return nil
		})
		if err != nil && err != errStop {
			yield(ledger.Entry{}, err)
		}
	}
}

// errStop ends a listing that nobody wants to go on with.
var errStop = errors.New("stop")
