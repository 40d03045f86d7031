package diskimage

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/image"
	sandbox "github.com/imageferry/imageferry/internal/sandbox/disk"
)

// mbrDisk is a small system disk, made by hand: a master boot record with one active
// partition, and an ext2 on that. The tests below break it.
func mbrDisk(size int64) []byte {
	b := make([]byte, size)
	b[0], b[510], b[511] = 0xeb, 0x55, 0xaa
	e := b[446:]
	e[0], e[4] = 0x80, 0x83
	le.PutUint32(e[8:], 2048)
	le.PutUint32(e[12:], uint32(size/sector-2048))
	sb := b[mib+1024:]
	le.PutUint32(sb[4:], uint32((size-mib)/4096))
	le.PutUint32(sb[0x18:], 2)
	le.PutUint32(sb[0x20:], 32768)
	le.PutUint32(sb[0x28:], 8192)
	le.PutUint16(sb[0x38:], 0xef53)
	return b
}

const small = 4 * mib

var systemWant = Want{Format: image.RAW, Bytes: small, System: true}

func TestHandMade(t *testing.T) {
	t.Parallel()
	data := Want{Format: image.RAW, Bytes: small}
	loose := Want{Format: image.RAW, Bytes: small, AnyData: true}
	noisy := bytes.Repeat([]byte{0x9c, 0x01, 0xfe, 0x77, 0x80, 0x13, 0xee}, small)[:small]
	for name, tt := range map[string]struct {
		b       []byte
		want    Want
		verdict Verdict
		code    string
	}{
		"whole":                    {mbrDisk(small), systemWant, Verified, ""},
		"whole, nothing asked":     {mbrDisk(small), Want{}, Verified, ""},
		"empty":                    {nil, systemWant, NotADisk, Empty},
		"one byte":                 {[]byte("x"), Want{}, NotADisk, Foreign},
		"text":                     {bytes.Repeat([]byte("no disk at all\n"), 1<<15), systemWant, NotADisk, Foreign},
		"text of whole sectors":    {bytes.Repeat([]byte("no disk\n"), small/8), loose, NotADisk, Foreign},
		"Chinese text":             {bytes.Repeat([]byte("没有磁盘"), 1<<15), systemWant, NotADisk, Foreign},
		"a picture":                {append([]byte("\xff\xd8\xff\xe0"), noisy...), systemWant, NotADisk, Foreign},
		"an archive":               {edit(noisy, 257, "ustar"), systemWant, NotADisk, Foreign},
		"zeros":                    {make([]byte, small), systemWant, NotADisk, Blank},
		"zeros, data":              {make([]byte, small), data, Suspicious, Blank},
		"zeros, any data":          {make([]byte, small), loose, Verified, ""},
		"zeros, no whole sectors":  {make([]byte, small-1), data, NotADisk, Blank},
		"zeros, any data, shorter": {make([]byte, small-sector), loose, Suspicious, WrongSize},
		"zeros, any size":          {make([]byte, small), Want{AnyData: true}, Suspicious, Blank},
		"noise":                    {noisy, systemWant, NotADisk, Unrecognised},
		"noise, data":              {noisy, data, Suspicious, Unrecognised},
		"noise, any data":          {noisy, loose, Verified, ""},
		"zeroed head":              {append(make([]byte, sector), mbrDisk(small)[sector:]...), systemWant, NotADisk, Blank},
		"truncated":                {mbrDisk(small)[:small-mib], systemWant, Suspicious, WrongSize},
		"truncated, nothing asked": {mbrDisk(small)[:small-mib], Want{}, Suspicious, PartitionBounds},
		"part of a sector":         {mbrDisk(small)[:small-7], Want{}, Suspicious, Sectors},
		"wrong format":             {mbrDisk(small), Want{Format: image.QCOW2, Bytes: small}, Suspicious, WrongFormat},
		"wrong size":               {mbrDisk(small), Want{Bytes: 2 * small}, Suspicious, WrongSize},
		"no boot code":             {edit(mbrDisk(small), 0, "\x00"), systemWant, Suspicious, NotBootable},
		"no active partition":      {edit(mbrDisk(small), 446, "\x00"), systemWant, Suspicious, NotBootable},
		"no active one, data":      {edit(mbrDisk(small), 446, "\x00"), data, Verified, ""},
		"no file system":           {edit(mbrDisk(small), mib+1024+0x38, "\x00\x00"), systemWant, Suspicious, NoFileSystem},
		"any partition":            {edit(mbrDisk(small), mib+1024+0x38, "\x00\x00"), loose, Verified, ""},
		"large file system":        {edit(mbrDisk(small), mib+1024+4, "\x00\x04\x00\x00"), systemWant, Suspicious, FileSystemSize},
		"endless file system":      {edit(mbrDisk(small), mib+1024+4, "\xff\xff\xff\xff"), systemWant, Suspicious, FileSystemSize},
		"overlap":                  {edit(mbrDisk(small), 462, "\x00\x00\x00\x00\x83\x00\x00\x00\x00\x10\x00\x00\x00\x01\x00\x00"), systemWant, Suspicious, Overlap},
		"partition at 0":           {edit(mbrDisk(small), 454, "\x00"+"\x00"), systemWant, Suspicious, PartitionBounds},
		"chain of itself":          {chain(0, 0), data, Suspicious, Chain},
		"chain in a circle":        {chain(2, 0), data, Suspicious, Chain},
		"chain to nowhere":         {chain(1<<30, 0), data, Suspicious, Chain},
		"chain to no link":         {chain(8, 0), data, Suspicious, Chain},
		"descriptor of a VMDK":     {[]byte(vmdkText + "\nversion=1\n"), Want{}, Suspicious, ExternalData},
		"head of a QCOW2":          {[]byte(qcow2Magic + "\x00\x00\x00\x03"), Want{}, Suspicious, Truncated},
		"head of a VMDK":           {[]byte(vmdkMagic), Want{}, Suspicious, Truncated},
		"head of a VHD":            {[]byte(vhdCookie), Want{}, Suspicious, Truncated},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expect(t, bytes.NewReader(tt.b), int64(len(tt.b)), tt.want, tt.verdict, tt.code)
		})
	}
}

// expect checks a file and its report.
func expect(t *testing.T, r io.ReaderAt, size int64, want Want, verdict Verdict, code string) {
	t.Helper()
	got := look(t, r, size, want)
	has := slices.ContainsFunc(got.Findings, func(f Finding) bool { return f.Code == code })
	if got.Verdict != verdict || code != "" && !has || (code == "") != (len(got.Findings) == 0) {
		t.Errorf("got %+v, want %s because of %q", got, verdict, code)
	}
	for _, f := range got.Findings {
		if f.Detail == "" || strings.HasSuffix(f.Detail, ".") {
			t.Errorf("detail %q", f.Detail)
		}
	}
}

// edit overwrites some bytes.
func edit(b []byte, off int, text string) []byte {
	b = bytes.Clone(b)
	copy(b[off:], text)
	return b
}

// chain is a disk with an extended partition whose two links are in the sectors 0
// and 2 of it; they point to the given sectors.
func chain(first, second uint32) []byte {
	b := mbrDisk(small)
	link := func(off int, kind byte, start, size uint32) {
		b[off+4] = kind
		le.PutUint32(b[off+8:], start)
		le.PutUint32(b[off+12:], size)
	}
	le.PutUint32(b[446+12:], 2048)
	link(462, 5, 4096, 4096)
	for sectorOff, next := range map[int]uint32{4096: first, 4098: second} {
		at := sectorOff * sector
		b[at+510], b[at+511] = 0x55, 0xaa
		link(at+446, 0x83, 1, 1)
		link(at+462, 5, next, 100)
	}
	return b
}

// change is one edit of a whole disk in some format.
type change struct {
	container string
	off       int64 // from the end if negative
	text      string
	code      string
}

// Each field that could lead astray, on a disk that is whole but for it.
func TestFields(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("\xff", 8)
	changes := []change{
		{"qcow2", 4, "\x00\x00\x00\x09", BadHeader},
		{"qcow2", 8, "\x00\x00\x00\x00\x00\x00\x02\x00", Backing},
		{"qcow2", 20, "\x00\x00\x00\x08", BadHeader},
		{"qcow2", 20, "\x00\x00\x00\x16", BadHeader},
		{"qcow2", 24, huge, BadHeader},
		{"qcow2", 24, "\x00\x00\x00\x01", BadHeader}, // larger than its L1
		{"qcow2", 32, "\x00\x00\x00\x02", Encrypted},
		{"qcow2", 36, "\xff\xff\xff\xff", Truncated},                 // L1 of 32 GiB
		{"qcow2", 40, "\x00\x00\x01\x00\x00\x00\x00\x00", Truncated}, // at 2^40
		{"qcow2", 40, huge, BadHeader},
		{"qcow2", 48, "\x7f\xff\xff\xff\xff\xff\x00\x00", Truncated},
		{"qcow2", 56, "\x00\x00\x00\x00", BadHeader},
		{"qcow2", 72, "\x00\x00\x00\x00\x00\x00\x00\x01", Unclean},
		{"qcow2", 72, "\x00\x00\x00\x00\x00\x00\x00\x02", Unclean},
		{"qcow2", 72, "\x00\x00\x00\x00\x00\x00\x00\x04", ExternalData},
		{"qcow2", 72, "\x00\x00\x00\x00\x00\x00\x00\x10", Unseen},
		{"qcow2", 72, "\x80\x00\x00\x00\x00\x00\x00\x00", Unseen},
		{"qcow2", 96, "\x00\x00\x00\x07", BadHeader},
		{"vhd", 8, "\x01", BadChecksum},
		{"vhd", -1, "\x01", BadChecksum},
		{"vhd", -512, "x", Truncated},
		{"vhd", 512, "x", BadHeader},
		{"vhd", 540, "\x01", BadChecksum},
		{"vhd", 1536, "\x00\x00\x00\x01", BadMap},
		{"vhd", 1536, "\x7f\xff\xff\xff", BadMap},
		{"vhd-fixed", -100, "\x01", BadChecksum},
		{"vmdk", 4, "\x09", BadHeader},
		{"vmdk", 12, huge, BadHeader},
		{"vmdk", 20, huge, BadHeader},
		{"vmdk", 28, huge, BadHeader},
		{"vmdk", 36, huge, BadHeader},
		{"vmdk", 44, "\xff\xff\xff\xff", BadHeader},
		{"vmdk", 48, huge, Truncated},
		{"vmdk", 56, huge, Truncated},
		{"vmdk", 56, "\xfe" + huge[1:], Truncated},
		{"vmdk", 72, "\x01", Unclean},
		{"vmdk", 75, "\n", BadHeader},
		{"vmdk", 512, "#", ""},
		{"vmdk", 512, "?", BadHeader},
	}
	for _, tt := range changes {
		t.Run(tt.container, func(t *testing.T) {
			f := recipeNamed("mbr-system").in(t, containerNamed(tt.container))
			d := &damaged{f: open(t, f.path), size: f.size, off: tt.off, b: []byte(tt.text)}
			if d.off < 0 {
				d.off += f.size
			}
			verdict := Suspicious
			if tt.code == "" {
				verdict = Verified
			}
			expect(t, d, f.size, f.want, verdict, tt.code)
		})
	}
}

func recipeNamed(name string) recipe {
	return recipes[slices.IndexFunc(recipes, func(r recipe) bool { return r.name == name })]
}

func containerNamed(name string) container {
	return containers[slices.IndexFunc(containers, func(k container) bool { return k.name == name })]
}

// Files that qemu-img makes and that are no whole disk by themselves.
func TestNotByThemselves(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		args []string
		code string
	}{
		"backing.qcow2":  {[]string{"-f", "qcow2", "-F", "raw", "-b", "BASE"}, Backing},
		"external.qcow2": {[]string{"-f", "qcow2", "-o", "data_file=DIR/data", "SIZE"}, ExternalData},
		"child.vmdk":     {[]string{"-f", "vmdk", "-F", "vmdk", "-b", "VMDK"}, Backing},
		"flat.vmdk":      {[]string{"-f", "vmdk", "-o", "subformat=monolithicFlat", "SIZE"}, ExternalData},
		"new.qcow2":      {[]string{"-f", "qcow2", "SIZE"}, Blank},
		"new.vhd":        {[]string{"-f", "vpc", "-o", "force_size=on", "SIZE"}, Blank},
		"new.vmdk":       {[]string{"-f", "vmdk", "SIZE"}, Blank},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			args, size := []string{"qemu-img", "create", "-q"}, "320M"
			words := strings.NewReplacer("BASE", recipeNamed("mbr-system").raw(t).path, "DIR", dir, "VMDK", recipeNamed("mbr-system").in(t, containerNamed("vmdk")).path)
			for _, a := range tt.args {
				if a == "SIZE" {
					continue
				}
				args = append(args, words.Replace(a))
			}
			args = append(args, path)
			if slices.Contains(tt.args, "SIZE") {
				args = append(args, size)
			}
			tool(t, args...)
			f := describe(t, fixture{path: path})
			expect(t, open(t, path), f.size, Want{Bytes: diskSize}, Suspicious, tt.code)
		})
	}
}

// VMware's tools write the directory of grains last, and where it lies into a second
// header before the mark of the end.
func TestDirectoryAtEnd(t *testing.T) {
	t.Parallel()
	f := recipeNamed("mbr-system").in(t, containerNamed("vmdk-stream"))
	b, err := os.ReadFile(f.path)
	if err != nil {
		t.Fatal(err)
	}
	second := bytes.Clone(b[:sector])
	le.PutUint64(b[56:], vmdkAtEnd)
	mark := edit(make([]byte, sector), 0, "\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03") // one sector follows, of kind "footer"
	b = slices.Concat(b, mark, second, make([]byte, sector))
	expect(t, bytes.NewReader(b), int64(len(b)), f.want, Verified, "")
	for _, lost := range []int{1, sector, 3 * sector, len(b) / 2} {
		expect(t, bytes.NewReader(b), int64(len(b)-lost), f.want, Suspicious, Truncated)
	}
}

// A GPT whose copies are lost, swapped or elsewhere.
func TestGPT(t *testing.T) {
	t.Parallel()
	f := recipeNamed("gpt-system").raw(t)
	file := open(t, f.path)
	zeroed := func(off, n int64) *damaged { return &damaged{f: file, size: f.size, off: off, b: make([]byte, n)} }
	expect(t, zeroed(0, 34*sector), f.size, f.want, Suspicious, GPTPrimary)
	expect(t, zeroed(0, 1*mib), f.size, f.want, Suspicious, GPTPrimary)
	expect(t, zeroed(sector, sector), f.size, f.want, Suspicious, GPTPrimary)
	expect(t, zeroed(0, sector), f.size, f.want, Suspicious, ProtectiveMBR)
	expect(t, zeroed(f.size-sector, sector), f.size, f.want, Suspicious, GPTBackup)
	expect(t, zeroed(f.size-33*sector, sector), f.size, f.want, Suspicious, GPTBackup)
	other := open(t, recipeNamed("gpt-bios").raw(t).path)
	tail := make([]byte, 33*sector)
	if _, err := other.ReadAt(tail, f.size-int64(len(tail))); err != nil {
		t.Fatal(err)
	}
	expect(t, &damaged{file, f.size, f.size - int64(len(tail)), tail}, f.size, f.want, Suspicious, GPTBackup)

	// A disk that has grown is whole where its size is known to be right.
	grown := &damaged{f: file, size: f.size + 64*mib}
	want := f.want
	want.Bytes = grown.size
	expect(t, grown, grown.size, want, Verified, "")
	want.Bytes = 0
	expect(t, grown, grown.size, want, Suspicious, GPTBackup)
}

// What the sandbox's machines have is verified, in every format.
func TestSandboxDisks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		gib   int
		usage sandbox.Usage
		seed  string
	}{{20, sandbox.System, "a"}, {1, sandbox.System, "b"}, {50, sandbox.System, "a"}, {500, sandbox.System, "b"}, {10, sandbox.Data, "a"}, {10, sandbox.Data, "d"}, {500, sandbox.Data, "b"}, {10, sandbox.Data, "f"}} {
		raw := filepath.Join(t.TempDir(), "disk.raw")
		if err := sandbox.Generate(raw, tt.gib, tt.usage, tt.seed); err != nil {
			t.Fatal(err)
		}
		want := Want{Bytes: int64(tt.gib) << 30, System: tt.usage == sandbox.System}
		for _, format := range []sandbox.Format{sandbox.RAW, sandbox.QCOW2, sandbox.VHD, sandbox.VMDK} {
			path, err := sandbox.Convert(t.Context(), raw, format, filepath.Join(t.TempDir(), "disk."+format.Ext()))
			if errors.Is(err, sandbox.ErrNoConverter) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			want.Format = image.Format(format)
			f := describe(t, fixture{path: path})
			got := look(t, open(t, path), f.size, want)
			t.Logf("%d GiB %s %s: %s, %s", tt.gib, tt.usage, format, got.Verdict, got.Contents)
			if got.Verdict != Verified || got.Contents == "" {
				t.Errorf("%d GiB %s %s: %+v", tt.gib, tt.usage, format, got)
			}
		}
	}
}

// A read that fails is no verdict, and neither is a file that got shorter.
func TestReaderFails(t *testing.T) {
	t.Parallel()
	b := mbrDisk(small)
	for name, r := range map[string]io.ReaderAt{
		"failing": failing{},
		"shorter": bytes.NewReader(b[:small-mib]),
	} {
		got, err := Check(r, small, systemWant)
		if err == nil || got.Verdict != "" || !strings.Contains(err.Error(), "bytes ") {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }
