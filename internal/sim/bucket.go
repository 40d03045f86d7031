package sim

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/ledger"
)

// bucket is a COS bucket. Objects are strongly consistent by key; a listing may be
// stale (no promise is documented, 436/6282).
type bucket struct {
	keys    []string // sorted; those of objects that went away stay for a while
	objects map[string]*object
}

type object struct {
	body    []byte        // state bucket
	from    *invocation   // state bucket: who wrote it
	since   time.Duration // when it was written
	deleted time.Duration // 0: it stands

	// Image bucket.
	file     ledger.File
	by       *task          // nil: a stranger's
	should   diskimage.Want // what it is to hold, in truth
	holds    content
	replaced time.Duration // by another file; 0: never
}

func newBucket() bucket { return bucket{objects: map[string]*object{}} }

// get returns the object that stands under key, or nil.
func (b *bucket) get(key string) *object {
	if o := b.objects[key]; o != nil && o.deleted == 0 {
		return o
	}
	return nil
}

func (b *bucket) put(key string, o *object) {
	if b.objects[key] == nil {
		i, _ := slices.BinarySearch(b.keys, key)
		b.keys = slices.Insert(b.keys, i, key)
	}
	b.objects[key] = o
}

// remove forgets a key that was deleted, so that no listing shows it any more.
func (b *bucket) remove(key string) {
	if i, found := slices.BinarySearch(b.keys, key); found {
		b.keys = slices.Delete(b.keys, i, i+1)
		delete(b.objects, key)
	}
}

// under calls f with the keys under a prefix and after a key, in order, those that
// were deleted included, until it returns false.
func (b *bucket) under(prefix, after string, f func(key string, o *object) bool) {
	from := max(prefix, after)
	for i := sort.SearchStrings(b.keys, from); i < len(b.keys) && strings.HasPrefix(b.keys[i], prefix); i++ {
		if key := b.keys[i]; key > after && !f(key, b.objects[key]) {
			return
		}
	}
}

// mostStale is the most by which a listing lags behind.
const mostStale = 15 * time.Minute

// list is what a listing shows: what stood some time ago, and in some listings not
// all of what is new. It returns at most limit keys, and whether more follow.
func (w *world) list(b *bucket, c *sent, stale fault, prefix, after string, limit int) (keys []string, more bool) {
	var lag time.Duration
	if w.hit(stale, c.id) {
		lag = time.Duration(w.logUniform(c.id.and('s'), float64(time.Second), float64(mostStale)))
	}
	gaps := w.hit(listGaps, c.id)
	b.under(prefix, after, func(key string, o *object) bool {
		gone := o.deleted != 0 && o.deleted <= w.now-lag
		young := o.since > w.now-lag
		hidden := gaps && o.since > w.now-mostStale && w.float(c.id.and(uint64(len(keys)))) < 0.5
		switch {
		case gone:
		case young, hidden:
			c.by.stale = true
			w.met("a listing that misses what is new")
		case len(keys) == limit:
			more = true
			return false
		default:
			if o.deleted != 0 {
				w.met("a listing that shows what is gone")
			}
			keys = append(keys, key)
		}
		return true
	})
	return keys, more
}
