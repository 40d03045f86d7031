package ferry

import (
	"context"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/manifest"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/tencent"
)

// inspector looks into files by ranged reads. It implements [export.Verifier].
type inspector struct{ cos *tencent.COS }

func (i inspector) Verify(ctx context.Context, bucket image.Bucket, f ledger.File, want diskimage.Want) (diskimage.Report, error) {
	return diskimage.Check(i.cos.Ranges(ctx, bucket, f), f.Size, want)
}

// keeper writes manifests: beside the ledger, and beside the files where that is
// wanted. It implements [export.Keeper].
type keeper struct {
	ledger *ledger.Ledger
	cos    *tencent.COS
	region string
	beside bool
}

// Keep writes both, or leaves what stands: they are made of the verdict alone. Beside
// files that are not ours nothing is put.
func (k keeper) Keep(ctx context.Context, e ledger.Entry) error {
	body, err := manifest.Of(e, k.region).Encode()
	if err != nil {
		return &outcome.Error{Kind: outcome.Bug, Op: "manifest", Code: "Encode", Message: err.Error()}
	}
	r := e.Request
	if err := k.ledger.KeepManifest(ctx, r.ID, body); err != nil || !k.beside || r.Origin == ledger.Observed {
		return err
	}
	err = k.cos.Put(ctx, r.Bucket, manifest.Key(r), body)
	if outcome.Is(err, outcome.Exists) {
		return nil
	}
	return err
}
