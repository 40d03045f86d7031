package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
)

// Exit statuses of verify, beside 0.
const (
	notWhole    = 1
	couldNotSay = 2
)

// verification is what a person asks to be verified.
type verification struct {
	format       string
	gib          int64
	system, data bool
	any          bool
	full         bool
	crc64        string
	form         output
}

func verifyCommand() *cobra.Command {
	var v verification
	c := &cobra.Command{
		Use:   "verify FILE|cos://BUCKET/KEY",
		Short: "Check whether a file is a whole disk, as the functions do before they tell of success",
		Long: `Looks at the headers and trailers of a RAW, QCOW2, VHD or VMDK file, at the partition
table and the first file systems, with at most four reads, wherever the file is.
What the flags leave open is taken from the manifest beside the file, else from its name.
With --full the whole file is read, and its CRC64 compared with the one that COS has,
that the manifest has, or that is given.

The exit status is 0 if the file is verified, 1 if it is not, and 2 if that could not
be told, for example because it could not be read.

For cos:// the region and keys come from the environment: FERRY_REGION or
TENCENTCLOUD_REGION, TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY, and
TENCENTCLOUD_TOKEN for temporary keys.
With a sandbox running: eval "$(imageferry sandbox env)"`,
		Args: func(c *cobra.Command, args []string) error { return unsaid(cobra.ExactArgs(1)(c, args)) },
		RunE: func(c *cobra.Command, args []string) error {
			ok, err := v.run(c, args[0])
			if err != nil {
				return unsaid(err)
			}
			if !ok {
				return verdict{fmt.Errorf("%s is not verified", args[0]), notWhole}
			}
			return nil
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return unsaid(err) })
	c.Flags().StringVar(&v.format, "format", "", "RAW, QCOW2, VHD or VMDK; without it as the name ends")
	c.Flags().Int64Var(&v.gib, "size", 0, "GiB that the disk must have")
	c.Flags().BoolVar(&v.system, "system", false, "it is a system disk: a machine must be able to start from it")
	c.Flags().BoolVar(&v.data, "data", false, "it is a data disk: nothing needs to start from it")
	c.Flags().BoolVar(&v.any, "any-data", false, "take a data disk of the right size for whole if nothing on it is recognised")
	c.Flags().BoolVar(&v.full, "full", false, "read the whole file and compare its CRC64")
	c.Flags().StringVar(&v.crc64, "crc64", "", "CRC64 (ECMA) that the whole file must have, decimal; implies --full")
	v.form.flag(c)
	return c
}

// unsaid makes an error one that leaves open what the file is.
func unsaid(err error) error {
	if err == nil {
		return nil
	}
	return verdict{err, couldNotSay}
}

// run verifies one file and prints what was found. It reports whether all is well.
func (v verification) run(c *cobra.Command, name string) (bool, error) {
	f, err := openSubject(c.Context(), os.Environ(), name)
	if err != nil {
		return false, err
	}
	defer f.close()
	known, err := f.manifest()
	if err != nil {
		return false, err
	}
	want, err := v.want(f, known)
	if err != nil {
		return false, err
	}
	report, err := diskimage.Check(f.r, f.size, want)
	if err != nil {
		return false, err
	}
	found := finding{Name: name, Size: f.size, Report: report}
	found.compare(known, f.crc64)
	var open error
	if v.full || v.crc64 != "" {
		open = v.readAll(c.Context(), f, known, &found)
	}
	if err := found.print(c.OutOrStdout(), v.form); err != nil {
		return false, err
	}
	return found.Verdict == diskimage.Verified, open
}

// want is what the file must hold: as the flags say, else as the manifest does, else
// as the name does.
func (v verification) want(f *subject, known *record) (diskimage.Want, error) {
	file, _ := image.ParseFile(f.key)
	want := diskimage.Want{Format: file.Format(), System: file.System(), AnyData: v.any || known != nil && known.any}
	if known != nil && known.gib > 0 {
		want.Bytes = known.gib << 30
	}
	switch {
	case v.gib < 0 || v.gib > 1<<20:
		return want, fmt.Errorf("--size %d: want GiB", v.gib)
	case v.system && v.data:
		return want, errors.New("--system and --data exclude each other")
	case v.gib > 0:
		want.Bytes = v.gib << 30
	}
	if v.format != "" {
		format, err := image.ParseFormat(v.format)
		if err != nil {
			return want, fmt.Errorf("--format: %w", err)
		}
		want.Format = format
	} else if ext := f.key[strings.LastIndexByte(f.key, '.')+1:]; want.Format == "" && ext != "" {
		want.Format, _ = image.ParseFormat(ext) // a file of another name is taken for what it is
	}
	if v.system || v.data {
		want.System = v.system
	}
	return want, nil
}

// readAll reads the whole file and compares its checksum with each one that is known:
// COS's own says that the transfer was right, the manifest's that it is the same file.
func (v verification) readAll(ctx context.Context, f *subject, known *record, found *finding) error {
	sum, err := f.checksum(ctx)
	if err != nil {
		return err
	}
	found.CRC64 = sum
	compared := found.held(v.crc64, "as given")
	compared = found.held(f.crc64, "in COS") || compared
	if known != nil {
		compared = found.held(known.file.CRC64, "in the manifest") || compared
	}
	if !compared && found.Verdict == diskimage.Verified {
		return errors.New("there is no CRC64 to compare with: give it with --crc64, or put the export's manifest beside the file")
	}
	return nil
}
