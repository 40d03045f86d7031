package diskimage

// xfs recognises XFS by its superblock (XFS Algorithms and Data Structures, 3rd
// edition, "Superblocks"). Version 5 has checksums: in the superblock, and in the
// three sectors behind it that head the first allocation group.
func xfs(a area) (fs fileSystem, ok bool) {
	if !a.has(0, "XFSB") {
		return fs, false
	}
	fs.name = "xfs"
	b := a.at(0, sector)
	if b == nil {
		return fs, true
	}
	block, blocks := int64(be.Uint32(b[4:])), be.Uint64(b[8:])
	size := int64(be.Uint16(b[102:])) // of a sector
	perGroup, groups := uint64(be.Uint32(b[84:])), uint64(be.Uint32(b[88:]))
	if block < 512 || block > 64<<10 || size < sector || size > 32<<10 || groups == 0 || blocks <= (groups-1)*perGroup || blocks > groups*perGroup {
		fs.problem = "the superblock says what cannot be"
		return fs, true
	}
	fs.size = bytesOf(blocks, block)
	if be.Uint16(b[100:])&0xf == 5 {
		fs.problem = xfsSums(a, size)
	}
	return fs, true
}

// xfsSums checks the sectors that head the first allocation group.
func xfsSums(a area, size int64) string {
	for i, head := range []struct {
		magic string
		sum   int64 // where the checksum lies
		what  string
	}{
		{"XFSB", 224, "the superblock"},
		{"XAGF", 216, "the header of free space"},
		{"XAGI", 312, "the header of inodes"},
		{"XAFL", 32, "the list of free blocks"},
	} {
		b := a.at(int64(i)*size, size)
		switch {
		case b == nil:
			return ""
		case string(b[:4]) != head.magic:
			return head.what + " is missing"
		case sum(castagnoli, b, int(head.sum)) != le.Uint32(b[head.sum:]): // kept little-endian, unlike all else
			return head.what + " does not match its checksum"
		}
	}
	return ""
}
