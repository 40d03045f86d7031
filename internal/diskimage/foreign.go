package diskimage

import (
	"bytes"
	"unicode/utf8"
)

// strangers are files that begin with what no disk begins with.
var strangers = []struct {
	off         int
	magic, what string
}{
	{0, "\xff\xd8\xff", "a JPEG picture"},
	{0, "\x89PNG\r\n", "a PNG picture"},
	{0, "%PDF-", "a PDF document"},
	{0, "PK\x03\x04", "a zip archive"},
	{257, "ustar", "a tar archive"},
	{0, "\x1f\x8b\x08", "compressed with gzip"},
	{0, "\x28\xb5\x2f\xfd", "compressed with zstd"},
	{0, "\xfd7zXZ\x00", "compressed with xz"},
	{0, "BZh", "compressed with bzip2"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{0, "\x7fELF", "a program"},
	{0, "vhdxfile", "a VHDX disk, which is never exported"},
	{0, "<<< ", "a VDI disk, which is never exported"},
}

// foreign says what a file is that begins with head, if it is plainly no disk.
func foreign(head []byte) string {
	for _, s := range strangers {
		if len(head) > s.off && bytes.HasPrefix(head[s.off:], []byte(s.magic)) {
			return s.what
		}
	}
	if isText(head) {
		return "text"
	}
	return ""
}

// isText reports whether b is UTF-8 without control characters. It may end inside
// a character.
func isText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			return len(b) < utf8.UTFMax
		case r < ' ' && r != '\n' && r != '\r' && r != '\t':
			return false
		}
		b = b[n:]
	}
	return true
}
