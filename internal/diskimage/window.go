package diskimage

import (
	"fmt"
	"hash/crc64"
	"io"
)

const (
	window   = 128 << 10 // bytes of one read
	lead     = 512 << 10 // bytes of the read at the front: what a format says of itself, its first tables and the partition table
	maxReads = 4         // of one check
	sector   = 512
)

// file reads few and large stretches of a file and remembers them. Its reads
// depend on nothing but what the file holds, so the same file gives the same sum.
type file struct {
	r       io.ReaderAt
	size    int64
	seen    []stretch
	keep    int    // reads that are kept for later
	refused int    // how often something was asked for that no read was left for
	sum     uint64 // of size and of all that was read
	err     error  // of the reader; nothing is read after it
}

// stretch is a part of the file that was read.
type stretch struct {
	off int64
	b   []byte
}

var ecma = crc64.MakeTable(crc64.ECMA)

func newFile(r io.ReaderAt, size int64) *file {
	var b [8]byte
	be.PutUint64(b[:], uint64(size))
	return &file{r: r, size: size, sum: crc64.Update(0, ecma, b[:])}
}

// at returns n bytes at off, nil where they cannot be had: outside the file,
// longer than a read, or when no read is left. Nobody may change them.
func (f *file) at(off, n int64) []byte {
	if n < 1 || n > window || !within(off, n, f.size) {
		return nil
	}
	if b := f.peek(off, n); b != nil {
		return b
	}
	switch {
	case f.err != nil:
		return nil
	case len(f.seen) >= maxReads-f.keep:
		f.refused++
		return nil
	}
	return f.fetch(off, n)
}

// fetch reads the window around a stretch: whole windows, counted from the start
// of the file, because what belongs together mostly lies together; at the end of
// the file, its last window; and from off on where a border would cut it.
func (f *file) fetch(off, n int64) []byte {
	start := off - off%window
	if off+n > start+window {
		start = off
	}
	if off >= f.size-window && start > 0 {
		start = max(0, f.size-window)
	}
	length := int64(window)
	if start == 0 {
		length = lead
	}
	b := make([]byte, min(length, f.size-start))
	if got, err := f.r.ReadAt(b, start); got < len(b) {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		f.err = fmt.Errorf("bytes %d to %d of %d: %w", start, start+int64(len(b))-1, f.size, err)
		return nil
	}
	f.seen = append(f.seen, stretch{start, b})
	f.sum = crc64.Update(f.sum, ecma, b)
	return b[off-start:][:n]
}

// within reports whether n bytes at off lie inside size, whatever the numbers are.
func within(off, n, size int64) bool { return off >= 0 && n >= 0 && off <= size && n <= size-off }

// peek returns n bytes at off if they were read before, else nil.
func (f *file) peek(off, n int64) []byte {
	for _, s := range f.seen {
		if off >= s.off && within(off-s.off, n, int64(len(s.b))) {
			return s.b[off-s.off:][:n]
		}
	}
	return nil
}
