package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/imageferry/imageferry/internal/diskimage"
)

// Codes of findings that a comparison adds to those of package diskimage.
const (
	otherSize   = "file-size" // the file has not the size that the manifest has
	otherRanges = "ranges"    // what was read is not what the check after the export read
	otherCRC64  = "crc64"     // the file has not the checksum that is known
)

// finding is what was found of a file, as it is printed.
type finding struct {
	Name string `json:"name"`
	Size int64  `json:"size"` // bytes of the file
	diskimage.Report
	CRC64 string `json:"crc64,omitempty"` // of all bytes, decimal; only with --full
}

// compare holds the file against what the manifest says of it. COS tells the checksum
// that it has now without that the file is read; else now is empty.
func (f *finding) compare(known *record, now string) {
	if known == nil {
		return
	}
	if was := known.file.CRC64; was != "" && now != "" && was != now {
		f.add(otherCRC64, "COS says that the file has the CRC64 %s, which is %s in the manifest", now, was)
	}
	if known.file.Size != f.Size {
		f.add(otherSize, "the file has %d bytes, and the manifest says %d", f.Size, known.file.Size)
	}
	if c := known.file.Check; c != nil && c.Ranges != "" && c.Ranges != f.Ranges {
		f.add(otherRanges, "what begins and ends the file has the CRC64 %s, and had %s after the export", f.Ranges, c.Ranges)
	}
}

// held holds the checksum against one that it should be, if that is known.
func (f *finding) held(want, where string) bool {
	if want != "" && f.CRC64 != want {
		f.add(otherCRC64, "the file has the CRC64 %s, which is %s %s", f.CRC64, want, where)
	}
	return want != ""
}

// add adds a finding, with which the file is no longer verified.
func (f *finding) add(code, format string, args ...any) {
	f.Findings = append(f.Findings, diskimage.Finding{Code: code, Detail: fmt.Sprintf(format, args...)})
	if f.Verdict == diskimage.Verified {
		f.Verdict = diskimage.Suspicious
	}
}

// print writes the verdict first, then why, then what was seen.
func (f *finding) print(w io.Writer, form output) error {
	if form == asJSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(f)
	}
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-10s %s\n", name, printable(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(&b, "%s: %s\n", f.Verdict, f.Name)
	for _, why := range f.Findings {
		line("because", "%s (%s)", why.Detail, why.Code)
	}
	line("file", "%s, %d bytes", humanize.IBytes(uint64(f.Size)), f.Size)
	if f.Format != "" {
		line("disk", "%s, %s, %d bytes", f.Format, humanize.IBytes(uint64(f.Bytes)), f.Bytes)
	}
	if f.Contents != "" {
		line("contents", "%s%s", f.Contents, map[bool]string{true: "; bootable"}[f.Bootable])
	}
	line("ranges", "%s", f.Ranges)
	if f.CRC64 != "" {
		line("crc64", "%s", f.CRC64)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
