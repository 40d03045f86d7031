package main

import (
	"os"
	"path/filepath"

	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// diskSize is that of every exported disk.
const diskSize = disk.GiB

// newDisk makes a disk that functions take for whole: the partition table and the
// superblock of a generated one, and holes for the rest, so that two thousand copies
// of it cost nothing.
func newDisk(dir string) (*os.File, error) {
	whole := filepath.Join(dir, "generated")
	if err := disk.Generate(whole, 1, disk.System, "bench"); err != nil {
		return nil, err
	}
	defer os.Remove(whole)
	from, err := os.Open(whole)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	thin, err := os.Create(filepath.Join(dir, "disk"))
	if err != nil {
		return nil, err
	}
	b := make([]byte, 8<<10)
	for _, off := range []int64{0, 1 << 20} { // where the table is, and where the first partition begins
		if _, err := from.ReadAt(b, off); err != nil {
			return nil, err
		}
		if _, err := thin.WriteAt(b, off); err != nil {
			return nil, err
		}
	}
	return thin, thin.Truncate(diskSize)
}
