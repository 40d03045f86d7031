package disk

import (
	"hash/crc32"
)

// blockSize is the usual one of ext4 and XFS for disks of these sizes.
const blockSize = 4096

// Shape of an ext4 file system with 4 KiB blocks, as mke2fs chooses it
// (Documentation/filesystems/ext4 of Linux, for all of this file).
const (
	ext4GroupBlocks = 32768
	ext4GroupInodes = 8192
	ext4InodeSize   = 256
	ext4DescSize    = 32
	ext4TableBlocks = ext4GroupInodes * ext4InodeSize / blockSize // of a group's inodes

	ext4Root  = 2  // inode of the root directory
	ext4Lost  = 11 // inode of lost+found, the first that is not reserved
	ext4Files = 2  // blocks of these two
)

// Feature bits of ext4 superblocks that every current mke2fs sets, checksums of all
// metadata among them. The journal is left out: it would be 64 MiB of nothing, and
// room for growth, which makes holes in the first group.
const (
	ext4Compat   = 0x8 | 0x20                            // ext_attr dir_index
	ext4Incompat = 0x2 | 0x40                            // filetype extent
	ext4ROCompat = 0x1 | 0x2 | 0x8 | 0x20 | 0x40 | 0x400 // sparse_super large_file huge_file dir_nlink extra_isize metadata_csum
)

// Flags of a block group: what was not written because it would say nothing.
const (
	ext4InodesUnwritten = 0x1
	ext4BlocksUnwritten = 0x2
	ext4TableZeroed     = 0x4
)

// ext4 is a file system being written: empty but for its root and lost+found.
type ext4 struct {
	d      *draft
	fs     extent
	blocks int64
	groups int64
	uuid   []byte
	hash   []byte // seed of directories' hashes
	seed   uint32 // of all checksums but the superblock's
	descs  []byte
	free   int64 // blocks
	label  string
}

// writeExt4 writes an ext4 file system that fills fs, and contents.
func (d *draft) writeExt4(fs extent, label string) {
	e := &ext4{d: d, fs: fs, blocks: fs.size / blockSize, uuid: d.uuid(), hash: d.bytes(16), label: label}
	e.groups = (e.blocks + ext4GroupBlocks - 1) / ext4GroupBlocks
	e.seed = crc32c(^uint32(0), e.uuid)
	for g := range e.groups {
		e.describe(g)
	}
	for g := range e.groups {
		if hasSuperblock(g) {
			e.writeSuperblock(g)
		}
	}
	e.writeDirectories()
	d.contents(fs)
}

// crc32c goes on with a CRC32C as Linux has it, which never inverts it.
func crc32c(crc uint32, parts ...[]byte) uint32 {
	for _, b := range parts {
		crc = ^crc32.Update(^crc, castagnoli, b)
	}
	return crc
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// word is a number as checksums take it in.
func word(n int64) []byte { return le.AppendUint32(nil, uint32(n)) }

// hasSuperblock reports whether a group has a copy of the superblock: 0, 1 and the
// powers of 3, 5 and 7.
func hasSuperblock(group int64) bool {
	for _, base := range []int64{3, 5, 7} {
		n := group
		for n > 1 && n%base == 0 {
			n /= base
		}
		if n <= 1 {
			return true
		}
	}
	return false
}

// descBlocks is how many blocks the descriptors of all groups take.
func (e *ext4) descBlocks() int64 { return (e.groups*ext4DescSize + blockSize - 1) / blockSize }

// bitmaps returns the block where a group's own metadata begin: the bitmap of its
// blocks, then that of its inodes, then their table.
func (e *ext4) bitmaps(group int64) int64 {
	first := group * ext4GroupBlocks
	if hasSuperblock(group) {
		first += 1 + e.descBlocks()
	}
	return first
}

// describe adds the descriptor of a group, and writes its bitmaps if they say more
// than that nothing is used.
func (e *ext4) describe(group int64) {
	bitmap := e.bitmaps(group)
	used := bitmap + 2 + ext4TableBlocks - group*ext4GroupBlocks
	inodes, flags := int64(0), ext4InodesUnwritten|ext4BlocksUnwritten|ext4TableZeroed
	size := min(ext4GroupBlocks, e.blocks-group*ext4GroupBlocks)
	b := make([]byte, ext4DescSize)
	if group == e.groups-1 { // the last must tell what lies behind its end
		flags &^= ext4BlocksUnwritten
	}
	if group == 0 {
		used, inodes, flags = used+ext4Files, ext4Lost, ext4TableZeroed
		le.PutUint16(b[0x10:], 2) // directories
		le.PutUint16(b[0x1a:], e.writeBitmap(bitmap+1, inodes, ext4GroupInodes, ext4GroupInodes/8))
	}
	if flags&ext4BlocksUnwritten == 0 {
		le.PutUint16(b[0x18:], e.writeBitmap(bitmap, used, size, blockSize))
	}
	le.PutUint32(b[0x00:], uint32(bitmap))
	le.PutUint32(b[0x04:], uint32(bitmap+1))
	le.PutUint32(b[0x08:], uint32(bitmap+2))
	le.PutUint16(b[0x0c:], uint16(size-used))
	le.PutUint16(b[0x0e:], uint16(ext4GroupInodes-inodes))
	le.PutUint16(b[0x12:], uint16(flags))
	le.PutUint16(b[0x1c:], uint16(ext4GroupInodes-inodes)) // never used
	le.PutUint16(b[0x1e:], uint16(crc32c(e.seed, word(group), b)))
	e.descs = append(e.descs, b...)
	e.free += size - used
}

// writeBitmap writes a bitmap of size bits, the first of them used, and returns the
// checksum of its first bytes. What lies behind the last counts as used.
func (e *ext4) writeBitmap(block, used, size int64, summed int) uint16 {
	b := make([]byte, blockSize)
	for i := range int64(8 * blockSize) {
		if i < used || i >= size {
			b[i/8] |= 1 << (i % 8)
		}
	}
	e.put(block, b)
	return uint16(crc32c(e.seed, b[:summed]))
}

// put writes whole blocks.
func (e *ext4) put(block int64, b []byte) { e.d.put(e.fs.off+block*blockSize, b) }

// writeSuperblock writes the superblock and all descriptors into a group.
func (e *ext4) writeSuperblock(group int64) {
	b := e.superblock(group)
	first, off := group*ext4GroupBlocks, int64(0)
	if group == 0 {
		off = 1024 // behind a boot sector
	}
	e.d.put(e.fs.off+first*blockSize+off, b)
	e.put(first+1, e.descs)
}

func (e *ext4) superblock(group int64) []byte {
	b := make([]byte, 1024)
	put32 := func(off int, v int64) { le.PutUint32(b[off:], uint32(v)) }
	put16 := func(off int, v int) { le.PutUint16(b[off:], uint16(v)) }
	put32(0x00, e.groups*ext4GroupInodes)
	put32(0x04, e.blocks)
	put32(0x08, e.blocks/20) // reserved for root: 5 %
	put32(0x0c, e.free)
	put32(0x10, e.groups*ext4GroupInodes-ext4Lost)
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
	put32(0x54, ext4Lost)
	put16(0x58, ext4InodeSize)
	put16(0x5a, int(group))
	put32(0x5c, ext4Compat)
	put32(0x60, ext4Incompat)
	put32(0x64, ext4ROCompat)
	copy(b[0x68:], e.uuid)
	copy(b[0x78:0x88], e.label)
	copy(b[0xec:], e.hash)
	b[0xfc] = 1      // half MD4
	put16(0x15c, 32) // room for large inodes
	put16(0x15e, 32)
	put32(0x160, 1) // hashes of signed characters
	b[0x175] = 1    // checksums are CRC32C
	le.PutUint32(b[0x3fc:], crc32c(^uint32(0), b[:0x3fc]))
	return b
}
