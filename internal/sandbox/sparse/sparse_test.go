package sparse_test

import (
	"bytes"
	"errors"
	"hash/crc64"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/imageferry/imageferry/internal/sandbox/sparse"
)

var ecma = crc64.MakeTable(crc64.ECMA)

func TestZerosIsTheChecksumOfZeros(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 2, 7, 8, 255, 4096, 65537, 3_000_001} {
		if got, want := sparse.Zeros(int64(n)), crc64.Checksum(make([]byte, n), ecma); got != want {
			t.Errorf("Zeros(%d) = %x, want %x", n, got, want)
		}
	}
}

func TestCombineIsTheChecksumOfTheConcatenation(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		a, b := randomBytes(rnd, rnd.IntN(5000)), randomBytes(rnd, rnd.IntN(5000))
		got := sparse.Combine(crc64.Checksum(a, ecma), crc64.Checksum(b, ecma), int64(len(b)))
		if want := crc64.Checksum(append(a, b...), ecma); got != want {
			t.Fatalf("%d+%d bytes: %x, want %x", len(a), len(b), got, want)
		}
	}
}

// Halving a huge run of zeros in two ways must agree, beyond what can be read.
func TestHugeLengths(t *testing.T) {
	t.Parallel()
	const n = int64(16) << 40
	if got, want := sparse.Combine(sparse.Zeros(n-12345), sparse.Zeros(12345), 12345), sparse.Zeros(n); got != want {
		t.Errorf("Combine = %x, Zeros = %x", got, want)
	}
}

func TestCopyEqualsAPlainCopy(t *testing.T) {
	t.Parallel()
	const size = 3 << 20
	src := temp(t)
	plain := make([]byte, size)
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, at := range []int{0, 700_001, 2_000_000, size - 5000} { // data between holes, none of it aligned
		b := randomBytes(rnd, 5000)
		copy(plain[at:], b)
		if _, err := src.WriteAt(b, int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ dstOff, srcOff, n int64 }{
		{0, 0, size}, {4097, 0, size}, {10, 700_000, 5002}, {0, 1 << 20, 4096}, {0, 702_000, 100}, {5, 5, 0},
	} {
		dst := temp(t)
		crc, err := sparse.Copy(dst, c.dstOff, src, c.srcOff, c.n)
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		want := plain[c.srcOff : c.srcOff+c.n]
		if crc != crc64.Checksum(want, ecma) {
			t.Errorf("%+v: wrong checksum", c)
		}
		got, err := os.ReadFile(dst.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, append(make([]byte, c.dstOff), want...)) {
			t.Errorf("%+v: wrong bytes", c)
		}
	}
}

func TestCopyLeavesHoles(t *testing.T) {
	t.Parallel()
	const size = int64(100) << 30
	src, dst := temp(t), temp(t)
	for _, at := range []int64{0, size / 2, size - 4096} {
		if _, err := src.WriteAt(bytes.Repeat([]byte{7}, 4096), at); err != nil {
			t.Skipf("no file of %d bytes here: %v", size, err)
		}
	}
	if allocated(t, src) > 1<<20 {
		t.Skip("no sparse files here")
	}
	if _, err := sparse.Copy(dst, 0, src, 0, size); err != nil {
		t.Fatal(err)
	}
	if got := allocated(t, dst); got > 1<<20 {
		t.Errorf("the copy takes %d bytes on disk", got)
	}
	last := make([]byte, 1)
	if _, err := dst.ReadAt(last, size-1); err != nil || last[0] != 7 {
		t.Errorf("last byte = %v, %v", last, err)
	}
}

func TestCopyBeyondTheEnd(t *testing.T) {
	t.Parallel()
	if _, err := sparse.Copy(temp(t), 0, temp(t), 0, 1); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("err = %v, want io.ErrUnexpectedEOF", err)
	}
}

func temp(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func allocated(t *testing.T, f *os.File) int64 {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Blocks * 512
}

func randomBytes(rnd *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}
