package sim

import (
	"context"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
)

// verifier looks into files as internal/tencent and internal/diskimage do, by ranged
// reads that are pinned to the ETag of the file that was found. It implements
// [export.Verifier].
type verifier struct{ i *instance }

var _ export.Verifier = verifier{}

var (
	errReplaced = &outcome.Error{Kind: outcome.Exists, Op: "GetObject", Code: "PreconditionFailed"}
	errDenied   = &outcome.Error{Kind: outcome.Config, Op: "GetObject", Code: "AccessDenied"}
)

// reads is how many ranges a check reads of a file.
const reads = 4

// closures plans when a wrong policy keeps everybody from reading files, until a person
// mends it.
func (w *world) closures() {
	for day := range w.opt.Days {
		id := named("closed", day)
		w.at(time.Duration(day)*24*time.Hour+time.Duration(w.float(id)*float64(24*time.Hour)), func() {
			if w.hit(readsDenied, id) {
				w.closedTo = min(w.calm, w.now+time.Duration(w.logUniform(id.and(1), float64(10*time.Minute), float64(20*time.Hour))))
				w.tell(nil, "nobody may read files until %s", clockText(w.closedTo))
			}
		})
	}
}

func (f verifier) Verify(_ context.Context, _ image.Bucket, file ledger.File, want diskimage.Want) (report diskimage.Report, err error) {
	w := f.i.w
	for n := range reads {
		err = w.call(opRead, file.Key, func(c *sent) error {
			if w.now < w.closedTo {
				w.met("a file that nobody may read")
				w.denied = w.now
				return errDenied
			}
			if n > 0 {
				w.swap(c, file.Key)
			}
			switch o := w.images.get(file.Key); {
			case o == nil:
				return notFound
			case o.file.ETag != file.ETag:
				w.met("a file that was replaced while it was looked into")
				c.by.deceived = true
				return errReplaced
			default:
				report = o.report(want)
			}
			return nil
		})
		if err != nil {
			return diskimage.Report{}, err
		}
	}
	return report, nil
}

// swap puts another file in the place of one that is being read.
func (w *world) swap(c *sent, key string) {
	if o := w.images.get(key); o != nil && w.hit(fileSwapped, c.id) {
		w.land(key, o.file.Size, o.by, o.should)
	}
}
