package diskimage

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	sandbox "github.com/imageferry/imageferry/internal/sandbox/disk"
)

// The cloud counts disks in GiB. A distribution's image of another size is whole if
// its own end shows that; anything else of the wrong size is not.
func TestSizesBetweenUnits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	gpt := filepath.Join(dir, "gpt.raw")
	if err := sandbox.Generate(gpt, 50, sandbox.System, "seed"); err != nil { // with a GPT
		t.Fatal(err)
	}
	file, err := os.Open(gpt)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const gib = int64(1 << 30)
	check := func(size, want int64) Report {
		r, err := Check(file, size, Want{Bytes: want, System: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, test := range []struct {
		name       string
		size, want int64
		verdict    Verdict
	}{
		{"as large as wanted", 50 * gib, 50 * gib, Verified},
		{"counted in larger units", 50 * gib, 50*gib + 700<<20, Verified},
		{"smaller by a unit", 50 * gib, 51 * gib, Suspicious},
		{"larger", 50 * gib, 49 * gib, Suspicious},
		{"cut off, and counted so", 50*gib - 1<<20, 50 * gib, Suspicious},
	} {
		if r := check(test.size, test.want); r.Verdict != test.verdict {
			t.Errorf("%s: %+v", test.name, r)
		}
	}
	mbr := bytes.Repeat([]byte{0}, 3<<20)
	copy(mbr[510:], "\x55\xaa")
	copy(mbr[446:], "\x80\x00\x00\x00\x83\x00\x00\x00\x00\x08\x00\x00\x00\x08\x00\x00") // 1 MiB at 1 MiB
	r, err := Check(bytes.NewReader(mbr), int64(len(mbr)), Want{Bytes: gib})
	if err != nil || r.Verdict != Suspicious || r.Findings[0].Code != WrongSize && r.Findings[len(r.Findings)-1].Code != WrongSize {
		t.Errorf("an MBR says nothing of the end: %+v, %v", r, err)
	}
}
