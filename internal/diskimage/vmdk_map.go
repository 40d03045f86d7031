package diskimage

import "bytes"

const (
	vmdkEntries = 512 // of a grain table
	vmdkTable   = vmdkEntries * 4
	vmdkZero    = 1 // in place of a grain's sector: it is all zeros

	vmdkGrainHead = 12         // bytes before a compressed grain
	vmdkMarks     = 4 * sector // bytes that a writer may put behind the last one
)

// part returns what lies at an offset of the disk: the rest of a grain at most.
func (v *vmdk) part(off, n int64) []byte {
	in := off % v.grain
	n = min(n, v.grain-in)
	t := v.table(off / v.grain / vmdkEntries)
	if t == nil {
		return nil
	}
	at := int64(le.Uint32(t[off/v.grain%vmdkEntries*4:]))
	switch {
	case at <= vmdkZero:
		return hole(n)
	case v.flags&vmdkCompressed != 0:
		return v.inflated(at*sector, off-in, in, n)
	}
	return v.file.at(at*sector+in, n)
}

// tables is how many grain tables the disk needs.
func (v *vmdk) tables() int64 {
	covers := v.grain * vmdkEntries
	return (v.size + covers - 1) / covers
}

// table returns grain table i. The directory is read together with the first
// tables, which mostly lie behind it, and checked with its copy.
func (v *vmdk) table(i int64) []byte {
	n := v.tables() * 4
	if v.directory < 0 || n > window {
		return nil
	}
	if !within(v.directory, n, v.file.size) {
		v.find(Truncated, "the directory of grains at %d does not lie inside the file of %d bytes", v.directory, v.file.size)
		return nil
	}
	directory := v.file.at(v.directory, min(n+vmdkTable, window, v.file.size-v.directory))
	if directory == nil {
		return nil
	}
	directory = directory[:n]
	v.checkDirectory(directory)
	at := int64(le.Uint32(directory[i*4:])) * sector
	if at == 0 {
		return make([]byte, vmdkTable)
	}
	t := v.file.at(at, vmdkTable)
	v.checkTable(at, t)
	return t
}

// checkDirectory makes sure that the tables lie inside the file, and that those
// which are at hand are as in the redundant copy.
func (v *vmdk) checkDirectory(directory []byte) {
	if v.checked[0] {
		return
	}
	v.checked[0] = true
	var copied []byte
	if v.redundant > 0 {
		copied = v.file.peek(v.redundant, int64(len(directory)))
	}
	for i := 0; i < len(directory); i += 4 {
		at := int64(le.Uint32(directory[i:])) * sector
		if at != 0 && !within(at, vmdkTable, v.file.size) {
			v.find(Truncated, "a table of grains lies at %d, and the file has %d bytes", at, v.file.size)
		}
		if copied == nil {
			continue
		}
		other := int64(le.Uint32(copied[i:])) * sector
		a, b := v.file.peek(at, vmdkTable), v.file.peek(other, vmdkTable)
		if (at == 0) != (other == 0) || a != nil && b != nil && !bytes.Equal(a, b) {
			v.find(BadMap, "table %d of grains differs from its copy", i/4)
		}
	}
}

// checkTable makes sure that the grains lie inside the file.
func (v *vmdk) checkTable(at int64, t []byte) {
	if v.checked[at] {
		return
	}
	v.checked[at] = true
	for ; len(t) >= 4; t = t[4:] {
		g := int64(le.Uint32(t)) * sector
		if g >= v.file.size {
			v.find(Truncated, "a grain lies at %d, and the file has %d bytes", g, v.file.size)
		}
		v.highest = max(v.highest, g)
	}
}

// inflated returns n bytes at in of the compressed grain at an offset of the file,
// which begins with the sector of the disk that it is for, and its length.
func (v *vmdk) inflated(at, off, in, n int64) []byte {
	h := v.file.at(at, vmdkGrainHead)
	if h == nil {
		return nil
	}
	lba, size := le.Uint64(h), int64(le.Uint32(h[8:]))
	if lba != uint64(off/sector) || size < 2 || size > 2*v.grain {
		v.find(BadMap, "the grain at %d is for sector %d, not %d, or has no length that can be", at, lba, off/sector)
		return nil
	}
	b := v.file.at(at+vmdkGrainHead, size)
	if b == nil {
		return nil
	}
	out := inflate(b[2:], in+n) // behind the two bytes that head a zlib stream
	if out == nil {
		v.find(BadMap, "the grain at %d cannot be unpacked", at)
		return nil
	}
	return out[in:]
}

// end makes sure that the file ends with its last grain. Grains are mostly written in
// order, so the last table knows it; that it is the last is sure where all tables
// came with what was read.
func (v *vmdk) end() {
	if v.size == 0 || v.table(v.tables()-1) == nil {
		return
	}
	all := v.allTables()
	if v.highest == 0 {
		return
	}
	least, most := v.highest+v.grain, v.highest+v.grain
	if v.flags&vmdkCompressed != 0 {
		h := v.file.at(v.highest, vmdkGrainHead)
		if h == nil {
			return
		}
		least = v.highest + vmdkGrainHead + int64(le.Uint32(h[8:]))
	}
	switch {
	case least > v.file.size:
		v.find(Truncated, "the grain at %d ends at %d, and the file at %d", v.highest, least, v.file.size)
	case v.atEnd || !all || v.file.size == most: // QEMU leaves room for a whole grain behind a compressed one
	case v.file.size > most:
		v.find(Trailing, "the last grain is at %d, and the file ends at %d", v.highest, v.file.size)
	case v.file.size > least+vmdkMarks:
		v.find(Truncated, "the room for the last grain ends at %d, and the file at %d", most, v.file.size)
	}
}

// allTables looks at every table that is at hand, and reports whether that is all.
func (v *vmdk) allTables() bool {
	for i := range v.tables() {
		at := int64(le.Uint32(v.file.peek(v.directory+i*4, 4))) * sector
		t := v.file.peek(at, vmdkTable)
		if at != 0 && t == nil {
			return false
		}
		v.checkTable(at, t)
	}
	return true
}
