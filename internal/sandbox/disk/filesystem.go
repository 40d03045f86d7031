package disk

import "encoding/binary"

// blockSize is the usual one of ext4 and XFS for disks of these sizes.
const blockSize = 4096

// Shape of an ext4 file system with 4 KiB blocks, as mke2fs chooses it.
const (
	ext4GroupBlocks = 32768
	ext4GroupInodes = 8192
	ext4InodeSize   = 256
)

// Feature bits of ext4 superblocks that every current mke2fs sets
// (Documentation/filesystems/ext4/super.rst). The journal and the checksums of
// metadata are left out: tools would go on to read tables that are not there.
const (
	ext4Compat   = 0x8 | 0x10 | 0x20             // ext_attr resize_inode dir_index
	ext4Incompat = 0x2 | 0x40 | 0x200            // filetype extent flex_bg
	ext4ROCompat = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 // sparse_super large_file huge_file dir_nlink extra_isize
)

// writeExt4 writes the superblock of an ext4 file system that fills fs, its
// copy in the second block group, and contents.
func (d *draft) writeExt4(fs extent, label string) {
	b := d.ext4Superblock(fs.size, label)
	d.put(fs.off+1024, b)
	backup := append([]byte(nil), b...)
	le.PutUint16(backup[0x5a:], 1) // s_block_group_nr
	d.put(fs.off+ext4GroupBlocks*blockSize, backup)
	d.contents(fs)
}

func (d *draft) ext4Superblock(size int64, label string) []byte {
	blocks := size / blockSize
	groups := (blocks + ext4GroupBlocks - 1) / ext4GroupBlocks
	inodes := groups * ext4GroupInodes
	b := make([]byte, 1024)
	put32 := func(off int, v int64) { le.PutUint32(b[off:], uint32(v)) }
	put16 := func(off int, v int) { le.PutUint16(b[off:], uint16(v)) }
	put32(0x00, inodes)
	put32(0x04, blocks)
	put32(0x08, blocks/20) // reserved for root: 5 %
	put32(0x0c, blocks-blocks/10)
	put32(0x10, inodes-11)
	put32(0x18, 2) // block size 1 KiB << 2
	put32(0x1c, 2) // cluster size
	put32(0x20, ext4GroupBlocks)
	put32(0x24, ext4GroupBlocks)
	put32(0x28, ext4GroupInodes)
	put16(0x36, 0xffff) // never checked by mount count
	put16(0x38, 0xef53) // magic
	put16(0x3a, 1)      // cleanly unmounted
	put16(0x3c, 1)      // on errors: continue
	put32(0x4c, 1)      // revision with the fields below
	put32(0x54, 11)     // first ordinary inode
	put16(0x58, ext4InodeSize)
	put32(0x5c, ext4Compat)
	put32(0x60, ext4Incompat)
	put32(0x64, ext4ROCompat)
	copy(b[0x68:], d.uuid())
	copy(b[0x78:0x88], label)
	put16(0xce, int(min(1024, blocks/ext4GroupBlocks))) // reserved for growing the group table
	copy(b[0xec:], d.bytes(16))                         // hash seed of directories
	b[0xfc] = 1                                         // half MD4
	put16(0x15c, 32)                                    // room for large inodes
	put16(0x15e, 32)
	b[0x174] = 4 // 16 groups to a flexible one
	return b
}

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
