package diskimage

import (
	"strings"

	"github.com/imageferry/imageferry/internal/image"
)

// contents looks at what is on the disk: a GPT, an MBR, or a file system without
// a partition table, as data disks often have it.
func (c *check) contents(d *disk) {
	refused := c.file.refused
	whole := area{d, 0, d.size}
	if t, ok := c.table(whole); ok {
		c.partitions(d, t)
		return
	}
	fs, ok := whole.recognise()
	switch {
	case ok:
		c.report.Contents, c.ends = fs.name, fs.size == d.size
		c.judge("the disk", fs, whole)
		c.notBootable()
	case c.file.refused > refused:
		c.find(Unseen, "the place where the contents begin takes more than %d reads to find", maxReads)
	case whole.at(0, min(sector, d.size)) == nil:
		c.find(Unseen, "the file does not hold the beginning of the disk in a form that can be looked at")
	default:
		if t, ok := c.lostGPT(d); ok {
			c.partitions(d, t)
			return
		}
		c.nothing(whole)
	}
	if d.end != nil {
		d.end()
	}
}

// table returns the partition table at the front of the disk. A FAT begins with a
// boot sector that looks like an MBR.
func (c *check) table(whole area) (table, bool) {
	if t, ok := c.gpt(whole.disk); ok {
		return t, true
	}
	if whole.holdsFAT() {
		return table{}, false
	}
	return c.mbr(whole.disk)
}

// nothing judges a disk on which nothing is known.
func (c *check) nothing(whole area) {
	code, text := Unrecognised, "neither a partition table nor a file system is known on the disk"
	if whole.blank() {
		code, text = Blank, "the disk begins with zeros"
	}
	c.report.Contents = code
	switch {
	case c.anything():
		return
	case c.report.Format == image.RAW && (c.want.System || whole.size%sector != 0):
		c.reject(code, "%s", text)
	default:
		c.find(code, "%s", text)
	}
	c.notBootable()
}

// anything reports whether a disk may hold what nobody knows.
func (c *check) anything() bool { return c.want.AnyData && !c.want.System && c.fits() }

func (c *check) notBootable() {
	if c.want.System {
		c.find(NotBootable, "no machine can start from the disk: it holds %s", c.report.Contents)
	}
}

// table is a partition table.
type table struct {
	scheme string // "gpt" or "mbr"
	parts  []partition
	boot   bool   // firmware starts from what is outside of them
	backup func() // looks at the table's copy; nil: there is none, or it is the table
}

// partition is a stretch of the disk in the table's words.
type partition struct {
	off, size int64  // bytes; what the table says, so anything
	kind      string // what it is for
	boot      bool   // firmware starts from it
	loose     bool   // what it holds need not be known
	opaque    bool   // what it holds has no form
}

// mostNamed is how many partitions a report names.
const mostNamed = 16

// partitions judges the table, and looks into the two partitions that matter
// most: the largest, and one that a machine starts from.
func (c *check) partitions(d *disk, t table) {
	c.report.Bootable = t.boot
	for i, p := range t.parts {
		c.report.Bootable = c.report.Bootable || p.boot
		c.bounds(d, t.parts[:i], p)
	}
	if d.end != nil {
		d.end()
	}
	first := t.choose(-1, func(p partition) bool { return true })
	c.look(d, t, first, true)
	if t.backup != nil {
		t.backup()
	}
	if second := t.choose(first, func(p partition) bool { return p.boot }); second >= 0 {
		c.look(d, t, second, true)
	} else {
		c.look(d, t, t.choose(first, func(partition) bool { return true }), false) // a spare one may be empty
	}
	c.report.Contents = t.String()
	if c.want.System && !c.report.Bootable {
		c.notBootable()
	}
}

// bounds holds a partition against the disk and those before it.
func (c *check) bounds(d *disk, before []partition, p partition) {
	if p.off < sector || p.size < sector || !within(p.off, p.size, d.size) {
		c.find(PartitionBounds, "a partition of %d bytes at %d (%s) does not lie inside the disk of %d bytes", p.size, p.off, p.kind, d.size)
		return
	}
	for _, q := range before {
		if q.size > 0 && p.off < q.off+q.size && q.off < p.off+p.size {
			c.find(Overlap, "the partitions at %d (%s) and %d (%s) share sectors", q.off, q.kind, p.off, p.kind)
		}
	}
}

// choose returns the largest partition but one that may hold something and is as
// asked, or -1.
func (t table) choose(but int, ok func(partition) bool) int {
	best := -1
	for i, p := range t.parts {
		if i != but && !p.opaque && ok(p) && (best < 0 || p.size > t.parts[best].size) {
			best = i
		}
	}
	return best
}

// look says what a partition holds, which it must where firmware or the reader of
// the disk looks first.
func (c *check) look(d *disk, t table, i int, must bool) {
	if i < 0 || !within(t.parts[i].off, t.parts[i].size, d.size) {
		return
	}
	p := &t.parts[i]
	a := area{d, p.off, p.size}
	refused := c.file.refused
	fs, ok := a.recognise()
	switch {
	case ok:
		c.judge("the partition", fs, a)
		if p.kind != espKind { // says more than "fat"
			p.kind = fs.name
		}
	case c.file.refused > refused || a.at(0, sector) == nil:
	case !must || p.loose && !c.want.System || c.anything():
	default:
		c.find(NoFileSystem, "the partition at %d (%s) holds nothing that is known", p.off, p.kind)
	}
}

// judge holds a file system against itself and the place where it lies.
func (c *check) judge(where string, fs fileSystem, a area) {
	if fs.problem != "" {
		c.find(FileSystem, "%s of %s at %d: %s", fs.name, where, a.off, fs.problem)
	}
	if fs.size < 0 || fs.size > a.size {
		c.find(FileSystemSize, "%s at %d says that it has %d bytes, and %s has %d", fs.name, a.off, fs.size, where, a.size)
	}
}

// String is the scheme and what the partitions hold, such as "gpt: efi, ext4".
func (t table) String() string {
	var kinds []string
	for i, p := range t.parts {
		if i == mostNamed {
			kinds = append(kinds, "…")
			break
		}
		kinds = append(kinds, p.kind)
	}
	if len(kinds) == 0 {
		return t.scheme
	}
	return t.scheme + ": " + strings.Join(kinds, ", ")
}
