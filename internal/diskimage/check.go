package diskimage

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/imageferry/imageferry/internal/image"
)

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

// Check looks at a file of size bytes through at most four reads, the first of at
// most 512 KiB and the others of 128 KiB, which it also keeps in memory. Its error
// is the reader's alone, with the range that could not be read: a failed read is no
// verdict.
func Check(r io.ReaderAt, size int64, want Want) (Report, error) {
	c := &check{file: newFile(r, size), want: want}
	if d := c.open(); d != nil {
		c.compare(d)
		c.contents(d)
		if c.short && !c.ends {
			c.find(WrongSize, "the disk has %d bytes, not %d", d.size, want.Bytes)
		}
	}
	if c.file.err != nil {
		return Report{}, c.file.err
	}
	c.report.Verdict = c.verdict()
	c.report.Ranges = strconv.FormatUint(c.file.sum, 10)
	return c.report, nil
}

// check is one look at one file.
type check struct {
	file   *file
	want   Want
	report Report
	none   bool // no disk at all
	short  bool // the disk is smaller than it must be, by less than the cloud counts
	ends   bool // what is on the disk says that it ends where it does
}

// find notes what is not as it must be, once for each code.
func (c *check) find(code string, format string, args ...any) {
	if !slices.ContainsFunc(c.report.Findings, func(f Finding) bool { return f.Code == code }) {
		c.report.Findings = append(c.report.Findings, Finding{code, fmt.Sprintf(format, args...)})
	}
}

// reject notes why the file is no disk.
func (c *check) reject(code string, format string, args ...any) *disk {
	c.none = true
	c.find(code, format, args...)
	return nil
}

func (c *check) verdict() Verdict {
	switch {
	case c.none:
		return NotADisk
	case len(c.report.Findings) > 0:
		return Suspicious
	}
	return Verified
}

// open finds out which format the file has, by what it holds and not by its name.
func (c *check) open() *disk {
	if c.file.size < 1 {
		return c.reject(Empty, "the file is empty")
	}
	head := c.file.at(0, min(sector, c.file.size))
	switch {
	case bytes.HasPrefix(head, []byte(qcow2Magic)):
		return c.as(image.QCOW2, c.qcow2)
	case bytes.HasPrefix(head, []byte(vmdkMagic)):
		return c.as(image.VMDK, c.vmdk)
	case bytes.HasPrefix(head, []byte(vmdkText)):
		return c.as(image.VMDK, c.vmdkText)
	case bytes.HasPrefix(head, []byte(vhdCookie)):
		return c.as(image.VHD, c.dynamicVHD)
	case bytes.HasPrefix(c.file.at(c.file.size-sector, sector), []byte(vhdCookie)):
		return c.as(image.VHD, c.fixedVHD)
	}
	if what := foreign(head); what != "" {
		return c.reject(Foreign, "the file is %s", what)
	}
	return c.as(image.RAW, c.raw)
}

// as opens the file in the format that it has.
func (c *check) as(format image.Format, open func() *disk) *disk {
	c.report.Format = format
	if c.want.Format != "" && c.want.Format != format {
		c.find(WrongFormat, "the file is %s, not %s", format, c.want.Format)
	}
	return open()
}

func (c *check) raw() *disk { return &disk{size: c.file.size, part: c.file.at} }

// largestCylinder is how much larger than the disk a VHD may be: its writers
// round up to whole cylinders of at most 16 heads and 255 sectors (VHD
// specification 1.0, appendix "CHS calculation"). Whether Tencent Cloud's do is
// unverified; qemu-img does unless force_size is on.
const largestCylinder = 16 * 255 * sector

// unit is what the cloud counts disks in (DiskSize of DescribeImages, 213/15715). An
// image that was imported from a file of another size may be exported as large as
// that file was; whether it is, is unverified. A disk that is smaller by less than a
// unit is taken for whole if its own last sector proves that it ends there.
const unit = 1 << 30

// compare holds the size of the disk against what it must be.
func (c *check) compare(d *disk) {
	c.report.Bytes = d.size
	over := d.size - c.want.Bytes
	rounded := c.report.Format == image.VHD && over > 0 && over < largestCylinder
	c.short = c.want.Bytes != 0 && over < 0 && over > -unit
	if c.want.Bytes != 0 && over != 0 && !rounded && !c.short {
		c.find(WrongSize, "the disk has %d bytes, not %d", d.size, c.want.Bytes)
	}
	if d.size%sector != 0 {
		c.find(Sectors, "the disk has %d bytes, which is not whole sectors", d.size)
	}
}

// fits reports whether the size of the disk is known and right.
func (c *check) fits() bool {
	return c.want.Bytes > 0 && !c.short && !slices.ContainsFunc(c.report.Findings, func(f Finding) bool { return f.Code == WrongSize || f.Code == Sectors })
}
