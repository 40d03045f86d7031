package ledger

import (
	"context"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
)

// KeepManifest writes the manifest of an export beside its log, once. One that
// stands is left as it is: it is made of the verdict alone, and says the same.
func (l *Ledger) KeepManifest(ctx context.Context, id image.ExportID, body []byte) error {
	err := l.store.Create(ctx, l.dir(id)+"manifest.json", body)
	if outcome.Is(err, outcome.Exists) {
		return nil
	}
	return wrap(err, "manifest of %s", id)
}

// Manifest returns what KeepManifest wrote.
func (l *Ledger) Manifest(ctx context.Context, id image.ExportID) ([]byte, error) {
	body, err := l.store.Get(ctx, l.dir(id)+"manifest.json")
	return body, wrap(err, "manifest of %s", id)
}
