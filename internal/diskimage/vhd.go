package diskimage

// Virtual hard disk (VHD specification 1.0, 2006). Numbers are big-endian. A fixed
// one is the disk and a footer of 512 bytes. A dynamic one begins with a copy of
// the footer, a header and a table of blocks.
const (
	vhdCookie  = "conectix"
	vhdSparse  = "cxsparse"
	vhdNowhere = 0xffffffff // of a block that the file does not hold
	vhdMost    = 2040 << 30 // bytes of a disk: what the specification allows
)

// Kinds of disk.
const (
	vhdFixed   = 2
	vhdDynamic = 3
	vhdChild   = 4 // holds what differs from another
)

// vhdFooter checks a footer and returns kind and size of the disk, 0 if it is
// damaged.
func (c *check) vhdFooter(b []byte, where string) (kind uint32, size int64) {
	switch {
	case len(b) < sector || string(b[:8]) != vhdCookie:
		c.find(Truncated, "there is no footer at %s of the file", where)
		return 0, 0
	case vhdSum(b, 64) != be.Uint32(b[64:]):
		c.find(BadChecksum, "the footer at %s of the file does not match its checksum", where)
		return 0, 0
	}
	kind, size = be.Uint32(b[60:]), int64(be.Uint64(b[48:]))
	switch {
	case kind == vhdChild:
		c.find(Backing, "the file holds only what differs from another VHD")
	case kind != vhdFixed && kind != vhdDynamic || size < 0 || size > vhdMost || be.Uint32(b[12:])>>16 != 1:
		c.find(BadHeader, "the footer at %s of the file has kind %d and %d bytes: no program writes that", where, kind, size)
		return 0, 0
	}
	return kind, size
}

// vhdSum is the checksum of a footer or header in which the four bytes at hole count
// as zeros: the sum of all bytes, inverted.
func vhdSum(b []byte, hole int) (n uint32) {
	for i, v := range b {
		if i < hole || i >= hole+4 {
			n += uint32(v)
		}
	}
	return ^n
}

// fixedVHD opens a fixed VHD, which is known by its end only.
func (c *check) fixedVHD() *disk {
	kind, size := c.vhdFooter(c.file.at(c.file.size-sector, sector), "the end")
	switch {
	case kind == 0:
		size = c.file.size - sector
	case kind != vhdFixed:
		c.find(BadHeader, "the footer is of kind %d, and its copy at the front is missing", kind)
	case size != c.file.size-sector:
		c.find(Truncated, "the footer is for a disk of %d bytes, and there are %d before it", size, c.file.size-sector)
	}
	if !within(0, size, c.file.size-sector) {
		size = c.file.size - sector
	}
	return &disk{size: size, part: c.file.at}
}
