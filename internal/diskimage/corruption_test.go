package diskimage

import (
	"bytes"
	"hash/crc64"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/imageferry/imageferry/internal/image"
)

// damaged is a file with one stretch changed, and perhaps another length.
type damaged struct {
	f    io.ReaderAt
	size int64
	off  int64
	b    []byte
}

func (d *damaged) ReadAt(p []byte, off int64) (int, error) {
	want := min(int64(len(p)), d.size-off)
	n, err := d.f.ReadAt(p[:want], off)
	if err == io.EOF {
		clear(p[n:want]) // what was added
		err = nil
	}
	for i, v := range d.b {
		if at := d.off + int64(i) - off; at >= 0 && at < want {
			p[at] = v
		}
	}
	return int(want), err
}

// kinds are the ways in which a stretch of a file is damaged. Each returns what
// stands there then.
var kinds = []struct {
	name   string
	damage func(r *rand.Rand, f fixture, file *os.File, old []byte) []byte
}{
	{"noise", func(r *rand.Rand, _ fixture, _ *os.File, old []byte) []byte {
		for i := range old {
			old[i] = byte(r.Uint32())
		}
		return old
	}},
	{"zeros", func(_ *rand.Rand, _ fixture, _ *os.File, old []byte) []byte { return make([]byte, len(old)) }},
	{"another", func(r *rand.Rand, f fixture, file *os.File, old []byte) []byte {
		_, _ = file.ReadAt(old, r.Int64N(min(f.size, 4*mib)/sector)*sector)
		return old
	}},
	{"shift", func(_ *rand.Rand, _ fixture, _ *os.File, old []byte) []byte { return append(old[1:], old[0]) }},
	{"flip", func(r *rand.Rand, _ fixture, _ *os.File, old []byte) []byte {
		bit := r.IntN(len(old) * 8)
		old[bit/8] ^= 1 << (bit % 8)
		return old
	}},
}

// damage picks a place in one of the structures and damages it. Bits are flipped
// only where a checksum covers them. nil: nothing has changed.
func damage(r *rand.Rand, f fixture, file *os.File, kind int) *damaged {
	e := f.extents[r.IntN(len(f.extents))]
	flip := kinds[kind].name == "flip"
	for flip && !e.summed {
		e = f.extents[r.IntN(len(f.extents))]
	}
	if e.n > sector && !flip {
		e.off += r.Int64N((e.n+sector-1)/sector) * sector
		e.n = sector
	}
	old := make([]byte, e.n)
	if _, err := file.ReadAt(old, e.off); err != nil {
		return nil
	}
	b := kinds[kind].damage(r, f, file, bytes.Clone(old))
	if bytes.Equal(b, old) {
		return nil
	}
	return &damaged{file, f.size, e.off, b}
}

// cut changes the length of the file: any part is lost, or as much is added.
func cut(r *rand.Rand, f fixture, file *os.File, longer bool) *damaged {
	n := 1 + r.Int64N(f.size-1)
	if longer {
		return &damaged{f: file, size: f.size + n}
	}
	return &damaged{f: file, size: f.size - n}
}

// figure counts what one kind of damage came to.
type figure struct{ tries, noticed, compared int }

// Damage to what heads and ends a disk is noticed: at least 99 % by the check alone,
// all of it where the sums of two checks are compared.
func TestCorruption(t *testing.T) {
	t.Parallel()
	tries := 10_000
	if testing.Short() {
		tries = 1000
	}
	var list []fixture
	for _, f := range everything(t) {
		if len(f.extents) > 0 {
			list = append(list, f)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	figures := map[string]*figure{}
	sound := make([]Report, len(list))
	for total := 0; total < tries; {
		i := r.IntN(len(list))
		f, name := list[i], ""
		file := open(t, f.path)
		if sound[i].Verdict == "" {
			sound[i] = look(t, file, f.size, f.want)
		}
		var d *damaged
		switch k := r.IntN(len(kinds) + 2); k {
		case len(kinds):
			d, name = cut(r, f, file, false), "truncated"
		case len(kinds) + 1:
			if f.long {
				continue
			}
			d, name = cut(r, f, file, true), "extended"
		default:
			if name = kinds[k].name; name == "flip" && !hasSums(f) {
				continue
			}
			d = damage(r, f, file, k)
		}
		if d != nil {
			total++
			count(t, figures, f, name, sound[i], d)
		}
		file.Close()
	}
	all := figure{}
	for name, n := range figures {
		t.Logf("%-10s %5d of %5d noticed, %5d with the sum", name, n.noticed, n.tries, n.compared)
		all = figure{all.tries + n.tries, all.noticed + n.noticed, all.compared + n.compared}
	}
	t.Logf("%d corruptions of %d files: %.2f %% noticed, %.2f %% with the sum", all.tries, len(list), 100*float64(all.noticed)/float64(all.tries), 100*float64(all.compared)/float64(all.tries))
	if all.noticed*100 < all.tries*99 || all.compared != all.tries {
		t.Error("too many pass")
	}
}

func count(t *testing.T, figures map[string]*figure, f fixture, name string, sound Report, d *damaged) {
	t.Helper()
	if figures[name] == nil {
		figures[name] = &figure{}
	}
	n := figures[name]
	got := look(t, d, d.size, f.want)
	n.tries++
	if noticed := got.Verdict != Verified || got.Contents != sound.Contents || got.Format != sound.Format || got.Bytes != sound.Bytes; noticed {
		n.noticed++
	} else if testing.Verbose() {
		t.Logf("missed: %s %s at %d (%d bytes of %d): %+v", f.name, name, d.off, len(d.b), d.size-f.size, got)
	}
	if got.Ranges != sound.Ranges {
		n.compared++
	} else {
		t.Errorf("%s: %s of %d bytes at %d keeps the sum; size %d, was %d", f.name, name, len(d.b), d.off, d.size, f.size)
	}
}

func look(t *testing.T, file io.ReaderAt, size int64, want Want) Report {
	t.Helper()
	got, err := Check(&counter{r: file}, size, want)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func hasSums(f fixture) bool {
	for _, e := range f.extents {
		if e.summed {
			return true
		}
	}
	return false
}

// everything is every fixture that the tools of this machine can make.
func everything(t *testing.T) (list []fixture) {
	for _, r := range recipes {
		t.Run(r.name, func(t *testing.T) {
			list = append(list, r.raw(t))
			for _, k := range r.containers() {
				list = append(list, r.in(t, k))
			}
		})
	}
	return list
}

// The checksum of the whole file sees any change anywhere. This is what a full
// verification compares, and what COS keeps.
func TestFullChecksum(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	f := recipes[0].in(t, container{name: "small", format: image.QCOW2, args: []string{"-c", "-O", "qcow2"}})
	body, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	want := crc64.Checksum(body, ecma)
	const tries = 1000
	for range tries {
		b := bytes.Clone(body)
		off := r.IntN(len(b))
		n := 1 + r.IntN(min(sector, len(b)-off))
		for i := range b[off:][:n] {
			b[off+i] ^= byte(1 + r.IntN(255))
		}
		if crc64.Checksum(b, ecma) == want {
			t.Errorf("%d bytes at %d changed, and the checksum did not", n, off)
		}
	}
	t.Logf("%d corruptions anywhere, all noticed", tries)
}
