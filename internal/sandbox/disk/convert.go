package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Format is how a disk is exported; the values are those of ExportFormat in the
// CVM API (213/73474).
type Format string

// The formats that ExportImages offers.
const (
	RAW   Format = "RAW"
	QCOW2 Format = "QCOW2"
	VHD   Format = "VHD"
	VMDK  Format = "VMDK"
)

// qemuArgs are qemu-img's words for the formats. Without force_size a VHD is
// rounded up to whole cylinders, and its size is no longer that of the disk.
var qemuArgs = map[Format][]string{
	QCOW2: {"-O", "qcow2"},
	VHD:   {"-O", "vpc", "-o", "force_size=on"},
	VMDK:  {"-O", "vmdk"},
}

// Valid reports whether f is one of the four formats, in capitals.
func (f Format) Valid() bool { return f == RAW || qemuArgs[f] != nil }

// Ext returns the ending of exported files, without a dot: raw, qcow2, vhd or
// vmdk.
func (f Format) Ext() string { return strings.ToLower(string(f)) }

// ErrNoConverter is wrapped by the error of Convert where qemu-img is missing.
var ErrNoConverter = errors.New("qemu-img is not installed; install the package qemu-utils")

// Convert returns the path of a file that holds the RAW disk rawPath in the
// given format. For RAW that is rawPath itself; the others are written to
// outPath by qemu-img, which takes the input as raw bytes whatever they are. A
// failed conversion leaves no file.
func Convert(ctx context.Context, rawPath string, f Format, outPath string) (string, error) {
	if f == RAW {
		return rawPath, nil
	}
	if !f.Valid() {
		return "", fmt.Errorf("disk %q: unknown format %q", rawPath, f)
	}
	tool, err := exec.LookPath("qemu-img")
	if err != nil {
		return "", fmt.Errorf("disk %q to %s: %w", rawPath, f, ErrNoConverter)
	}
	args := append([]string{"convert", "-q", "-f", "raw"}, qemuArgs[f]...)
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, tool, append(args, "--", rawPath, outPath)...)
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		os.Remove(outPath) // may not exist
		return "", fmt.Errorf("disk %q to %s: %w: %s", rawPath, f, errors.Join(ctx.Err(), err), bytes.TrimSpace(said.Bytes()))
	}
	return outPath, nil
}
