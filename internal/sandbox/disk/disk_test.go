package disk

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// layouts covers every kind of disk; what names the expected contents.
var layouts = []struct {
	what    string
	sizeGiB int
	usage   Usage
	seed    string
}{
	{"mbr", 20, System, "a"},
	{"mbr", 1, System, "b"},
	{"gpt", 50, System, "a"},
	{"gpt", 500, System, "b"},
	{"gpt", 10, Data, "d"},
	{"xfs", 10, Data, "a"},
	{"xfs", 500, Data, "b"},
	{"ext4", 10, Data, "f"},
}

func generate(t *testing.T, sizeGiB int, usage Usage, seed string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.raw")
	if err := Generate(path, sizeGiB, usage, seed); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func at(t *testing.T, f *os.File, off int64, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := f.ReadAt(b, off); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLayout reads each disk back, independently of the code that wrote it.
func TestLayout(t *testing.T) {
	for _, l := range layouts {
		t.Run(fmt.Sprintf("%s-%d-%s", l.what, l.sizeGiB, l.usage), func(t *testing.T) {
			t.Parallel()
			f := generate(t, l.sizeGiB, l.usage, l.seed)
			size := int64(l.sizeGiB) << 30
			if info, err := f.Stat(); err != nil || info.Size() != size {
				t.Fatalf("size %v, %v, want %d", info.Size(), err, size)
			}
			switch l.what {
			case "mbr":
				checkExt4(t, f, checkMBR(t, f, size))
			case "gpt":
				checkExt4(t, f, checkGPT(t, f, size, l.usage))
			case "ext4":
				checkExt4(t, f, extent{0, size})
			case "xfs":
				checkXFS(t, f, size)
			}
		})
	}
}

func checkMBR(t *testing.T, f *os.File, size int64) extent {
	b := at(t, f, 0, 512)
	if b[510] != 0x55 || b[511] != 0xaa {
		t.Fatal("no boot signature")
	}
	if b[446] != 0x80 || b[450] != 0x83 {
		t.Errorf("entry: status %#x, type %#x", b[446], b[450])
	}
	part := extent{int64(le.Uint32(b[454:])) * 512, int64(le.Uint32(b[458:])) * 512}
	if part.off != 1<<20 || part.off+part.size != size {
		t.Errorf("partition %+v does not fill %d bytes", part, size)
	}
	if !bytes.Equal(b[462:510], make([]byte, 48)) {
		t.Error("further partitions")
	}
	return part
}

func checkGPT(t *testing.T, f *os.File, size int64, usage Usage) extent {
	mbr := at(t, f, 0, 512)
	if mbr[510] != 0x55 || mbr[511] != 0xaa || mbr[450] != 0xee {
		t.Fatalf("no protective MBR: type %#x", mbr[450])
	}
	var parts []extent
	for _, off := range []int64{512, size - 512} {
		h := at(t, f, off, 92)
		if string(h[:8]) != "EFI PART" || int64(le.Uint64(h[24:]))*512 != off || int64(le.Uint64(h[32:]))*512 != size-off {
			t.Fatalf("header at %d: %x", off, h)
		}
		sum := le.Uint32(h[16:])
		le.PutUint32(h[16:], 0)
		if got := crc32.ChecksumIEEE(h); got != sum {
			t.Errorf("header at %d: checksum %08x, says %08x", off, got, sum)
		}
		table := at(t, f, int64(le.Uint64(h[72:]))*512, 128*128)
		if got := crc32.ChecksumIEEE(table); got != le.Uint32(h[88:]) {
			t.Errorf("table of header at %d: checksum %08x, says %08x", off, got, le.Uint32(h[88:]))
		}
		first, last := int64(le.Uint64(table[32:])), int64(le.Uint64(table[40:]))
		if last > int64(le.Uint64(h[48:])) {
			t.Errorf("partition ends at %d, behind what is usable", last)
		}
		if bootable := le.Uint64(table[48:]) == 4; bootable != (usage == System) {
			t.Errorf("bootable is %v on a %s", bootable, usage)
		}
		parts = append(parts, extent{first * 512, (last + 1 - first) * 512})
	}
	if parts[0] != parts[1] || parts[0].off != 1<<20 {
		t.Errorf("copies differ or start elsewhere: %+v", parts)
	}
	return parts[0]
}

func checkExt4(t *testing.T, f *os.File, fs extent) {
	b := at(t, f, fs.off+1024, 1024)
	if le.Uint16(b[0x38:]) != 0xef53 {
		t.Fatal("no ext4 magic")
	}
	if got := int64(le.Uint32(b[4:])) * 4096; got > fs.size || fs.size-got >= 4096 {
		t.Errorf("file system of %d bytes on %d", got, fs.size)
	}
	if bytes.Equal(b[0x68:0x78], make([]byte, 16)) || b[0x78] == 0 {
		t.Error("no UUID or label")
	}
}

func checkXFS(t *testing.T, f *os.File, size int64) {
	b := at(t, f, 0, 512)
	if string(b[:4]) != "XFSB" {
		t.Fatal("no XFS magic")
	}
	if got := int64(binary.BigEndian.Uint64(b[8:])) * 4096; got != size {
		t.Errorf("file system of %d bytes on %d", got, size)
	}
}

// TestTools asks the tools that an operator would use.
func TestTools(t *testing.T) {
	for _, l := range layouts {
		t.Run(fmt.Sprintf("%s-%d-%s", l.what, l.sizeGiB, l.usage), func(t *testing.T) {
			t.Parallel()
			path := generate(t, l.sizeGiB, l.usage, l.seed).Name()
			offset, fs := 0, "ext4"
			switch l.what {
			case "mbr", "gpt":
				offset = 1 << 20
				label := map[string]string{"mbr": "label: dos", "gpt": "label: gpt"}[l.what]
				expect(t, label, "sfdisk", "-d", path)
				expect(t, "No errors detected", "sfdisk", "--verify", path)
			case "xfs":
				fs = "xfs"
			}
			expect(t, fmt.Sprintf("TYPE=%q", fs), "blkid", "-p", "-O", fmt.Sprint(offset), path)
			if fs == "ext4" {
				at := fmt.Sprintf("%s?offset=%d", path, offset)
				expect(t, "0xEF53", "dumpe2fs", "-h", at)
				expect(t, "11/", "e2fsck", "-f", "-n", at) // status 0: nothing to mend
				expect(t, "lost+found", "debugfs", "-R", "ls -l /", at)
			}
		})
	}
}

// expect runs a tool, often found outside a user's PATH, and looks for want in
// what it prints.
func expect(t *testing.T, want, name string, args ...string) {
	t.Helper()
	tool, err := exec.LookPath(name)
	if err != nil {
		if tool, err = exec.LookPath("/usr/sbin/" + name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%s %v: %v, want %q in:\n%s", name, args, err, want, out)
	}
}

func TestSeedDecides(t *testing.T) {
	t.Parallel()
	read := func(seed string) []byte { return at(t, generate(t, 20, System, seed), 0, 2<<20) }
	a := read("snap-a")
	if !bytes.Equal(a, read("snap-a")) {
		t.Error("the same seed gave different disks")
	}
	if bytes.Equal(a, read("snap-b")) {
		t.Error("different seeds gave the same disk")
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "disk.raw")
	if err := Generate(path, 0, System, "a"); err == nil {
		t.Error("a disk of 0 GiB was made")
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a refused disk left a file: %v", err)
	}
}

func TestConvert(t *testing.T) {
	t.Parallel()
	raw := generate(t, 1, System, "a").Name()
	if got, err := Convert(t.Context(), raw, RAW, "unused"); err != nil || got != raw {
		t.Errorf("RAW gave %q, %v", got, err)
	}
	if _, err := Convert(t.Context(), raw, "ISO", "unused"); err == nil {
		t.Error("converted to ISO")
	}
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skip("qemu-img is not installed")
	}
	for f, name := range map[Format]string{QCOW2: "qcow2", VHD: "vpc", VMDK: "vmdk"} {
		out := filepath.Join(t.TempDir(), "disk."+f.Ext())
		got, err := Convert(t.Context(), raw, f, out)
		if err != nil || got != out {
			t.Fatalf("%s: %q, %v", f, got, err)
		}
		info, err := exec.Command("qemu-img", "info", "--output=json", out).Output()
		if err != nil {
			t.Fatal(err)
		}
		var have struct {
			Format string `json:"format"`
			Size   int64  `json:"virtual-size"`
		}
		if err := json.Unmarshal(info, &have); err != nil || have.Format != name || have.Size != GiB {
			t.Errorf("%s: %+v, %v", f, have, err)
		}
		if out, err := exec.Command("qemu-img", "compare", "-f", "raw", "-F", name, raw, out).CombinedOutput(); err != nil {
			t.Errorf("%s: contents differ: %s", f, out)
		}
	}
}

func TestConvertWithoutTool(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Convert(t.Context(), "disk.raw", QCOW2, "disk.qcow2")
	if err == nil || !strings.Contains(err.Error(), "qemu-utils") {
		t.Errorf("got %v, want a hint at qemu-utils", err)
	}
}

func TestConvertFailureLeavesNothing(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "disk.qcow2")
	if _, err := Convert(t.Context(), filepath.Join(t.TempDir(), "none"), QCOW2, out); err == nil {
		t.Error("converted a file that does not exist")
	}
	if _, err := os.Stat(out); !os.IsNotExist(err) {
		t.Errorf("a failed conversion left a file: %v", err)
	}
}
