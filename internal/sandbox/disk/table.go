package disk

import (
	"encoding/binary"
	"hash/crc32"
)

var le = binary.LittleEndian

// Partition types of a master boot record.
const (
	mbrLinux      = 0x83
	mbrProtective = 0xee // "all of this disk belongs to a GPT"
)

// writeMBR writes a master boot record with one active Linux partition.
func (d *draft) writeMBR(part extent) {
	b := d.bootSector()
	putMBREntry(b, 0x80, mbrLinux, part)
	d.put(0, b)
}

// bootSector returns a first sector with boot code, disk signature and an empty
// table. Real boot code starts with a jump; what follows is never run here.
func (d *draft) bootSector() []byte {
	b := make([]byte, sector)
	copy(b, []byte{0xeb, 0x63, 0x90}) // jmp over the BIOS parameter block, nop: GRUB's first bytes
	copy(b[0x65:440], d.bytes(440-0x65))
	le.PutUint32(b[440:], d.rnd.Uint32())
	b[510], b[511] = 0x55, 0xaa
	return b
}

// putMBREntry fills the first of the four entries. The cylinder, head and
// sector fields hold their maximum, which means that LBA counts; a size that
// does not fit 32 bits is written as the largest.
func putMBREntry(b []byte, status, kind byte, part extent) {
	e := b[446:462]
	e[0], e[4] = status, kind
	copy(e[1:4], []byte{0xfe, 0xff, 0xff})
	copy(e[5:8], []byte{0xfe, 0xff, 0xff})
	le.PutUint32(e[8:], uint32(part.off/sector))
	le.PutUint32(e[12:], uint32(min(part.size/sector, 0xffffffff)))
}

// Sizes of the GUID partition table that every tool writes (UEFI 2.10, 5.3).
const (
	gptHeaderSize = 92
	gptEntries    = 128
	gptEntrySize  = 128
	gptTableSize  = gptEntries * gptEntrySize
)

// linuxData is the type "Linux filesystem data",
// 0FC63DAF-8483-4772-8E79-3D69D8477DE4, as RFC 9562 orders it.
var linuxData = []byte{0x0f, 0xc6, 0x3d, 0xaf, 0x84, 0x83, 0x47, 0x72, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4}

// writeGPT writes a protective MBR and both copies of a GUID partition table
// with one Linux partition, which it returns.
func (d *draft) writeGPT(usage Usage) extent {
	boot := make([]byte, sector)
	if usage == System {
		boot = d.bootSector()
	}
	boot[510], boot[511] = 0x55, 0xaa
	putMBREntry(boot, 0, mbrProtective, extent{sector, d.size - sector})
	d.put(0, boot)

	last := d.size - sector // the backup header
	backupTable := last - gptTableSize
	part := extent{partitionStart, backupTable/mib*mib - partitionStart}
	table, id := d.gptTable(part, usage), guid(d.uuid())
	h := gptHeader{id: id, tableCRC: crc32.ChecksumIEEE(table), lastUsable: backupTable - sector}
	d.put(sector, h.encode(sector, last, 2*sector))
	d.put(2*sector, table)
	d.put(backupTable, table)
	d.put(last, h.encode(last, sector, backupTable))
	return part
}

// gptTable returns the entries: one partition, the rest empty.
func (d *draft) gptTable(part extent, usage Usage) []byte {
	t := make([]byte, gptTableSize)
	copy(t, guid(linuxData))
	copy(t[16:], guid(d.uuid()))
	le.PutUint64(t[32:], uint64(part.off/sector))
	le.PutUint64(t[40:], uint64((part.off+part.size)/sector-1))
	name := "data"
	if usage == System {
		le.PutUint64(t[48:], 1<<2) // legacy BIOS bootable
		name = "root"
	}
	for i, r := range name {
		le.PutUint16(t[56+2*i:], uint16(r))
	}
	return t
}

// gptHeader is what both copies of the header have in common.
type gptHeader struct {
	id         []byte // of the disk
	tableCRC   uint32
	lastUsable int64 // byte offset of the last sector that partitions may use
}

// encode returns the header that lies at byte offset self, with its twin at
// other and its entries at table.
func (h gptHeader) encode(self, other, table int64) []byte {
	b := make([]byte, sector)
	copy(b, "EFI PART")
	le.PutUint32(b[8:], 0x00010000) // revision 1.0
	le.PutUint32(b[12:], gptHeaderSize)
	le.PutUint64(b[24:], uint64(self/sector))
	le.PutUint64(b[32:], uint64(other/sector))
	le.PutUint64(b[40:], 2+gptTableSize/sector)
	le.PutUint64(b[48:], uint64(h.lastUsable/sector))
	copy(b[56:], h.id)
	le.PutUint64(b[72:], uint64(table/sector))
	le.PutUint32(b[80:], gptEntries)
	le.PutUint32(b[84:], gptEntrySize)
	le.PutUint32(b[88:], h.tableCRC)
	le.PutUint32(b[16:], crc32.ChecksumIEEE(b[:gptHeaderSize]))
	return b
}

// guid turns a UUID into the mixed byte order of UEFI: the first three fields
// little-endian, the rest as they are.
func guid(u []byte) []byte {
	return []byte{u[3], u[2], u[1], u[0], u[5], u[4], u[7], u[6], u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]}
}
