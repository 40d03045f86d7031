// Package export carries images to the bucket: it decides what an export needs
// next, and does it.
//
// Every trigger is a hint. Timer, HTTP request, object-created event and sweep
// all end in one level-triggered routine that reads the newest ledger entry of
// an export, looks at the world, asks the pure function [Decide] for one step,
// takes it, and asks again until there is nothing to do but wait (an object event
// finishes exports and starts none: the function that hears of it has no right to):
//
//	∅ → INTENT ─ExportImages─┬ ok ───────────→ ACCEPTED
//	     ▲                   ├ limit, busy ──→ RETRY, later INTENT again
//	     └───────────────────┼ refused ──────→ FAILED
//	                         └ unknown ──────→ stays INTENT until its claim ends; then the bucket tells
//	ACCEPTED ─┬ every expected file is there, and is a disk ─→ COMPLETE
//	          ├ late, or not readable: told once (stalled) ──→ stays ACCEPTED
//	          └ past the deadline, or no whole disk ─────────→ PARTIAL or FAILED
//	verdict ─ each channel told or given up, see outbox.go ──→ CLOSED
//
// What cannot be exported goes from ∅ to FAILED, news from ∅ to NEWS, and what
// somebody else exported from ∅ to a verdict, or to ACCEPTED if it cannot be judged yet.
//
// An export of an instance has two states in front, IMAGING (CreateImage, under
// the same rules as INTENT) and IMAGED (until the image is NORMAL), and one
// behind, PRUNING, in which older images that we made are deleted.
//
// So a lost, doubled or late event changes nothing but the time. An effect
// (CreateImage, ExportImages, DeleteImages, a notice, a manifest) is issued only under a ledger entry that announced
// it, was read back, and whose claim has not run out; see package ledger.
package export

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/plan"
)

// Files is the image bucket.
type Files interface {
	// Stat returns an object, or an error of kind [outcome.NotFound].
	Stat(ctx context.Context, bucket image.Bucket, key string) (ledger.File, error)
	// Names returns keys under a prefix, at most [MaxNames].
	Names(ctx context.Context, bucket image.Bucket, prefix string) ([]string, error)
	// Uploads returns the keys under a prefix to which an upload is running.
	Uploads(ctx context.Context, bucket image.Bucket, prefix string) ([]string, error)
}

// Verifier says whether a file is a whole disk.
type Verifier interface {
	// Verify looks into the file that f describes. If it is another one by now, or
	// none, the error is of kind [outcome.Exists] or [outcome.NotFound].
	Verify(ctx context.Context, bucket image.Bucket, f ledger.File, want diskimage.Want) (diskimage.Report, error)
}

// MaxNames is the most keys that Files.Names returns (436/7734).
const MaxNames = 1000

// Notifier tells people of a verdict.
type Notifier interface {
	// Channels returns the channels that there are.
	Channels() []plan.Channel
	// Room takes a place in a channel, which bears only so many messages a minute. If
	// there is none now, it takes nothing and returns when to ask again.
	Room(channel string, now time.Time) time.Time
	// Send tells one channel, once. Errors are classified; one of kind [outcome.Gone]
	// says that the receiver wants to hear nothing more, ever.
	Send(ctx context.Context, channel string, e ledger.Entry) error
}

// Keeper keeps the manifest of an export.
type Keeper interface {
	// Keep writes it, or leaves the one that stands. Errors are classified.
	Keep(ctx context.Context, e ledger.Entry) error
}

// Pool runs f(0) … f(n-1), possibly at the same time, and returns when all have.
type Pool func(n int, f func(i int))

// Driver drives exports on. All fields are required. It takes time, waiting and
// concurrency from outside only, so that a simulator can own all three.
type Driver struct {
	Ledger *ledger.Ledger
	Cloud  Cloud
	Files  Files
	Verify Verifier
	Notify Notifier
	Keep   Keeper

	Plans  plan.Set      // whose slots the sweep looks after
	Bucket image.Bucket  // for plans that name none
	Region string        // of images, buckets and functions alike
	Settle time.Duration // wait between a claim and the read-back that guards an effect
	// Quiet is how long an attempt whose outcome nobody knows is given to show
	// itself in the bucket before it is repeated: longer than a queued export takes
	// to open its first upload. A task that CVM took just before the deadline is
	// given the same. The live figure is unverified.
	Quiet time.Duration
	Now   func() time.Time
	Sleep func(ctx context.Context, d time.Duration) error
	Pool  Pool
	Log   *slog.Logger

	checked atomic.Bool
	resting resting
	muted   muted
	audited sync.Map // plan's name -> its newest due slot, where none is missed up to it
}

// Result is where an export stands after a drive. Err says that it could not be
// driven as far as possible; the next tick tries again.
type Result struct {
	ID    image.ExportID
	Entry ledger.Entry
	Err   error
}

// ready makes sure, once in the life of an instance, that the ledger's bucket
// keeps its promises. Nothing is decided before.
func (d *Driver) ready(ctx context.Context) error {
	if d.checked.Load() {
		return nil
	}
	err := d.Ledger.Check(ctx)
	d.checked.Store(err == nil)
	return err
}
