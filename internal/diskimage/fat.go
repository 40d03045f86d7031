package diskimage

// fat recognises the file systems that begin with a boot sector: FAT, which firmware
// starts from, exFAT and NTFS.
func fat(a area) (fs fileSystem, ok bool) {
	b := a.at(0, sector)
	if b == nil || b[510] != 0x55 || b[511] != 0xaa {
		return fs, false
	}
	unit := int64(le.Uint16(b[11:]))
	switch {
	case string(b[3:11]) == "NTFS    ":
		return fileSystem{name: "ntfs", size: bytesOf(le.Uint64(b[40:]), unit)}, true
	case string(b[3:11]) == "EXFAT   ":
		return fileSystem{name: "exfat", size: bytesOf(le.Uint64(b[72:]), 1<<min(b[108], 12))}, true
	case string(b[54:57]) != "FAT" && string(b[82:85]) != "FAT":
		return fs, false
	}
	fs = fileSystem{name: "fat"}
	sectors := uint64(le.Uint16(b[19:]))
	if sectors == 0 {
		sectors = uint64(le.Uint32(b[32:]))
	}
	if unit < sector || unit > 4096 || unit&(unit-1) != 0 || b[13]&(b[13]-1) != 0 || b[13] == 0 || b[16] == 0 || b[16] > 2 || sectors == 0 {
		fs.problem = "the boot sector says what cannot be"
		return fs, true
	}
	fs.size = bytesOf(sectors, unit)
	return fs, true
}

func (a area) holdsFAT() bool {
	_, ok := fat(a)
	return ok
}
