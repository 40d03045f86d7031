package diskimage

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/imageferry/imageferry/internal/image"
)

const (
	mib      = 1 << 20
	diskSize = 320 * mib // the smallest that mkfs.xfs makes is 300 MiB
)

// scratch is where fixtures lie, for all tests of a run.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "diskimage")
	if err != nil {
		panic(err)
	}
	scratch = dir
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

// extent is a stretch of a fixture in which every byte means something.
type extent struct {
	off, n int64
	summed bool // and a checksum covers it, so that one bit is enough
}

// recipe is a RAW disk that tools make.
type recipe struct {
	name     string
	contents string // as the report has it
	system   bool
	make     func(t testing.TB, path string)
	extents  []extent
	tools    []string // beside sfdisk
}

// containers are the formats in which the disk is tried: all for some, one for others.
func (r recipe) containers() []container {
	switch r.name {
	case "gpt-system", "mbr-system", "ext4", "xfs", "btrfs":
		return containers
	}
	return containers[:1]
}

// whole is a bare file system.
func whole(name, contents string, extents []extent, command ...string) recipe {
	return recipe{name: name, contents: contents, extents: extents, tools: command[:1], make: func(t testing.TB, path string) {
		blank(t, path, diskSize)
		tool(t, append(command, path)...)
	}}
}

// at moves extents behind the start of a partition.
func at(off int64, extents []extent) []extent {
	var moved []extent
	for _, e := range extents {
		moved = append(moved, extent{off + e.off, e.n, e.summed})
	}
	return moved
}

var (
	extExtents1  = []extent{{1024, 1024, true}, {4096, 64, true}}
	xfsExtents   = []extent{{0, 2048, true}}
	btrfsExtents = []extent{{64 << 10, 4096, true}}
	lvmExtents   = []extent{{512, 512, true}, {4096, 512, true}, {4096 + 512, 256, true}}
	swapExtents  = []extent{{1024, 3072, false}}
	gptExtents   = []extent{{0, 512, false}, {512, 33 * 512, true}, {diskSize - 33*512, 33 * 512, true}}
	mbrExtents   = []extent{{0, 512, false}}
)

// recipes are the disks. A partition begins at a mebibyte.
var recipes = []recipe{
	whole("ext4", "ext4", extExtents1, "mkfs.ext4", "-q", "-F", "-b", "4096"),
	whole("ext4-1k", "ext4", []extent{{1024, 1024, true}, {2048, 64, true}}, "mkfs.ext4", "-q", "-F", "-b", "1024"),
	whole("ext3", "ext3", []extent{{1024 + 0x38, 2, true}}, "mkfs.ext3", "-q", "-F", "-O", "^64bit,^metadata_csum"),
	whole("ext2", "ext2", []extent{{1024 + 0x38, 2, true}}, "mkfs.ext2", "-q", "-F"),
	whole("xfs", "xfs", xfsExtents, "mkfs.xfs", "-q"),
	whole("xfs-v4", "xfs", []extent{{0, 4, true}}, "mkfs.xfs", "-q", "-m", "crc=0"),
	whole("xfs-4k", "xfs", []extent{{0, 4 * 4096, true}}, "mkfs.xfs", "-q", "-s", "size=4096"),
	whole("btrfs", "btrfs", btrfsExtents, "mkfs.btrfs", "-q"),
	whole("btrfs-sha256", "btrfs", btrfsExtents, "mkfs.btrfs", "-q", "--csum", "sha256"),
	whole("swap", "swap", swapExtents, "mkswap", "-q"),
	whole("swap-64k", "swap", nil, "mkswap", "-q", "-p", "65536"),
	{name: "lvm", contents: "lvm", extents: lvmExtents, make: physicalVolume},
	whole("f2fs", "f2fs", []extent{{1024, 4, true}}, "mkfs.f2fs", "-q"),
	whole("fat", "fat", []extent{{0, 512, false}}, "mkfs.vfat"),
	whole("ntfs", "ntfs", []extent{{0, 512, false}}, "mkfs.ntfs", "-q", "-F", "-f"),
	whole("exfat", "exfat", []extent{{0, 512, false}}, "mkfs.exfat"),
	{
		name: "luks2", tools: []string{"cryptsetup"}, contents: "luks2", extents: []extent{{0, 16 << 10, true}},
		make: func(t testing.TB, path string) {
			blank(t, path, diskSize)
			key := filepath.Join(t.TempDir(), "key")
			write(t, key, "correct horse")
			tool(t, "cryptsetup", "-q", "luksFormat", "--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", path, key)
		},
	},
	{
		name: "luks1", contents: "luks1", extents: []extent{{0, 8, true}},
		make: func(t testing.TB, path string) {
			blank(t, path, diskSize)
			key := filepath.Join(t.TempDir(), "key")
			write(t, key, "correct horse")
			tool(t, "cryptsetup", "-q", "luksFormat", "--type", "luks1", "--pbkdf-force-iterations", "1000", path, key)
		},
	},
	{
		name: "mbr-system", tools: []string{"mkfs.ext4"}, contents: "mbr: ext4", system: true, extents: append(at(mib, extExtents1), mbrExtents...),
		make: func(t testing.TB, path string) {
			partitioned(t, path, "label: dos\nstart=2048, type=83, bootable\n")
			patch(t, path, 0, "\xeb\x63\x90")
			volume(t, path, mib, diskSize-mib, "mkfs.ext4", "-q", "-F", "-b", "4096")
		},
	},
	{
		name: "mbr-grub", contents: "mbr: xfs, swap", system: true, extents: append(at(mib, xfsExtents), mbrExtents...),
		make: func(t testing.TB, path string) {
			partitioned(t, path, "label: dos\nstart=2048, size=309MiB, type=83\ntype=82\n")
			patch(t, path, 0, "\xeb\x63\x90")
			patch(t, path, 0x180, "GRUB \x00Geom\x00Hard Disk\x00Read\x00 Error\r\n\x00")
			volume(t, path, mib, 309*mib, "mkfs.xfs", "-q")
			volume(t, path, 310*mib, 10*mib, "mkswap", "-q")
		},
	},
	{
		name: "mbr-logical", tools: []string{"mkfs.xfs"}, contents: "mbr: xfs, linux, …", extents: append(at(mib, xfsExtents), mbrExtents...),
		make: func(t testing.TB, path string) {
			partitioned(t, path, "label: dos\nstart=2048, size=304MiB, type=83\ntype=5\nsize=5MiB, type=83\ntype=83\n")
			volume(t, path, mib, 304*mib, "mkfs.xfs", "-q")
		},
	},
	{
		name: "gpt-system", tools: []string{"mkfs.ext4", "mkfs.vfat"}, contents: "gpt: bios-boot, efi, ext4", system: true,
		extents: append(append(at(12*mib, extExtents1), extent{2 * mib, 90, false}), gptExtents...),
		make: func(t testing.TB, path string) {
			partitioned(t, path, "label: gpt\nstart=2048, size=1MiB, type=21686148-6449-6E6F-744E-656564454649\nsize=10MiB, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\ntype=0FC63DAF-8483-4772-8E79-3D69D8477DE4\n")
			volume(t, path, 2*mib, 10*mib, "mkfs.vfat")
			volume(t, path, 12*mib, 307*mib, "mkfs.ext4", "-q", "-F", "-b", "4096")
		},
	},
	{
		name: "gpt-bios", contents: "gpt: bios-boot, xfs, swap", system: true, extents: append(at(2*mib, xfsExtents), gptExtents...),
		make: func(t testing.TB, path string) {
			partitioned(t, path, "label: gpt\nstart=2048, size=1MiB, type=21686148-6449-6E6F-744E-656564454649\nsize=305MiB, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4\ntype=0657FD6D-A4AB-43C4-84E5-0933C84B4F4F\n")
			volume(t, path, 2*mib, 305*mib, "mkfs.xfs", "-q")
			volume(t, path, 307*mib, 12*mib, "mkswap", "-q")
		},
	},
	{
		name: "gpt-data", contents: "gpt: btrfs", extents: append(at(mib, btrfsExtents), gptExtents...),
		make: func(t testing.TB, path string) {
			partitioned(t, path, "label: gpt\nstart=2048, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4\n")
			volume(t, path, mib, 318*mib, "mkfs.btrfs", "-q")
		},
	},
}

// physicalVolume makes a volume group of one volume. LVM takes block devices only,
// so it needs a loop device, and skips where there is none.
func physicalVolume(t testing.TB, path string) {
	blank(t, path, diskSize)
	out, err := find(t, "losetup", "--find", "--show", path).Output()
	if err != nil {
		t.Skipf("no loop device: %v", err)
	}
	device := strings.TrimSpace(string(out))
	defer tool(t, "losetup", "--detach", device)
	tool(t, "pvcreate", "-q", "-y", "--config", "devices{use_devicesfile=0}", device)
	tool(t, "vgcreate", "-q", "-y", "--config", "devices{use_devicesfile=0}", filepath.Base(scratch), device)
}

// container is a format that qemu-img makes of a RAW disk.
type container struct {
	name    string
	format  image.Format
	args    []string
	extents func(f *os.File) []extent
}

var containers = []container{
	{"qcow2", image.QCOW2, []string{"-O", "qcow2"}, qcow2Extents},
	{"qcow2-v2", image.QCOW2, []string{"-O", "qcow2", "-o", "compat=0.10"}, qcow2Extents},
	{"qcow2-compressed", image.QCOW2, []string{"-c", "-O", "qcow2"}, nil},
	{"qcow2-4k", image.QCOW2, []string{"-O", "qcow2", "-o", "cluster_size=4096"}, nil},
	{"qcow2-2m", image.QCOW2, []string{"-O", "qcow2", "-o", "cluster_size=2M"}, qcow2Extents},
	{"qcow2-metadata", image.QCOW2, []string{"-O", "qcow2", "-o", "preallocation=metadata"}, nil},
	{"vhd", image.VHD, []string{"-O", "vpc", "-o", "force_size=on"}, dynamicExtents},
	{"vhd-rounded", image.VHD, []string{"-O", "vpc"}, dynamicExtents},
	{"vhd-fixed", image.VHD, []string{"-O", "vpc", "-o", "subformat=fixed,force_size=on"}, fixedExtents},
	{"vmdk", image.VMDK, []string{"-O", "vmdk"}, vmdkExtents},
	{"vmdk-stream", image.VMDK, []string{"-O", "vmdk", "-o", "subformat=streamOptimized"}, vmdkExtents},
}

func qcow2Extents(f *os.File) []extent {
	h := make([]byte, 104)
	_, _ = f.ReadAt(h, 0)
	list := []extent{{0, 32, false}, {32, 32, false}, {int64(be.Uint64(h[40:])), 8, false}}
	if be.Uint32(h[20:]) <= 16 { // else the counts are not read: what is needed lies in four places already
		list = append(list, extent{int64(be.Uint64(h[48:])), 8, false})
	}
	return list
}

func dynamicExtents(f *os.File) []extent {
	info, _ := f.Stat()
	return []extent{{0, 512, true}, {512, 1024, true}, {1536, 512, false}, {info.Size() - 512, 512, true}}
}

func fixedExtents(f *os.File) []extent {
	info, _ := f.Stat()
	return []extent{{info.Size() - 512, 512, true}}
}

func vmdkExtents(*os.File) []extent { return []extent{{0, 512, false}, {512, 20 * 512, false}} }

// fixture is a file with a whole disk.
type fixture struct {
	name     string
	path     string
	size     int64 // of the file
	format   image.Format
	contents string
	want     Want
	extents  []extent
	long     bool // bytes behind its end are not noticed
}

var makers sync.Map // path to *sync.Once

// raw makes a recipe's disk, once for all tests. It skips where a tool is missing.
func (r recipe) raw(t testing.TB) fixture {
	t.Helper()
	path := filepath.Join(scratch, r.name+".raw")
	once(path, func() { r.make(t, path) })
	return describe(t, fixture{
		name: r.name, path: path, format: image.RAW, contents: r.contents, extents: r.extents,
		want: Want{Format: image.RAW, Bytes: diskSize, System: r.system},
	})
}

// in makes a recipe's disk in another format.
func (r recipe) in(t testing.TB, k container) fixture {
	t.Helper()
	raw := r.raw(t)
	path := filepath.Join(scratch, r.name+"."+k.name)
	once(path, func() {
		tool(t, append(append([]string{"qemu-img", "convert", "-q", "-f", "raw"}, k.args...), raw.path, path)...)
	})
	f := describe(t, fixture{name: r.name + "." + k.name, path: path, format: k.format, contents: r.contents, want: raw.want})
	f.want.Format = k.format
	f.long = k.name == "qcow2-2m" // four reads are used up before those that would tell
	if k.extents != nil {
		file := open(t, path)
		f.extents = k.extents(file)
	}
	return f
}

func once(path string, do func()) {
	v, _ := makers.LoadOrStore(path, new(sync.Once))
	v.(*sync.Once).Do(do)
}

func describe(t testing.TB, f fixture) fixture {
	t.Helper()
	info, err := os.Stat(f.path)
	if err != nil {
		t.Skipf("the fixture %s could not be made: %v", f.name, err)
	}
	f.size = info.Size()
	return f
}

// tool runs a program, and skips the test where it is not installed.
func tool(t testing.TB, command ...string) {
	t.Helper()
	out, err := find(t, command[0], command[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(command, " "), err, out)
	}
}

// find looks for a program, also where only root has it in the path.
func find(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	path := lookPath(name)
	if path == "" {
		t.Skipf("%s is not installed; scripts/setup installs it", name)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "LVM_SUPPRESS_FD_WARNINGS=1", "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	return cmd
}

func lookPath(name string) string {
	for _, dir := range []string{"", "/usr/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(dir + name); err == nil {
			return path
		}
	}
	return ""
}

// partitioned makes a disk with a partition table that sfdisk writes.
func partitioned(t testing.TB, path, script string) {
	t.Helper()
	blank(t, path, diskSize)
	cmd := find(t, "sfdisk", "-q", path)
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sfdisk: %v: %s", err, out)
	}
}

// volume makes a file system in a file of its own and puts it on a disk.
func volume(t testing.TB, disk string, off, size int64, command ...string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "volume")
	blank(t, path, size)
	tool(t, append(command, path)...)
	from := open(t, path)
	to, err := os.OpenFile(disk, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	b := make([]byte, 64<<10)
	for at := int64(0); at < size; at += int64(len(b)) {
		if _, err := from.ReadAt(b, at); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if !zero(b) {
			if _, err := to.WriteAt(b, off+at); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func blank(t testing.TB, path string, size int64) {
	t.Helper()
	write(t, path, "")
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func patch(t testing.TB, path string, off int64, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(text), off); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// counter counts the reads of a file and refuses those that are too long.
type counter struct {
	r     io.ReaderAt
	reads int
}

func (c *counter) ReadAt(b []byte, off int64) (int, error) {
	c.reads++
	if len(b) > window && c.reads > 1 || len(b) > lead || c.reads > 4 {
		return 0, fmt.Errorf("read %d has %d bytes", c.reads, len(b))
	}
	return c.r.ReadAt(b, off)
}

// canMake reports whether the programs for a disk are here. Fuzz targets do without a
// disk that cannot be made, where a test skips.
func canMake(r recipe) (ok bool) {
	for _, name := range append([]string{"qemu-img", "sfdisk"}, r.tools...) {
		if lookPath(name) == "" {
			return false
		}
	}
	return true
}
