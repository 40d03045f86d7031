package diskimage

import (
	"bytes"
	"hash/crc32"
)

// Layout of the GUID partition table (UEFI 2.10, 5.3).
const (
	gptMagic      = "EFI PART"
	gptHeaderSize = 92
	gptMostCount  = 1024 // entries that are believed; every tool writes 128
	gptMostSize   = 1024 // bytes of an entry that are believed; every tool writes 128
)

const (
	espKind         = "efi"
	legacyBootable  = 1 << 2 // of the attributes
	protectiveEntry = 0xee
)

// gptCopy is one of the two copies of a GUID partition table.
type gptCopy struct {
	lba, twin   int64  // of this header and of the other
	first, last int64  // LBAs that partitions may use
	id          []byte // of the disk
	crc         uint32 // of the entries
	parts       []partition
}

// gpt returns the GUID partition table of the disk: the one at its front, or, where
// that was once, the one at its end.
func (c *check) gpt(d *disk) (table, bool) {
	boot, head := d.at(0, sector), d.at(sector, sector)
	protective := hasProtective(boot)
	front, ok := d.gptCopy(1)
	if ok {
		if !protective {
			c.find(ProtectiveMBR, "the GPT has no master boot record before it that protects it")
		}
		return table{scheme: "gpt", parts: front.parts, backup: func() { c.backup(d, front) }}, true
	}
	if !protective && !bytes.HasPrefix(head, []byte(gptMagic)) {
		return table{}, false
	}
	if t, ok := c.lostGPT(d); ok {
		return t, true
	}
	c.find(GPTPrimary, "the GPT at the front is damaged, and no copy of it is at the end")
	return table{scheme: "gpt"}, true
}

// lostGPT returns the GUID partition table of which only the copy at the end is
// left.
func (c *check) lostGPT(d *disk) (table, bool) {
	back, ok := d.gptCopy(d.size/sector - 1)
	if !ok {
		return table{}, false
	}
	c.find(GPTPrimary, "the GPT at the front is damaged or missing; its copy at the end is whole")
	return table{scheme: "gpt", parts: back.parts}, true
}

// backup looks at the copy at the end. On a disk that has grown it stays where the
// end was, until a tool moves it.
func (c *check) backup(d *disk, front gptCopy) {
	last := d.size/sector - 1
	switch {
	case front.twin > last:
		c.find(Truncated, "the copy of the GPT lies at sector %d, and the last is %d", front.twin, last)
		return
	case front.twin < last && !c.fits():
		c.find(GPTBackup, "the copy of the GPT lies at sector %d, and not in the last, which is %d", front.twin, last)
	}
	refused := c.file.refused
	back, ok := d.gptCopy(front.twin)
	switch {
	case ok && back.twin == 1 && back.crc == front.crc && bytes.Equal(back.id, front.id) && back.first == front.first && back.last == front.last:
		c.ends = front.twin == last
	case ok:
		c.find(GPTBackup, "the copy of the GPT at the end is another table than that at the front")
	case c.file.refused == refused:
		c.find(GPTBackup, "the copy of the GPT at the end is damaged or missing")
	default: // no read was left for it; the table at the front has a checksum, and says where it is
		c.ends = front.twin == last
	}
}

// gptCopy reads the copy of the table whose header is at a sector.
func (d *disk) gptCopy(lba int64) (g gptCopy, ok bool) {
	if lba < 1 {
		return g, false
	}
	h := d.at(lba*sector, sector)
	if !bytes.HasPrefix(h, []byte(gptMagic)) {
		return g, false
	}
	size, count, each := le.Uint32(h[12:]), le.Uint32(h[80:]), le.Uint32(h[84:])
	g = gptCopy{
		lba: int64(le.Uint64(h[24:])), twin: int64(le.Uint64(h[32:])), first: int64(le.Uint64(h[40:])), last: int64(le.Uint64(h[48:])),
		id: h[56:72], crc: le.Uint32(h[88:]),
	}
	if size < gptHeaderSize || size > sector || sum(crc32.IEEETable, h[:size], 16) != le.Uint32(h[16:]) || g.lba != lba || g.twin < 1 {
		return g, false
	}
	if count > gptMostCount || each < 128 || each > gptMostSize || count*each > window {
		return g, false
	}
	entries := d.entries(int64(le.Uint64(h[72:])), int64(count*each))
	if entries == nil || crc32.ChecksumIEEE(entries) != g.crc {
		return g, false
	}
	g.read(entries, int(each))
	return g, true
}

// entries returns the n bytes of a table's entries, from an LBA that may be anything.
func (d *disk) entries(lba, n int64) []byte {
	if lba < 1 || lba > d.size/sector || n == 0 {
		return nil
	}
	return d.at(lba*sector, n)
}

// read adds the entries that are in use. One that lies outside the range for
// partitions gets a size of 0, which is out of bounds everywhere.
func (g *gptCopy) read(entries []byte, each int) {
	for ; len(entries) >= each; entries = entries[each:] {
		kind, start, end := entries[:16], int64(le.Uint64(entries[32:])), int64(le.Uint64(entries[40:]))
		if zero(kind) {
			continue
		}
		p := gptKind(kind)
		p.boot = p.boot || le.Uint64(entries[48:])&legacyBootable != 0
		if start >= g.first && end >= start && end <= g.last && g.last < 1<<54 {
			p.off, p.size = start*sector, (end+1-start)*sector
		}
		g.parts = append(g.parts, p)
	}
}

// gptKind says what a partition is for, by its type. Written as they lie on disk:
// the first three fields are little-endian.
func gptKind(guid []byte) partition {
	switch string(guid) {
	case "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b": // C12A7328-F81F-11D2-BA4B-00A0C93EC93B
		return partition{kind: espKind, boot: true}
	case "Hah!IdontNeedEFI": // 21686148-6449-6E6F-744E-656564454649
		return partition{kind: "bios-boot", boot: true, opaque: true}
	case "\xaf\x3d\xc6\x0f\x83\x84\x72\x47\x8e\x79\x3d\x69\xd8\x47\x7d\xe4", // 0FC63DAF-8483-4772-8E79-3D69D8477DE4
		"\xe3\xbc\x68\x4f\xcd\xe8\xb1\x4d\x96\xe7\xfb\xca\xf9\x84\xb7\x09", // 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, root of x86-64
		"\x45\xb0\x21\xb9\xf0\x1d\xc3\x41\xaf\x44\x4c\x6f\x28\x0d\x3f\xae": // B921B045-1DF0-41C3-AF44-4C6F280D3FAE, root of arm64
		return partition{kind: "linux"}
	case "\x6d\xfd\x57\x06\xab\xa4\xc4\x43\x84\xe5\x09\x33\xc8\x4b\x4f\x4f": // 0657FD6D-A4AB-43C4-84E5-0933C84B4F4F
		return partition{kind: "swap"}
	case "\x79\xd3\xd6\xe6\x07\xf5\xc2\x44\xa2\x3c\x23\x8f\x2a\x3d\xf9\x28": // E6D6D379-F507-44C2-A23C-238F2A3DF928
		return partition{kind: "lvm"}
	}
	return partition{kind: "other", loose: true}
}

// hasProtective reports whether a boot sector keeps the disk for a GPT.
func hasProtective(boot []byte) bool {
	if len(boot) < sector || boot[510] != 0x55 || boot[511] != 0xaa {
		return false
	}
	for e := 446; e < 510; e += 16 {
		if boot[e+4] == protectiveEntry {
			return true
		}
	}
	return false
}

// sum returns the CRC32 of b in which the four bytes at hole count as zeros.
func sum(t *crc32.Table, b []byte, hole int) uint32 {
	crc := crc32.Update(0, t, b[:hole])
	crc = crc32.Update(crc, t, zeros[:4])
	return crc32.Update(crc, t, b[hole+4:])
}
