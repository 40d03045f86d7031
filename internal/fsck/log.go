package fsck

import (
	"context"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
)

const (
	// mostEntries is what a log may have (docs/ledger-format.md).
	mostEntries = 40
	// readable is how many entries of a log are read at all: memory is bounded.
	readable = 1000
)

// logKeys is the listed entries of one log.
type logKeys struct {
	id   image.ExportID
	seqs []int // ascending; no more than readable
	all  int

	manifest bool // there is one
}

func (k *logKeys) add(id image.ExportID, seq int) {
	k.id = id
	if k.all++; k.all <= readable {
		k.seqs = append(k.seqs, seq)
	}
}

// logCheck reads one log in order.
type logCheck struct {
	*check
	id     image.ExportID
	prev   *ledger.Entry // nil where it could not be read
	nonces map[string]int
}

// checkLog reads a log from its first entry to its last, and then looks for the
// places where an export that stands so must be listed.
func (c *check) checkLog(ctx context.Context, keys logKeys) error {
	c.count(func(f *Figures) { f.Exports++; f.Entries += int64(keys.all) })
	if keys.all > mostEntries {
		c.find(long, c.root+logDir(keys.id), keys.id, "it has %d entries", keys.all)
	}
	l := &logCheck{check: c, id: keys.id, nonces: map[string]int{}}
	next := 1
	for _, seq := range keys.seqs {
		for ; next < seq; next++ { // a listing may leave out what is there
			there, err := l.take(ctx, next)
			if err != nil {
				return err
			}
			if !there {
				c.find(gap, c.root+logDir(l.id)+entryName(next), l.id, "entries %d to %d are not there, and %d is", next, seq-1, seq)
				break
			}
		}
		if there, err := l.take(ctx, seq); err != nil {
			return err
		} else if !there {
			c.find(gap, c.root+logDir(l.id)+entryName(seq), l.id, "entry %d was listed and is gone", seq)
		}
		next = seq + 1
	}
	if l.prev == nil || keys.all > readable {
		return nil // where it stands is not known
	}
	if d := l.prev.Deliveries[ledger.ManifestChannel]; d.State == ledger.Sent && !keys.manifest {
		c.find(unkept, c.root+logDir(keys.id)+manifest, keys.id, "the log says that it was written, and it is not here")
	}
	return c.place(ctx, *l.prev)
}

// take reads an entry and holds it against those before.
func (l *logCheck) take(ctx context.Context, seq int) (there bool, err error) {
	key := l.root + logDir(l.id) + entryName(seq)
	var e ledger.Entry
	err = l.read(ctx, key, &e, &e.Schema)
	prev := l.prev
	l.prev = nil
	switch {
	case absent(err):
		return false, nil
	case err != nil:
		return true, l.unread(ctx, key, l.id, err)
	case e.Seq != seq || e.Request.ID != l.id:
		l.find(misplaced, key, l.id, "it holds entry %d of %q", e.Seq, e.Request.ID)
		return true, nil
	}
	l.prev = &e
	if seen, ok := l.nonces[e.Nonce]; ok || e.Nonce == "" {
		l.find(nonce, key, l.id, "its nonce %q is also that of entry %d", e.Nonce, seen)
	}
	l.nonces[e.Nonce] = seq
	for _, p := range judge(e) {
		l.find(p.rule, key, l.id, "%s", p.text)
	}
	if prev == nil && seq == 1 {
		prev = &ledger.Entry{Schema: 1, Request: e.Request}
	}
	if prev != nil {
		for _, p := range follow(*prev, e) {
			l.find(p.rule, key, l.id, "%s", p.text)
		}
	}
	return true, nil
}
