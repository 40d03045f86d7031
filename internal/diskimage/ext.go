package diskimage

import "hash/crc32"

// Bits of the feature words of ext2, 3 and 4 (Documentation/filesystems/ext4 of
// Linux, "super.rst").
const (
	extJournal      = 0x4    // compat
	extExtents      = 0x40   // incompat, and so 64bit and flex_bg: ext4 only
	extMetaGroups   = 0x10   // incompat: group descriptors lie elsewhere
	ext64Bit        = 0x80   // incompat
	extSumSeed      = 0x2000 // incompat
	extMetadataSums = 0x400  // ro_compat
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crc32c goes on with a CRC32C as Linux does, which never inverts it.
func crc32c(crc uint32, b []byte) uint32 { return ^crc32.Update(^crc, castagnoli, b) }

// ext recognises ext2, ext3 and ext4 by their superblock.
func ext(a area) (fs fileSystem, ok bool) {
	b := a.at(1024, 1024)
	if b == nil || le.Uint16(b[0x38:]) != 0xef53 {
		return fs, false
	}
	compat, incompat, readOnly := le.Uint32(b[0x5c:]), le.Uint32(b[0x60:]), le.Uint32(b[0x64:])
	switch {
	case incompat&(extExtents|ext64Bit) != 0 || readOnly&extMetadataSums != 0:
		fs.name = "ext4"
	case compat&extJournal != 0:
		fs.name = "ext3"
	default:
		fs.name = "ext2"
	}
	blocks, shift := uint64(le.Uint32(b[4:])), le.Uint32(b[0x18:])
	if incompat&ext64Bit != 0 {
		blocks |= uint64(le.Uint32(b[0x150:])) << 32
	}
	if shift > 6 || blocks == 0 || le.Uint32(b[0x20:]) == 0 || le.Uint32(b[0x28:]) == 0 {
		fs.problem = "the superblock says what cannot be"
		return fs, true
	}
	fs.size = bytesOf(blocks, 1024<<shift)
	switch {
	case readOnly&extMetadataSums == 0:
	case crc32c(^uint32(0), b[:0x3fc]) != le.Uint32(b[0x3fc:]):
		fs.problem = "the superblock does not match its checksum"
	case incompat&extMetaGroups == 0:
		fs.problem = extGroups(a, b, 1024<<shift)
	}
	return fs, true
}

// extGroups checks the descriptors of block groups that lie in the block behind the
// superblock's.
func extGroups(a area, super []byte, block int64) string {
	size := int64(32)
	if le.Uint32(super[0x60:])&ext64Bit != 0 {
		size = int64(le.Uint16(super[0xfe:]))
	}
	first, perGroup := le.Uint32(super[0x14:]), le.Uint32(super[0x20:])
	groups := (le.Uint32(super[4:]) - first + perGroup - 1) / perGroup
	b := a.at((int64(first)+1)*block, block)
	if b == nil || size < 32 || size > 1024 {
		return ""
	}
	seed := crc32c(^uint32(0), super[0x68:0x78])
	if le.Uint32(super[0x60:])&extSumSeed != 0 {
		seed = le.Uint32(super[0x270:])
	}
	for g := range min(int64(groups), block/size) {
		d := b[g*size:][:size]
		crc := crc32c(seed, le.AppendUint32(nil, uint32(g)))
		crc = crc32c(crc, d[:0x1e])
		crc = crc32c(crc, zeros[:2])
		crc = crc32c(crc, d[0x20:])
		if uint16(crc) != le.Uint16(d[0x1e:]) {
			return "the descriptor of a block group does not match its checksum"
		}
	}
	return ""
}
