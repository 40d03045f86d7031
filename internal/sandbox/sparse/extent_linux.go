package sparse

import (
	"errors"
	"os"
	"syscall"
)

// Whence values of lseek(2) on Linux; package io has no names for them.
const (
	seekData = 3
	seekHole = 4
)

// nextData returns the first run of data of f that begins in [pos, end), cut off
// at end; from == to == end means that only a hole is left. A file system that
// cannot tell calls everything data.
func nextData(f *os.File, pos, end int64) (from, to int64, err error) {
	from, err = f.Seek(pos, seekData)
	switch {
	case errors.Is(err, syscall.ENXIO):
		return end, end, nil
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOTSUP):
		return pos, end, nil
	case err != nil:
		return 0, 0, err
	case from >= end:
		return end, end, nil
	}
	to, err = f.Seek(from, seekHole)
	return from, min(to, end), err
}
