package disk

// ext4Entry is a name in a directory.
type ext4Entry struct {
	name  string
	inode int
}

// writeDirectories writes the root and lost+found: their inodes, at the start of
// the first group's table, and a block of names for each, behind it.
func (e *ext4) writeDirectories() {
	table := e.bitmaps(0) + 2
	names := table + ext4TableBlocks
	inodes := make([]byte, blockSize)
	copy(inodes[(ext4Root-1)*ext4InodeSize:], e.directory(ext4Root, 3, names))
	copy(inodes[(ext4Lost-1)*ext4InodeSize:], e.directory(ext4Lost, 2, names+1))
	e.put(table, inodes)
	e.put(names, e.entries(ext4Root, ext4Entry{".", ext4Root}, ext4Entry{"..", ext4Root}, ext4Entry{"lost+found", ext4Lost}))
	e.put(names+1, e.entries(ext4Lost, ext4Entry{".", ext4Lost}, ext4Entry{"..", ext4Root}))
}

// directory returns the inode of a directory of one block.
func (e *ext4) directory(inode int64, links int, block int64) []byte {
	b := make([]byte, ext4InodeSize)
	le.PutUint16(b[0x00:], 0o40755)
	le.PutUint32(b[0x04:], blockSize)
	le.PutUint16(b[0x1a:], uint16(links))
	le.PutUint32(b[0x1c:], blockSize/sector)
	le.PutUint32(b[0x20:], 0x80000) // an extent tree follows
	le.PutUint16(b[0x28:], 0xf30a)
	le.PutUint16(b[0x2a:], 1) // of
	le.PutUint16(b[0x2c:], 4) // extents
	le.PutUint16(b[0x38:], 1) // block long
	le.PutUint32(b[0x3c:], uint32(block))
	le.PutUint16(b[0x80:], 32) // size of the fields from here on
	sum := crc32c(e.seed, word(inode), word(0), b)
	le.PutUint16(b[0x7c:], uint16(sum))
	le.PutUint16(b[0x82:], uint16(sum>>16))
	return b
}

// entries returns a block of names. Its last twelve bytes look like a name that is
// unused, and hold the checksum.
func (e *ext4) entries(inode int64, list ...ext4Entry) []byte {
	const tail = blockSize - 12
	b := make([]byte, blockSize)
	at := 0
	for i, entry := range list {
		length := (8 + len(entry.name) + 3) / 4 * 4
		if i == len(list)-1 {
			length = tail - at
		}
		le.PutUint32(b[at:], uint32(entry.inode))
		le.PutUint16(b[at+4:], uint16(length))
		b[at+6], b[at+7] = byte(len(entry.name)), 2 // a directory
		copy(b[at+8:], entry.name)
		at += length
	}
	le.PutUint16(b[tail+4:], 12)
	b[tail+7] = 0xde
	le.PutUint32(b[tail+8:], crc32c(e.seed, word(inode), word(0), b[:tail]))
	return b
}
