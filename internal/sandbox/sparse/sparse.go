// Package sparse copies disk images without reading or writing their holes.
//
// A system disk of 100 GiB that holds 20 MiB of data is a file of 100 GiB with
// very few allocated blocks. [Copy] asks the file system where the data is,
// copies only that, and leaves the rest of the destination unallocated. It still
// returns the CRC-64 of every byte, holes included: the checksum of a run of
// zeros, and of two pieces put together, is computed, not read ([Zeros],
// [Combine]). So copying such a disk costs what its 20 MiB cost.
package sparse

import (
	"errors"
	"hash/crc64"
	"io"
	"os"
)

var table = crc64.MakeTable(crc64.ECMA)

// Copy copies n bytes of src from srcOff to dst at dstOff, holes staying holes,
// and returns their CRC-64 (ECMA, as in x-cos-hash-crc64ecma).
//
// The destination range must be a hole itself or lie beyond the end of dst: where
// src has a hole nothing is written. Afterwards dst is at least dstOff+n bytes
// long. If src ends before srcOff+n, Copy fails with [io.ErrUnexpectedEOF]. The
// read position of src may move; several Copies of one src may run at once.
func Copy(dst *os.File, dstOff int64, src *os.File, srcOff, n int64) (crc uint64, err error) {
	if err := reserve(dst, dstOff+n); err != nil {
		return 0, err
	}
	if info, err := src.Stat(); err != nil {
		return 0, err
	} else if info.Size() < srcOff+n {
		return 0, io.ErrUnexpectedEOF
	}
	buf := make([]byte, min(n, 1<<20))
	for pos, end := srcOff, srcOff+n; pos < end; {
		from, to, err := nextData(src, pos, end)
		if err != nil {
			return 0, err
		}
		crc = Combine(crc, Zeros(from-pos), from-pos)
		if crc, err = copyData(dst, dstOff+from-srcOff, src, from, to-from, crc, buf); err != nil {
			return 0, err
		}
		pos = to
	}
	return crc, nil
}

// reserve makes f at least size bytes long without allocating anything.
func reserve(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() >= size {
		return err
	}
	return f.Truncate(size)
}

// copyData copies n bytes that are known to be data, and carries crc on.
func copyData(dst *os.File, dstOff int64, src *os.File, srcOff, n int64, crc uint64, buf []byte) (uint64, error) {
	for done := int64(0); done < n; {
		b := buf[:min(int64(len(buf)), n-done)]
		if _, err := src.ReadAt(b, srcOff+done); errors.Is(err, io.EOF) {
			return 0, io.ErrUnexpectedEOF // cut off while we copied
		} else if err != nil {
			return 0, err
		}
		if _, err := dst.WriteAt(b, dstOff+done); err != nil {
			return 0, err
		}
		crc = crc64.Update(crc, table, b)
		done += int64(len(b))
	}
	return crc, nil
}
