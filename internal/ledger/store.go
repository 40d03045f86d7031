package ledger

import "context"

// Store is the state bucket. An implementation MUST
//
//   - create an object only if its key is free, and answer [outcome.Exists]
//     otherwise; it MUST NOT repeat a create by itself;
//   - answer [outcome.NotFound] for a Get of an absent key, and no error for a
//     Delete of one;
//   - list keys in ascending order of their UTF-8 bytes, at most limit of them
//     and never more than 1000, each greater than after, and say whether more
//     follow;
//   - show to every Get, from then on and until a Delete, the whole body that a
//     Create that returned nil wrote;
//   - take any UTF-8 key, and any bytes up to 1 MiB;
//   - return any error whose effect is in doubt as [outcome.Unknown]; where the
//     caller has given up it is that too, never NotFound or an empty listing.
//
// It MAY list stale, lose a race between two creates, and apply a create whose
// caller has given up. It is safe for concurrent use.
//
// Package ledgertest holds an implementation to this.
type Store interface {
	Create(ctx context.Context, key string, body []byte) error
	Get(ctx context.Context, key string) ([]byte, error)
	List(ctx context.Context, prefix, after string, limit int) (keys []string, more bool, err error)
	Delete(ctx context.Context, key string) error
	// EverVersioned reports whether the bucket has or had versioning.
	EverVersioned(ctx context.Context) (bool, error)
}

// maxList is the most keys that one listing gives (436/7734).
const maxList = 1000
