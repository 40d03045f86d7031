package sim

import (
	"time"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/ledger"
)

// content is what a file really holds.
type content uint8

const (
	healthyDisk content = iota
	truncated           // its end is not there
	noDisk              // anything, or nothing
	otherSize           // a disk, and not as large as the one that was exported
	unbootable          // nothing on it that a machine could start from
	unformatted         // nothing on it at all
	contents            // how many there are
)

// codes are what a check says of each.
var codes = [contents]string{truncated: "truncated", noDisk: "no-disk", otherSize: "size", unbootable: "not-bootable", unformatted: "nothing-recognised"}

// report is what a check finds that looks for what it is told to. Whether a file is
// what it should be in truth is the same question with what it should be, see
// [object.flawed]; so production is held to asking for all that it can know.
func (o *object) report(want diskimage.Want) diskimage.Report {
	r := diskimage.Report{Verdict: diskimage.Verified, Format: o.should.Format, Bytes: o.should.Bytes, Bootable: o.holds != unbootable}
	bad := func(v diskimage.Verdict) {
		r.Verdict = v
		r.Findings = []diskimage.Finding{{Code: codes[o.holds], Detail: "as the simulation wants it"}}
	}
	switch o.holds {
	case noDisk:
		bad(diskimage.NotADisk)
	case truncated:
		bad(diskimage.Suspicious)
	case otherSize:
		if r.Bytes += 1 << 30; want.Bytes != 0 && want.Bytes != r.Bytes {
			bad(diskimage.Suspicious)
		}
	case unbootable:
		if want.System {
			bad(diskimage.Suspicious)
		}
	case unformatted:
		if want.System || !want.AnyData {
			bad(diskimage.Suspicious)
		}
	}
	if want.Format != "" && want.Format != r.Format {
		bad(diskimage.NotADisk)
	}
	return r
}

// flawed reports whether a file is not the disk that it should be.
func (o *object) flawed() bool { return o.report(o.should).Verdict != diskimage.Verified }

// fill draws what a file holds: mostly what it should.
func (w *world) fill(id identity, should diskimage.Want) content {
	if !w.hit(fileFlawed, id) {
		return healthyDisk
	}
	c := content(1 + w.number(id.and('c'), int(contents)-1))
	switch {
	case c == otherSize && should.Bytes == 0: // nobody can know
		c = truncated
	case c == unbootable && !should.System:
		c = unformatted
	}
	w.met("a file that is flawed: " + codes[c])
	return c
}

// version is what a bucket held under an ETag: the truth about the file that an entry
// of a log names.
func (w *world) version(f ledger.File) *object { return w.stored[f.ETag] }

// stoodSince reports whether a version of a file stood at an instant, or came later.
func (o *object) stoodSince(at time.Duration) bool { return o.replaced == 0 || o.replaced >= at }
