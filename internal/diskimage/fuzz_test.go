package diskimage

import (
	"bytes"
	"hash/crc32"
	"io"
	"runtime"
	"testing"

	"github.com/imageferry/imageferry/internal/image"
)

// Whatever a file holds, it is checked with at most four reads and little memory,
// the same file gives the same report, and the verdict is what the findings say.
func FuzzRaw(f *testing.F)   { fuzz(f, image.RAW) }
func FuzzQCOW2(f *testing.F) { fuzz(f, image.QCOW2) }
func FuzzVHD(f *testing.F)   { fuzz(f, image.VHD) }
func FuzzVMDK(f *testing.F)  { fuzz(f, image.VMDK) }

// fuzz damages whole disks. An input is small: which disk, by how many bytes it is
// longer, and a list of edits of eleven bytes: three say where, eight what. It may
// also ask that checksums be made right again, as somebody would who means harm.
func fuzz(f *testing.F, format image.Format) {
	list := bases(f, format)
	f.Add(uint8(0), int64(0), []byte{}, false)
	f.Add(uint8(1), int64(-4096), []byte("\x00\x00\x20\xff\xff\xff\xff\xff\xff\xff\xff"), true)
	f.Add(uint8(2), int64(1<<40), []byte("\x00\x02\x28\x00\x00\x00\x00\x00\x00\x00\x01\x80\x00\x00abcdefgh"), true)
	f.Fuzz(func(t *testing.T, which uint8, longer int64, edits []byte, resum bool) {
		r := list[int(which)%len(list)].edited(edits, resum)
		if r.size > -longer && longer < 1<<50 {
			r.size += longer
		}
		want := Want{Format: format, Bytes: diskSize, System: which%2 == 0}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := look(t, r, r.size, want)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 8<<20 {
			t.Errorf("%d bytes allocated", grown)
		}
		if again := look(t, r, r.size, want); again.Ranges != got.Ranges || again.Verdict != got.Verdict {
			t.Errorf("%+v, then %+v", got, again)
		}
		if (got.Verdict == Verified) != (len(got.Findings) == 0) || got.Verdict == Verified && (got.Contents == "" || got.Format != format || want.System && !got.Bootable) {
			t.Errorf("%+v", got)
		}
	})
}

// bases are disks of a format that the tools of this machine make, and one that needs
// none of them.
func bases(f *testing.F, format image.Format) []ends {
	list := []ends{{mbrDisk(small)[:2*mib], nil, small}}
	for _, name := range []string{"mbr-system", "mbr-logical", "gpt-system", "ext4", "btrfs", "swap"} {
		r := recipeNamed(name)
		if !canMake(r) {
			continue
		}
		if format == image.RAW {
			list = append(list, endsOf(f, r.raw(f)))
		}
		for _, k := range r.containers() {
			if k.format == format {
				list = append(list, endsOf(f, r.in(f, k)))
			}
		}
	}
	return list
}

// ends is a file of which only the ends are not zeros.
type ends struct {
	head, tail []byte
	size       int64
}

func endsOf(f *testing.F, x fixture) ends {
	const kept = 448 << 10
	file := open(f, x.path)
	e := ends{make([]byte, min(kept, x.size)), make([]byte, min(64<<10, x.size-min(kept, x.size))), x.size}
	_, _ = file.ReadAt(e.head, 0)
	_, _ = file.ReadAt(e.tail, x.size-int64(len(e.tail)))
	return e
}

// edited returns a damaged copy. The first of the bytes that say where chooses the
// end of the file.
func (e ends) edited(edits []byte, resum bool) ends {
	e.head, e.tail = bytes.Clone(e.head), bytes.Clone(e.tail)
	for ; len(edits) >= 11; edits = edits[11:] {
		b, at := e.head, int(edits[0]&0x3f)<<16|int(edits[1])<<8|int(edits[2])
		if edits[0]&0x80 != 0 {
			b = e.tail
			at = len(b) - 1 - at
		}
		if at >= 0 && at < len(b) {
			copy(b[at:], edits[3:11])
		}
	}
	if resum {
		e.resum()
	}
	return e
}

// resum makes the checksums right of a GPT and of the parts of a VHD.
func (e ends) resum() {
	if h := e.head; len(h) > 64<<10 && string(h[512:520]) == gptMagic {
		if n := le.Uint32(h[592:]) * le.Uint32(h[596:]); n < 32<<10 {
			le.PutUint32(h[600:], crc32.ChecksumIEEE(h[1024:][:n]))
		}
		if n := le.Uint32(h[524:]); n >= 92 && n <= 512 {
			le.PutUint32(h[528:], sum(crc32.IEEETable, h[512:][:n], 16))
		}
	}
	vhd := func(b []byte, at int) {
		be.PutUint32(b[at:], vhdSum(b, at))
	}
	if h := e.head; len(h) > 1536 && string(h[:8]) == vhdCookie {
		vhd(h[:512], 64)
		vhd(h[512:1536], 36)
	}
	if n := len(e.tail); n >= 512 && string(e.tail[n-512:][:8]) == vhdCookie {
		vhd(e.tail[n-512:], 64)
	}
}

func (e ends) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	for _, b := range []stretch{{0, e.head}, {e.size - int64(len(e.tail)), e.tail}} {
		if from := max(off, b.off); from < min(off+int64(len(p)), b.off+int64(len(b.b))) {
			copy(p[from-off:], b.b[from-b.off:])
		}
	}
	if off+int64(len(p)) > e.size {
		return int(max(0, e.size-off)), io.EOF
	}
	return len(p), nil
}
