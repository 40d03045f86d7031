package diskimage

import (
	"bytes"
	"strconv"
)

// A master boot record is the first sector: boot code, four entries of 16 bytes
// at 446, and 55 AA. An entry may hold a chain of sectors of the same form, each
// with one logical partition and the next link.
const (
	mbrEntries = 446
	mbrCode    = 440 // bytes of boot code
	active     = 0x80
	mostLinks  = 128 // of a chain; sfdisk makes 56
)

// mbrEntry is one of the four.
type mbrEntry struct {
	status, kind byte
	off, size    int64 // bytes; off counts from a place that depends
}

// mbrTable returns the entries of a sector, false if it holds no table.
func mbrTable(s []byte) (list [4]mbrEntry, ok bool) {
	if len(s) < sector || s[510] != 0x55 || s[511] != 0xaa {
		return list, false
	}
	for i := range list {
		e := s[mbrEntries+16*i:]
		list[i] = mbrEntry{e[0], e[4], int64(le.Uint32(e[8:])) * sector, int64(le.Uint32(e[12:])) * sector}
		if e[0]&^active != 0 {
			return list, false
		}
	}
	return list, true
}

// mbr returns the partitions of a master boot record.
func (c *check) mbr(d *disk) (table, bool) {
	s := d.at(0, sector)
	entries, ok := mbrTable(s)
	t := table{scheme: "mbr"}
	t.boot = ok && bytes.Contains(s[:mbrCode], []byte("GRUB")) // which asks for no active partition
	for _, e := range entries {
		switch {
		case !ok || e.kind == 0:
		case isExtended(e.kind):
			c.bounds(d, nil, partition{off: e.off, size: e.size, kind: "extended"})
			t.parts = append(t.parts, c.logical(d, e)...)
		default:
			p := mbrKind(e.kind)
			p.off, p.size = e.off, e.size
			p.boot = p.boot || e.status == active && !zero(s[:mbrCode])
			t.parts = append(t.parts, p)
		}
	}
	return t, len(t.parts) > 0
}

// logical follows the chain of an extended partition, as far as one read leads.
func (c *check) logical(d *disk, ext mbrEntry) (parts []partition) {
	c.file.keep++
	defer func() { c.file.keep-- }()
	link := ext.off
	for range mostLinks {
		if !within(link, sector, d.size) || link < ext.off || link-ext.off >= ext.size {
			c.find(Chain, "a link of the chain of logical partitions points to %d, outside the extended partition", link)
			return parts
		}
		s := d.at(link, sector)
		if s == nil {
			return append(parts, partition{off: link, size: sector, kind: "…", opaque: true})
		}
		entries, ok := mbrTable(s)
		if !ok {
			c.find(Chain, "the chain of logical partitions is broken at %d", link)
			return parts
		}
		if e := entries[0]; e.kind != 0 {
			p := mbrKind(e.kind)
			p.off, p.size = link+e.off, e.size
			parts = append(parts, p)
		}
		if !isExtended(entries[1].kind) {
			return parts
		}
		link = ext.off + entries[1].off
	}
	c.find(Chain, "the chain of logical partitions has more than %d links, or no end", mostLinks)
	return parts
}

func isExtended(kind byte) bool { return kind == 0x05 || kind == 0x0f || kind == 0x85 }

// mbrKind says what a partition is for, by its type.
func mbrKind(kind byte) partition {
	switch kind {
	case 0x83:
		return partition{kind: "linux"}
	case 0x82:
		return partition{kind: "swap"}
	case 0x8e:
		return partition{kind: "lvm"}
	case 0xef:
		return partition{kind: espKind, boot: true}
	}
	return partition{kind: "0x" + strconv.FormatUint(uint64(kind), 16), loose: true}
}
