// Package disk makes the disks that the sandbox's machines have: files with a
// real partition table and a real file system signature, in the formats in
// which Tencent Cloud exports them.
//
// A disk is what a tool finds that looks at its first and last sectors: a
// master boot record or a GUID partition table with both its copies and valid
// checksums, and a file system whose size agrees with the partition: an ext4
// that e2fsck finds clean, empty and with all its checksums, or the superblocks
// of an XFS. Behind that there are a few mebibytes of noise and otherwise
// holes, so a disk of 500 GiB costs next to nothing. It cannot be booted, and
// has no files; whoever needs that names a real disk file instead.
//
// The seed decides everything: the same seed and size give the same bytes, and
// different seeds give different disks.
package disk

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
)

const (
	// GiB is the unit of disk sizes, as in DiskSize of the CVM API.
	GiB = 1 << 30

	mib    = 1 << 20
	sector = 512

	// partitionStart is where every partitioning tool begins its first
	// partition, at a mebibyte.
	partitionStart = mib
)

// Usage says what a disk is for; the values are those of DiskUsage in the CVM
// API (213/15753).
type Usage string

// The two usages that the API knows.
const (
	System Usage = "SYSTEM_DISK"
	Data   Usage = "DATA_DISK"
)

// gptFrom is the size in GiB from which system disks are made for UEFI, with a
// GUID partition table; smaller ones have a master boot record. It has no
// meaning at Tencent: the sandbox needs some of both.
const gptFrom = 50

// Generate writes a new RAW disk of exactly sizeGiB GiB to path, replacing what
// is there. A system disk has one bootable Linux partition; a data disk has, by
// seed, a bare ext4 or XFS file system, or a GUID partition table. A file that
// could not be completed is removed.
func Generate(path string, sizeGiB int, usage Usage, seed string) error {
	if sizeGiB < 1 {
		return fmt.Errorf("disk %q: size of %d GiB is less than 1", path, sizeGiB)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	d := &draft{f: f, size: int64(sizeGiB) * GiB, rnd: newRand(seed)}
	d.layOut(usage, sizeGiB)
	if err := errors.Join(d.err, f.Truncate(d.size), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("disk %q: %w", path, err), os.Remove(path))
	}
	return nil
}

// draft is a disk being written. The first error sticks.
type draft struct {
	f    *os.File
	size int64 // bytes
	rnd  *rand.Rand
	err  error
}

// layOut chooses what is on the disk and writes it.
func (d *draft) layOut(usage Usage, sizeGiB int) {
	if usage == System {
		fs := extent{partitionStart, d.size - partitionStart}
		if sizeGiB >= gptFrom {
			fs = d.writeGPT(usage)
		} else {
			d.writeMBR(fs)
		}
		d.noise(partitionStart/2, 64<<10) // second stage of a boot loader
		d.writeExt4(fs, "cloudimg-rootfs")
		return
	}
	switch whole := (extent{0, d.size}); d.rnd.IntN(3) {
	case 0:
		d.writeExt4(whole, "data")
	case 1:
		d.writeXFS(whole, "data")
	default:
		d.writeExt4(d.writeGPT(usage), "data")
	}
}

// extent is a stretch of the disk, in bytes.
type extent struct{ off, size int64 }

// put writes b at off.
func (d *draft) put(off int64, b []byte) {
	if d.err == nil {
		_, d.err = d.f.WriteAt(b, off)
	}
}

// noise writes n bytes at off that depend on the seed alone.
func (d *draft) noise(off int64, n int) {
	d.put(off, d.bytes(n))
}

// contents fills a file system with what stands for files: noise near its
// start, in the middle and at its end, past the metadata that others read, which
// ext4 has at every multiple of 128 MiB.
func (d *draft) contents(fs extent) {
	for _, off := range []int64{64 * mib, fs.size/2/(128*mib)*(128*mib) + 64*mib, fs.size - 4*mib} {
		d.noise(fs.off+off, mib)
	}
}

// bytes returns n random bytes.
func (d *draft) bytes(n int) []byte {
	b := make([]byte, (n+7)/8*8)
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], d.rnd.Uint64())
	}
	return b[:n]
}

// uuid returns a random (version 4) UUID in the byte order of RFC 9562.
func (d *draft) uuid() []byte {
	u := d.bytes(16)
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

func newRand(seed string) *rand.Rand {
	sum := sha256.Sum256([]byte(seed))
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum[:]), binary.LittleEndian.Uint64(sum[8:])))
}
