// Package diskimage says whether a file is a whole disk: RAW, QCOW2, VHD or VMDK,
// with a partition table or a file system on it.
//
// A task flag says that somebody finished writing. It does not say what. So this
// looks at what a machine would look at that starts from the file: the headers and
// trailers of the format, the partition table and its copy, the first blocks of
// file systems. It reads two to four ranges, whatever the size of the file, and
// believes no length and no offset that the file gives.
package diskimage

import "github.com/imageferry/imageferry/internal/image"

// Verdict is what a check found.
type Verdict string

// The verdicts.
const (
	Verified   Verdict = "verified"
	Suspicious Verdict = "suspicious" // a disk, and something about it is not as it must be
	NotADisk   Verdict = "not-a-disk"
)

// Want is what a file is expected to hold.
type Want struct {
	Format image.Format // empty: whatever it is
	Bytes  int64        // of the disk; 0: not known
	System bool         // a machine must be able to start from it
	// AnyData accepts a data disk of the right size and format on which nothing is
	// recognised, such as one that nobody has formatted.
	AnyData bool
}

// Report is what a check found, as it is recorded.
type Report struct {
	Verdict  Verdict      `json:"verdict"`
	Format   image.Format `json:"format,omitempty"`
	Bytes    int64        `json:"bytes,omitempty"`    // of the disk that the file holds
	Contents string       `json:"contents,omitempty"` // such as "gpt: efi, ext4" or "xfs"
	Bootable bool         `json:"bootable,omitempty"`
	Ranges   string       `json:"ranges,omitempty"`   // CRC64 (ECMA) of the size and of all that was read, decimal: the same file gives the same
	Findings []Finding    `json:"findings,omitempty"` // why it is not verified
}

// Finding is one thing that is not as it must be.
type Finding struct {
	Code   string `json:"code"`   // stable, for programs: one of the constants in codes.go, such as Truncated
	Detail string `json:"detail"` // for people, without a full stop
}
