package diskimage

import "bytes"

// disk is what a file holds, as a machine would see it.
type disk struct {
	size int64
	// part returns what lies at off: at least one byte and at most n, or nil
	// where that cannot be seen.
	part func(off, n int64) []byte
	// end, if not nil, makes sure that the file is long enough. It is called once
	// the partition table has been read, which is worth more.
	end func()
}

// at returns n bytes at off, at most a window, or nil where they cannot be seen.
func (d *disk) at(off, n int64) []byte {
	if n > window || !within(off, n, d.size) {
		return nil
	}
	b := d.part(off, n)
	if int64(len(b)) >= n || b == nil {
		return b
	}
	whole := append(make([]byte, 0, n), b...)
	for int64(len(whole)) < n {
		b := d.part(off+int64(len(whole)), n-int64(len(whole)))
		if b == nil {
			return nil
		}
		whole = append(whole, b...)
	}
	return whole
}

// area is a stretch of a disk: all of it, or a partition.
type area struct {
	*disk
	off, size int64
}

// at returns n bytes at off of the area, or nil.
func (a area) at(off, n int64) []byte {
	if !within(off, n, a.size) {
		return nil
	}
	return a.disk.at(a.off+off, n)
}

// has reports whether text stands at off.
func (a area) has(off int64, text string) bool {
	return string(a.at(off, int64(len(text)))) == text
}

// blank reports whether the area has nothing but zeros where whatever there is
// begins.
func (a area) blank() bool {
	b := a.at(0, min(a.size, window/2))
	return b != nil && zero(b)
}

var zeros [sector]byte

// hole is what lies where a file keeps nothing: up to n zeros.
func hole(n int64) []byte { return zeros[:min(n, int64(len(zeros)))] }

func zero(b []byte) bool {
	for len(b) > len(zeros) {
		if !bytes.Equal(b[:len(zeros)], zeros[:]) {
			return false
		}
		b = b[len(zeros):]
	}
	return bytes.Equal(b, zeros[:len(b)])
}
