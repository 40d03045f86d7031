package diskimage

// fileSystem is what lies on a partition, or on a disk without a partition table.
// Volumes and swap count too.
type fileSystem struct {
	name    string
	size    int64  // bytes, as it says itself; 0: not known
	problem string // damage in its own structures; empty: none is seen
}

// recognise says what lies in the area.
func (a area) recognise() (fileSystem, bool) {
	a.at(0, min(sector, a.size)) // so that one read brings in all that follows
	for _, look := range []func(area) (fileSystem, bool){luks, lvm, xfs, btrfs, ext, swap, fat} {
		if fs, ok := look(a); ok {
			return fs, true
		}
	}
	for _, s := range signatures {
		if a.has(s.off, s.magic) {
			return fileSystem{name: s.name}, true
		}
	}
	return fileSystem{}, false
}

// signatures of what is known by name only. Offsets as in libblkid of util-linux.
var signatures = []struct {
	off         int64
	magic, name string
}{
	{4096, "\xfc\x4e\x2b\xa9", "raid"}, // Linux md, version 1.2
	{0, "\xfc\x4e\x2b\xa9", "raid"},    // and 1.1
	{1024, "\x10\x20\xf5\xf2", "f2fs"},
	{1024, "\xe2\xe1\xf5\xe0", "erofs"},
	{0, "hsqs", "squashfs"},
	{16<<10 + 24, "version", "zfs"}, // the first name in the first label of a pool's member
	{64<<10 + 52, "ReIsEr", "reiserfs"},
	{32 << 10, "JFS1", "jfs"},
	{4096 + 24, "\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", "bcachefs"},
}

// bytesOf returns count units as bytes, -1 if that is more than any disk has.
func bytesOf(count uint64, unit int64) int64 {
	const most = 1 << 60
	if unit < 1 || count > most/uint64(unit) {
		return -1
	}
	return int64(count) * unit
}
