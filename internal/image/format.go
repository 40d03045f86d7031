package image

import (
	"fmt"
	"strings"
)

// Format is a disk file format that ExportImages can write.
type Format string

// The formats of ExportImages (213/47833). RAW is the default.
const (
	RAW   Format = "RAW"
	QCOW2 Format = "QCOW2"
	VHD   Format = "VHD"
	VMDK  Format = "VMDK"
)

// ParseFormat reads a format in any case; empty means RAW. With an error it
// returns the empty Format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(strings.ToUpper(s)); f {
	case RAW, QCOW2, VHD, VMDK:
		return f, nil
	case "":
		return RAW, nil
	}
	return "", fmt.Errorf("format %q: want RAW, QCOW2, VHD or VMDK", s)
}

// Ext returns the file name extension, without a dot.
func (f Format) Ext() string { return strings.ToLower(string(f)) }
