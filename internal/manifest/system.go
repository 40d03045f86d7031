package manifest

import (
	"slices"
	"strings"

	"github.com/imageferry/imageferry/internal/diskimage"
)

// ImportImage has words of its own for what DescribeImages tells: these are the
// ones of which the mapping is documented.

// architecture returns ImportImage's word for that of DescribeImages (213/15715),
// or nothing.
func architecture(described string) string {
	switch described {
	case "x86_64", "i386":
		return described
	case "arm":
		return "arm_64"
	}
	return ""
}

// families are how CVM's names of systems begin whose type ImportImage knows by
// the word on the right. DescribeImportImageOs (213/15718) lists no other type that
// is certain: what it calls TencentOS Server or CentOS Stream, if it does, is not
// documented.
var families = []struct{ name, osType string }{
	{"Ubuntu Server ", "Ubuntu"}, {"Ubuntu ", "Ubuntu"}, {"CentOS ", "CentOS"}, {"Debian ", "Debian"},
}

// system returns the OsType and OsVersion of a system as CVM names it, such as
// "Ubuntu Server 20.04 LTS 64bit", or nothing. The version is the major one, as in
// the documented answer of DescribeImportImageOs; that its live list has today's
// versions is unverified.
func system(name string) (osType, osVersion string) {
	for _, f := range families {
		rest, ok := strings.CutPrefix(name, f.name)
		if !ok {
			continue
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if after := rest[digits:]; digits > 0 && (after == "" || after[0] == '.' || after[0] == ' ') {
			return f.osType, rest[:digits]
		}
	}
	return "", ""
}

// bootMode returns how the system disk wants to be started. One with an EFI system
// partition is started by UEFI, also where it could be started both ways.
func bootMode(c diskimage.Report) string {
	_, parts, _ := strings.Cut(c.Contents, ": ")
	switch {
	case slices.Contains(strings.Split(parts, ", "), "efi"):
		return "UEFI"
	case c.Bootable:
		return "Legacy BIOS"
	}
	return ""
}
