package diskimage

import (
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/imageferry/imageferry/internal/image"
)

// Whatever a file holds, it is checked with at most four reads and little memory,
// the same file gives the same report, and the verdict is what the findings say.
func FuzzRaw(f *testing.F)   { fuzz(f, image.RAW) }
func FuzzQCOW2(f *testing.F) { fuzz(f, image.QCOW2) }
func FuzzVHD(f *testing.F)   { fuzz(f, image.VHD) }
func FuzzVMDK(f *testing.F)  { fuzz(f, image.VMDK) }

// fuzz begins with whole disks, of which the first and last bytes stay: what lies
// between them is holes.
func fuzz(f *testing.F, format image.Format) {
	const kept = 192 << 10
	for _, name := range []string{"mbr-system", "mbr-logical", "gpt-system", "ext4", "xfs", "btrfs", "luks2", "swap"} {
		for _, k := range append(slices.Clone(containers), container{}) {
			if k.format != format && (k.name != "" || format != image.RAW) {
				continue
			}
			seed(f, name, k, kept)
		}
	}
	f.Fuzz(func(t *testing.T, head, tail []byte, size int64, system bool) {
		r := ends{head, tail, max(int64(len(head)+len(tail)), size)}
		want := Want{Format: format, Bytes: diskSize, System: system}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := checkEnds(t, r, want)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
			t.Errorf("%d bytes allocated", grown)
		}
		if again := checkEnds(t, r, want); again.Ranges != got.Ranges || again.Verdict != got.Verdict {
			t.Errorf("%+v, then %+v", got, again)
		}
		if (got.Verdict == Verified) != (len(got.Findings) == 0) || got.Verdict == Verified && (got.Contents == "" || got.Format != format || got.Bootable != system && system) {
			t.Errorf("%+v", got)
		}
	})
}

// seed adds a fixture, if the tools for it are here.
func seed(f *testing.F, name string, k container, kept int64) {
	r := recipeNamed(name)
	if !canMake(r) {
		return
	}
	x := r.raw(f)
	if k.name != "" {
		x = r.in(f, k)
	}
	file := open(f, x.path)
	head, tail := make([]byte, min(kept, x.size)), make([]byte, min(kept, x.size-min(kept, x.size)))
	_, _ = file.ReadAt(head, 0)
	_, _ = file.ReadAt(tail, x.size-int64(len(tail)))
	f.Add(head, tail, x.size, r.system)
}

func checkEnds(t *testing.T, r ends, want Want) Report {
	got, err := Check(&counter{r: r}, r.size, want)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// ends is a file of which only the ends are not zeros.
type ends struct {
	head, tail []byte
	size       int64
}

func (e ends) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	for at, b := range map[int64][]byte{0: e.head, e.size - int64(len(e.tail)): e.tail} {
		if from := max(off, at); from < min(off+int64(len(p)), at+int64(len(b))) {
			copy(p[from-off:], b[from-at:])
		}
	}
	if off+int64(len(p)) > e.size {
		return int(max(0, e.size-off)), io.EOF
	}
	return len(p), nil
}
