package disk

import "encoding/binary"

// XFS splits a file system into allocation groups; mkfs.xfs makes four of them
// below a terabyte.
const xfsGroups = 4

// writeXFS writes the superblock of an XFS file system, version 4, that fills
// fs, its copies in the other allocation groups, and contents. Version 5 would
// have checksums in every block.
func (d *draft) writeXFS(fs extent, label string) {
	b := d.xfsSuperblock(fs.size/blockSize, label)
	for g := range int64(xfsGroups) {
		d.put(fs.off+g*(fs.size/xfsGroups), b)
	}
	d.contents(fs)
}

func (d *draft) xfsSuperblock(blocks int64, label string) []byte {
	be := binary.BigEndian
	group := blocks / xfsGroups
	groupLog := 0
	for 1<<groupLog < group {
		groupLog++
	}
	b := make([]byte, sector)
	copy(b, "XFSB")
	be.PutUint32(b[4:], blockSize)
	be.PutUint64(b[8:], uint64(blocks))
	copy(b[32:], d.uuid())
	be.PutUint64(b[48:], uint64(2<<groupLog+6)) // log inside the third group
	be.PutUint64(b[56:], 128)                   // root directory's inode
	be.PutUint64(b[64:], 129)
	be.PutUint64(b[72:], 130)
	be.PutUint32(b[80:], 1) // realtime extent
	be.PutUint32(b[84:], uint32(group))
	be.PutUint32(b[88:], xfsGroups)
	be.PutUint32(b[96:], 2560)    // log blocks
	be.PutUint16(b[100:], 0xb4a4) // version 4 and what mkfs.xfs adds
	be.PutUint16(b[102:], sector)
	be.PutUint16(b[104:], 256) // inode size
	be.PutUint16(b[106:], blockSize/256)
	copy(b[108:120], label)
	copy(b[120:], []byte{12, 9, 8, 4, byte(groupLog), 0, 0, 25}) // logarithms of the above; 25 % for inodes
	be.PutUint64(b[128:], 64)                                    // inodes allocated
	be.PutUint64(b[136:], 61)                                    // and free
	be.PutUint64(b[144:], uint64(blocks-blocks/10))              // free blocks
	return b
}
