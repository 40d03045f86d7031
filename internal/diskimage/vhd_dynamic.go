package diskimage

import "bytes"

// dynamicVHD is a VHD that holds only the blocks which were written, each behind a
// bitmap of its sectors.
type dynamicVHD struct {
	*check
	table int64 // offset
	count int64 // blocks
	block int64 // bytes of the disk in a block
	skip  int64 // bytes of the bitmap before each
}

// dynamicVHD opens a file that begins as a dynamic VHD does.
func (c *check) dynamicVHD() *disk {
	front := c.file.at(0, sector)
	kind, size := c.vhdFooter(front, "the front")
	end := c.file.at(c.file.size-sector, sector)
	c.vhdFooter(end, "the end")
	if kind == 0 || end == nil {
		return nil
	}
	if !bytes.Equal(front, end) {
		c.find(BadHeader, "the footers at the front and at the end of the file differ")
	}
	at := int64(be.Uint64(front[16:]))
	h := c.file.at(at, 1024)
	switch {
	case h == nil || string(h[:8]) != vhdSparse:
		c.find(BadHeader, "there is no header of a dynamic disk at %d", at)
		return nil
	case vhdSum(h, 36) != be.Uint32(h[36:]):
		c.find(BadChecksum, "the header of the dynamic disk does not match its checksum")
		return nil
	}
	v := dynamicVHD{check: c, table: int64(be.Uint64(h[16:])), count: int64(be.Uint32(h[28:])), block: int64(be.Uint32(h[32:]))}
	if v.block < sector || v.block > 256<<20 || v.block&(v.block-1) != 0 || v.count*v.block < size {
		c.find(BadHeader, "%d blocks of %d bytes for a disk of %d bytes: no program writes that", v.count, v.block, size)
		return nil
	}
	v.skip = (v.block/sector/8 + sector - 1) / sector * sector
	v.checkTable()
	return &disk{size: size, part: v.part}
}

// checkTable makes sure that the blocks lie inside the file, and fill it: no two in
// one place, and none that the table has lost.
func (v *dynamicVHD) checkTable() {
	n := v.count * 4
	if !within(v.table, n, v.file.size-sector) {
		v.find(Truncated, "the table of blocks at %d does not lie inside the file of %d bytes", v.table, v.file.size)
		return
	}
	b := v.file.at(v.table, min(n, window-v.table%window)) // of a large disk, what comes with the header
	room := v.file.size - sector - v.table - n
	held := int64(0)
	for ; len(b) >= 4; b = b[4:] {
		e := be.Uint32(b)
		if e == vhdNowhere {
			continue
		}
		held += v.block + v.skip
		if at := int64(e) * sector; at < v.table+n || !within(at, v.block+v.skip, v.file.size-sector) {
			v.find(BadMap, "a block lies at %d, outside of the file's %d bytes", at, v.file.size)
		}
	}
	all := n <= window-v.table%window
	if held > room || all && room-held >= v.block {
		v.find(BadMap, "the table knows %d bytes of blocks, and the file has room for %d", held, room)
	}
}

// part returns what lies at an offset of the disk: the rest of a block at most.
func (v *dynamicVHD) part(off, n int64) []byte {
	in := off % v.block
	n = min(n, v.block-in)
	e := v.file.at(v.table+off/v.block*4, 4)
	switch {
	case e == nil:
		return nil
	case be.Uint32(e) == vhdNowhere:
		return hole(n)
	}
	return v.file.at(int64(be.Uint32(e))*sector+v.skip+in, n)
}
