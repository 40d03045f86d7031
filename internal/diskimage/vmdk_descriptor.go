package diskimage

import (
	"bytes"
	"strconv"
	"strings"
)

// vmdkDescriptor checks the text that describes the disk, in the sectors that
// the header gives: one extent, of the right size, in this file, on no parent.
func (c *check) vmdkDescriptor(at, sectors, capacity int64) {
	if at < 1 || at > window || sectors < 1 || sectors > window/2/sector {
		c.find(BadHeader, "the descriptor of %d sectors at sector %d: no program writes that", sectors, at)
		return
	}
	b := c.file.at(at*sector, sectors*sector)
	text, rest, _ := bytes.Cut(b, []byte{0})
	const remains = 8 // bytes that QEMU leaves behind a text which got shorter
	if !bytes.HasPrefix(text, []byte(vmdkText)) || !zero(rest[min(remains, len(rest)):]) || !isText(text) {
		c.find(BadHeader, "the descriptor is damaged")
		return
	}
	extents := 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch f := strings.Fields(line); {
		case strings.HasPrefix(line, "parentCID=") && line != "parentCID=ffffffff":
			c.find(Backing, "the file holds only what differs from another VMDK")
		case strings.HasPrefix(line, "createType=") && line != `createType="monolithicSparse"` && line != `createType="streamOptimized"`:
			c.find(ExternalData, "the descriptor has %.60s, which is not for one file", line)
		case len(f) >= 4 && (f[0] == "RW" || f[0] == "RDONLY" || f[0] == "NOACCESS"):
			extents++
			if f[1] != strconv.FormatInt(capacity, 10) || f[2] != "SPARSE" {
				c.find(BadHeader, "the descriptor has the extent %.60s, and the header %d sectors", line, capacity)
			}
		}
	}
	if extents != 1 {
		c.find(ExternalData, "the descriptor names %d extents, not 1", extents)
	}
}
