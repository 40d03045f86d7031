package diskimage

// swap recognises swap space by the end of its first page (include/linux/swap.h of
// Linux). The page has the size that it has on the machine: 4 KiB, or on some ARM
// machines 16 or 64.
func swap(a area) (fs fileSystem, ok bool) {
	for _, page := range []int64{4 << 10, 16 << 10, 64 << 10} {
		if !a.has(page-10, "SWAPSPACE2") {
			continue
		}
		fs.name = "swap"
		b := a.at(0, page)
		if b == nil {
			return fs, true
		}
		last, bad := le.Uint32(b[1028:]), le.Uint32(b[1032:])
		if le.Uint32(b[1024:]) != 1 || last == 0 || bad == 0 && !zero(b[1068:page-10]) { // UUID and label end at 1068
			fs.problem = "the header says what cannot be"
		}
		fs.size = bytesOf(uint64(last)+1, page)
		return fs, true
	}
	return fs, false
}
