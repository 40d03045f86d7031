package diskimage

import (
	"encoding/json"
	"testing"

	"github.com/imageferry/imageferry/internal/image"
)

// qemuNames are qemu-img's names of the formats.
var qemuNames = map[image.Format]string{image.RAW: "raw", image.QCOW2: "qcow2", image.VHD: "vpc", image.VMDK: "vmdk"}

// Disks that tools made are verified, in every format; qemu-img says what format and
// size they have.
func TestWholeDisks(t *testing.T) {
	t.Parallel()
	for _, r := range recipes {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			verify(t, r.raw(t))
			for _, k := range r.containers() {
				t.Run(k.name, func(t *testing.T) { verify(t, r.in(t, k)) })
			}
		})
	}
}

func verify(t *testing.T, f fixture) {
	t.Helper()
	file := &counter{r: open(t, f.path)}
	got, err := Check(file, f.size, f.want)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d reads: %+v", file.reads, got)
	if got.Verdict != Verified || got.Format != f.format || got.Ranges == "" || got.Bootable != f.want.System {
		t.Errorf("%s: %+v", f.name, got)
	}
	if f.format == image.RAW && got.Contents != f.contents {
		t.Errorf("%s holds %q, want %q", f.name, got.Contents, f.contents)
	}
	out, err := find(t, "qemu-img", "info", "--output=json", "-f", qemuNames[got.Format], f.path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var info struct {
		Size int64 `json:"virtual-size"`
	}
	if err := json.Unmarshal(out, &info); err != nil || info.Size != got.Bytes {
		t.Errorf("%s has %d bytes, qemu-img says %d (%v)", f.name, got.Bytes, info.Size, err)
	}
}
