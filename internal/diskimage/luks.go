package diskimage

import (
	"bytes"
	"crypto/sha256"
)

// luks recognises encrypted volumes: LUKS1 by its magic alone, LUKS2 with the
// checksum of its header (LUKS2 On-Disk Format Specification 1.1.3, chapter 2).
func luks(a area) (fs fileSystem, ok bool) {
	if !a.has(0, "LUKS\xba\xbe") {
		return fs, false
	}
	b := a.at(0, sector)
	if b == nil {
		return fileSystem{name: "luks"}, true
	}
	switch be.Uint16(b[6:]) {
	case 1:
		return fileSystem{name: "luks1"}, true
	case 2:
		return fileSystem{name: "luks2", problem: luks2(a, b)}, true
	}
	return fileSystem{name: "luks", problem: "the header has a version that is not known"}, true
}

// luks2 checks the first header with its JSON. One that is longer than a read is
// not checked: cryptsetup makes 16 KiB.
func luks2(a area, b []byte) string {
	const sumAt, sumSize = 448, 64
	size := be.Uint64(b[8:])
	if size < 16<<10 || size > 4<<20 || size&(size-1) != 0 {
		return "the header says what cannot be"
	}
	if size > window || string(bytes.TrimRight(b[72:104], "\x00")) != "sha256" {
		return ""
	}
	whole := a.at(0, int64(size))
	if whole == nil {
		return ""
	}
	h := sha256.New()
	h.Write(whole[:sumAt])
	h.Write(zeros[:sumSize])
	h.Write(whole[sumAt+sumSize:])
	if !bytes.Equal(h.Sum(nil), b[sumAt:sumAt+sha256.Size]) {
		return "the header does not match its checksum"
	}
	return ""
}
