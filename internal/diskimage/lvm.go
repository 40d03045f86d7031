package diskimage

import "hash/crc32"

// lvm recognises a physical volume of LVM2 by its label, which lies in one of the
// first four sectors (lib/label/label.h and lib/format_text/layout.h of LVM2).
func lvm(a area) (fs fileSystem, ok bool) {
	for i := range int64(4) {
		b := a.at(i*sector, sector)
		if b == nil || string(b[:8]) != "LABELONE" {
			continue
		}
		fs.name = "lvm"
		switch {
		case le.Uint64(b[8:]) != uint64(i) || string(b[24:32]) != "LVM2 001":
			fs.problem = "the label says what cannot be"
		case lvmCRC(b[20:]) != le.Uint32(b[16:]):
			fs.problem = "the label does not match its checksum"
		default:
			fs.size = bytesOf(le.Uint64(b[64:]), 1)
			fs.problem = lvmMetadata(a, b)
		}
		return fs, true
	}
	return fs, false
}

// lvmMetadata checks the header of the first metadata area, and the text behind it
// that describes the volume group, if there is one yet.
func lvmMetadata(a area, label []byte) string {
	area := lvmFirstArea(label)
	h := a.at(area, sector)
	switch {
	case h == nil:
		return ""
	case lvmCRC(h[4:]) != le.Uint32(h) || string(h[4:20]) != " LVM2 x[5A%r0N*>":
		return "the header of the metadata does not match its checksum"
	}
	off, n, crc := int64(le.Uint64(h[40:])), int64(le.Uint64(h[48:])), le.Uint32(h[56:])
	if off < sector || off > window || n < 1 || n > window {
		return ""
	}
	if text := a.at(area+off, n); text != nil && lvmCRC(text) != crc {
		return "the metadata do not match their checksum"
	}
	return ""
}

// lvmFirstArea returns where the first metadata area lies: behind the list of data
// areas, which ends with an empty one. -1: nowhere.
func lvmFirstArea(label []byte) int64 {
	for at := 72; at+32 <= len(label); at += 16 {
		if zero(label[at : at+16]) {
			if off := le.Uint64(label[at+16:]); off > 0 && off < window {
				return int64(off)
			}
			break
		}
	}
	return -1
}

// lvmCRC is a CRC32 that starts elsewhere and is not inverted.
func lvmCRC(b []byte) uint32 {
	const initial = 0xf597a6cf
	return ^crc32.Update(^uint32(initial), crc32.IEEETable, b)
}
