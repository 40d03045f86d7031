package diskimage

// Bits of L1 and L2 entries. The others are reserved, or an offset in the file.
const (
	qcow2Offset     = 1<<56 - 1<<9
	qcow2Copied     = 1 << 63
	qcow2Compressed = 1 << 62
	qcow2Zero       = 1
)

// part returns what lies at an offset of the disk: the rest of a cluster at most.
func (q *qcow2) part(off, n int64) []byte {
	if q.features&^(qcow2Dirty|qcow2Corrupt|qcow2Compression) != 0 {
		return nil
	}
	in := off & (q.cluster - 1)
	n = min(n, q.cluster-in)
	e, ok := q.lookup(off)
	switch at := int64(e & qcow2Offset); {
	case !ok:
		return nil
	case e&qcow2Compressed != 0:
		return q.inflated(e, in, n)
	case at == 0 || e&qcow2Zero != 0:
		return hole(n)
	default:
		return q.file.at(at+in, n)
	}
}

// lookup returns the L2 entry for an offset of the disk, false if it cannot be seen.
func (q *qcow2) lookup(off int64) (uint64, bool) {
	index := off >> q.bits
	perTable := q.cluster / 8
	l1 := q.table(q.l1, min(q.l1Len, window), index/perTable, "L1", false)
	if l1 == nil {
		return 0, false
	}
	at := int64(be.Uint64(l1) & qcow2Offset)
	if at == 0 {
		return 0, true
	}
	l2 := q.table(at, min(q.cluster, window), index%perTable, "L2", true)
	if l2 == nil {
		return 0, false
	}
	return be.Uint64(l2), true
}

// table returns entry i of a table and checks that all of its entries, of which n
// bytes are looked at, point into the file.
func (q *qcow2) table(at, n, i int64, name string, data bool) []byte {
	b := q.file.at(at, n)
	if !within(at, n, q.file.size) {
		q.find(Truncated, "the %s table at %d does not lie inside the file of %d bytes", name, at, q.file.size)
	}
	for j := 0; j+8 <= len(b) && !q.checked[at]; j += 8 {
		q.entryIn(be.Uint64(b[j:]), name, data)
	}
	q.checked[at] = true
	if i*8+8 > int64(len(b)) {
		return nil
	}
	return b[i*8:][:8]
}

// entryIn checks one entry of a table.
func (q *qcow2) entryIn(e uint64, name string, data bool) {
	at := int64(e & qcow2Offset)
	reserved := e &^ (qcow2Offset | qcow2Copied)
	if data && e&qcow2Compressed != 0 {
		at, _ = q.compressed(e)
		reserved = 0
	} else if data {
		reserved &^= qcow2Zero
	}
	switch {
	case reserved != 0 || e&qcow2Compressed == 0 && at&(q.cluster-1) != 0 || at == 0 && e&qcow2Copied != 0:
		q.find(BadMap, "an %s table has the entry %#x, which no program writes", name, e)
	case at >= q.file.size || data && e&qcow2Compressed == 0 && at > 0 && !within(at, q.cluster, q.file.size):
		q.find(Truncated, "an %s table points to %d, and the file has %d bytes", name, at, q.file.size)
	}
}

// compressed returns where a compressed cluster lies, and how many bytes it may
// have: up to the end of the last of its sectors.
func (q *qcow2) compressed(e uint64) (at, n int64) {
	x := 62 - (q.bits - 8)
	at = int64(e & (1<<x - 1))
	sectors := int64(e & (1<<62 - 1) >> x)
	return at, (sectors+1)*sector - at%sector
}

// inflated returns n bytes at in of a compressed cluster.
func (q *qcow2) inflated(e uint64, in, n int64) []byte {
	if q.features&qcow2Compression != 0 {
		return nil
	}
	at, size := q.compressed(e)
	b := q.file.at(at, min(size, q.file.size-at))
	if b == nil {
		return nil
	}
	out := inflate(b, in+n)
	if out == nil {
		q.find(BadMap, "the compressed cluster at %d cannot be read", at)
		return nil
	}
	return out[in:]
}

// end makes sure that the file ends with the last cluster that is counted as used, as
// it does where qemu-img convert wrote it.
func (q *qcow2) end() {
	perBlock := q.cluster * 8 >> q.width // counts in a block of them
	last := (q.file.size - 1) >> q.bits
	b := q.file.at(q.counts, min(q.countsLen, window))
	var at, first int64
	for i := len(b)/8 - 1; i >= 0 && at == 0; i-- {
		at, first = int64(be.Uint64(b[i*8:])), int64(i)*perBlock
	}
	switch {
	case b == nil:
	case at == 0 || at&(q.cluster-1) != 0:
		q.find(BadMap, "the table of reference counts has the entry %#x, which no program writes", at)
	case at >= q.file.size:
		q.find(Truncated, "reference counts lie at %d, and the file has %d bytes", at, q.file.size)
	case first > last:
		q.find(Truncated, "clusters from %d on are counted as used, and the file has %d bytes", first<<q.bits, q.file.size)
	default:
		q.lastUsed(at, first, last)
	}
}

// lastUsed looks for the last count in the last block of them.
func (q *qcow2) lastUsed(at, first, last int64) {
	b := q.file.at(at, min(q.cluster, window))
	i := len(b) - 1
	for i >= 0 && b[i] == 0 {
		i--
	}
	if i < 0 {
		return
	}
	switch used := first + int64(i)*8>>q.width; {
	case used > last:
		q.find(Truncated, "cluster %d is counted as used, and the file ends in cluster %d", used, last)
	case used < last && int64(len(b)) == q.cluster:
		q.find(Trailing, "cluster %d is the last that is counted as used, and the file ends in cluster %d", used, last)
	}
}
