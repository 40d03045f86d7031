package diskimage

import "bytes"

const (
	vmdkMagic = "KDMV"
	vmdkText  = "# Disk DescriptorFile"
	vmdkAtEnd = ^uint64(0) // in place of a directory's sector: see the header at the end
)

// Flags of a sparse extent (VMware Virtual Disk Format 5.0).
const (
	vmdkNewlines   = 1
	vmdkRedundant  = 1 << 1
	vmdkCompressed = 1 << 16
	vmdkMarkers    = 1 << 17
)

// vmdk is a sparse extent with its descriptor inside: a directory of tables, which
// say where the grains of the disk lie. Offsets in the file count sectors.
type vmdk struct {
	*check
	flags     uint32
	size      int64          // of the disk, in bytes
	grain     int64          // bytes
	directory int64          // offset in bytes
	redundant int64          // of its copy; 0: there is none
	atEnd     bool           // the directory is behind the grains
	checked   map[int64]bool // tables, by offset; 0 is the directory
	highest   int64          // offset of a grain that was seen
}

// vmdkText refuses a descriptor that is a file of its own.
func (c *check) vmdkText() *disk {
	c.find(ExternalData, "the file only describes a disk, whose contents are in other files")
	return nil
}

// vmdk opens a monolithicSparse or streamOptimized VMDK.
func (c *check) vmdk() *disk {
	h := c.file.at(0, sector)
	if h == nil {
		c.find(Truncated, "the file ends inside its header")
		return nil
	}
	c.vmdkDescriptor(int64(le.Uint64(h[28:])), int64(le.Uint64(h[36:])), int64(le.Uint64(h[12:])))
	atEnd := le.Uint64(h[56:]) == vmdkAtEnd
	if atEnd {
		end := c.file.at(c.file.size-2*sector, 2*sector) // the header again, and the mark of the end
		if !bytes.HasPrefix(end, []byte(vmdkMagic)) || !zero(end[sector:]) {
			c.find(Truncated, "the file does not end with the header and the mark that belong there")
			return nil
		}
		h = end[:sector]
	}
	v := c.vmdkHeader(h)
	if v == nil {
		return nil
	}
	v.atEnd = atEnd
	return &disk{size: v.size, part: v.part, end: v.end}
}

// vmdkHeader checks the header, nil if nothing can be found with it.
func (c *check) vmdkHeader(h []byte) *vmdk {
	version, capacity, grain := le.Uint32(h[4:]), le.Uint64(h[12:]), le.Uint64(h[20:])
	v := &vmdk{check: c, flags: le.Uint32(h[8:]), checked: map[int64]bool{}}
	switch {
	case version < 1 || version > 3 || capacity > 1<<46 || grain < 8 || grain > 1<<11 || grain&(grain-1) != 0 || le.Uint32(h[44:]) != vmdkEntries:
		c.find(BadHeader, "version %d, a disk of %d sectors, grains of %d, %d of them in a table: no program writes that", version, capacity, grain, le.Uint32(h[44:]))
		return nil
	case v.flags&vmdkNewlines != 0 && string(h[73:77]) != "\n \r\n":
		c.find(BadHeader, "the file was changed as if it were text")
	case !zero(h[79:]):
		c.find(BadHeader, "the header has something where there is nothing")
	case h[72] != 0:
		c.find(Unclean, "the file was not closed by its writer")
	}
	v.size, v.grain = int64(capacity)*sector, int64(grain)*sector
	v.directory = v.place(le.Uint64(h[56:]))
	if v.flags&vmdkRedundant != 0 {
		v.redundant = v.place(le.Uint64(h[48:]))
	}
	return v
}

// place returns the byte offset of a sector of the file, -1 if it lies outside.
func (v *vmdk) place(at uint64) int64 {
	if at == 0 || at > uint64(v.file.size/sector) {
		v.find(Truncated, "the header points to sector %d, and the file has %d bytes", at, v.file.size)
		return -1
	}
	return int64(at) * sector
}
