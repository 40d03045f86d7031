package diskimage

import "crypto/sha256"

// btrfs recognises Btrfs by its first superblock, at 64 KiB (on-disk format,
// btrfs.readthedocs.io). Of the four checksums that it may have, CRC32C, the
// default, and SHA-256 are checked.
func btrfs(a area) (fs fileSystem, ok bool) {
	const at, length = 64 << 10, 4096
	if !a.has(at+64, "_BHRfS_M") {
		return fs, false
	}
	fs.name = "btrfs"
	b := a.at(at, length)
	if b == nil {
		return fs, true
	}
	fs.size = bytesOf(le.Uint64(b[0xc9+8:]), 1) // of this device: there may be several
	switch kind := le.Uint16(b[0xc4:]); {
	case kind > 3 || le.Uint64(b[48:]) != at:
		fs.problem = "the superblock says what cannot be"
	case kind == 0 && ^crc32c(^uint32(0), b[32:]) != le.Uint32(b),
		kind == 2 && sha256.Sum256(b[32:]) != [sha256.Size]byte(b):
		fs.problem = "the superblock does not match its checksum"
	}
	return fs, true
}
