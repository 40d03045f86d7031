package diskimage

const qcow2Magic = "QFI\xfb"

// Incompatible features of a version 3 header (docs/interop/qcow2.txt of QEMU).
const (
	qcow2Dirty = 1 << iota
	qcow2Corrupt
	qcow2External
	qcow2Compression // other than deflate
	qcow2Extended    // L2 entries of 16 bytes
	qcow2Known       = 1<<iota - 1
)

// qcow2 is a QEMU copy-on-write image. A table, L1, says where tables, L2, lie,
// which say where the clusters of the disk lie; other tables count the references
// to each cluster of the file.
type qcow2 struct {
	*check
	bits      uint           // of an offset within a cluster
	cluster   int64          // bytes
	size      int64          // of the disk
	l1, l1Len int64          // offset and bytes
	counts    int64          // offset of the table of reference counts
	countsLen int64          // bytes
	width     uint           // bits of one count: 1 << width
	features  uint64         // incompatible ones
	checked   map[int64]bool // tables, by offset
}

// qcow2 opens a QCOW2 of version 2 or 3.
func (c *check) qcow2() *disk {
	h := c.file.at(0, 104) // what version 3 has at least; no file of version 2 is shorter
	if h == nil {
		c.find(Truncated, "the file ends inside its header")
		return nil
	}
	q := qcow2{
		check: c, bits: uint(be.Uint32(h[20:])), size: int64(be.Uint64(h[24:])),
		l1: int64(be.Uint64(h[40:])), l1Len: int64(be.Uint32(h[36:])) * 8,
		counts: int64(be.Uint64(h[48:])), width: 4, checked: map[int64]bool{},
	}
	version := be.Uint32(h[4:])
	if version == 3 {
		q.features, q.width = be.Uint64(h[72:]), uint(be.Uint32(h[96:]))
	}
	switch {
	case version != 2 && version != 3:
		c.find(BadHeader, "version %d is not known", version)
		return nil
	case q.bits < 9 || q.bits > 21 || q.size < 0 || q.size > 1<<56 || q.width > 6:
		c.find(BadHeader, "clusters of 2^%d bytes, a disk of %d bytes and counts of 2^%d bits: no program writes that", q.bits, q.size, q.width)
		return nil
	}
	q.cluster = 1 << q.bits
	q.countsLen = int64(be.Uint32(h[56:])) << q.bits
	q.refuse(be.Uint64(h[8:]), be.Uint32(h[32:]))
	q.checkTables()
	return &disk{size: q.size, part: q.part, end: q.end}
}

// refuse finds what makes a file no whole disk by itself.
func (q *qcow2) refuse(backing uint64, crypt uint32) {
	switch {
	case backing != 0:
		q.find(Backing, "the file holds only what differs from a backing file")
	case q.features&qcow2External != 0:
		q.find(ExternalData, "the contents are in an external data file")
	case crypt != 0:
		q.find(Encrypted, "the file is encrypted, by method %d", crypt)
	case q.features&qcow2Corrupt != 0:
		q.find(Unclean, "the file is marked as damaged")
	case q.features&qcow2Dirty != 0:
		q.find(Unclean, "the file was not closed by its writer")
	case q.features&^qcow2Known != 0:
		q.find(Unseen, "the file has features that are not known: %#x", q.features)
	}
}

// checkTables makes sure that the two first tables lie inside the file, and that
// L1 is large enough for the disk. Files may end inside their last cluster.
func (q *qcow2) checkTables() {
	perTable := q.cluster * q.cluster / q.entry() // bytes of the disk that an L2 table is for
	need := (q.size + perTable - 1) / perTable * 8
	switch {
	case q.l1%q.cluster != 0 || q.counts%q.cluster != 0 || q.l1 <= 0 || q.counts <= 0 || q.l1Len < need:
		q.find(BadHeader, "the tables lie at %d and %d, the first with %d bytes: no program writes that for this disk", q.l1, q.counts, q.l1Len)
	case !within(q.l1, q.l1Len, q.file.size) || !within(q.counts, q.countsLen, q.file.size):
		q.find(Truncated, "the tables at %d and %d, of %d and %d bytes, do not lie inside the file of %d bytes", q.l1, q.counts, q.l1Len, q.countsLen, q.file.size)
	case q.countsLen == 0:
		q.find(BadHeader, "the file counts no references")
	}
}

// entry is how many bytes an L2 entry has.
func (q *qcow2) entry() int64 {
	if q.features&qcow2Extended != 0 {
		return 16
	}
	return 8
}
