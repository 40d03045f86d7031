package manifest_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/diskimage"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/manifest"
)

func TestSystems(t *testing.T) {
	t.Parallel()
	for os, want := range map[string][2]string{
		"Ubuntu Server 20.04 LTS 64bit": {"Ubuntu", "20"}, "Ubuntu Server 16.04.1 LTS 64位": {"Ubuntu", "16"}, "Ubuntu 24.04": {"Ubuntu", "24"},
		"CentOS 7.9 64bit": {"CentOS", "7"}, "CentOS 8": {"CentOS", "8"}, "Debian 11.1 64bit": {"Debian", "11"},
		"CentOS Stream 8 64bit": {}, "TencentOS Server 3.1 (TK4)": {}, "Ubuntu": {}, "Ubuntu Server ": {}, "CentOS 7x": {}, "centos 7": {}, "": {}, "Other Linux": {},
	} {
		e := complete(image.RAW)
		e.Request.Image.OS = os
		r := manifest.Of(e, region).Restore
		if got := [2]string{r.ImportImage.OsType, r.ImportImage.OsVersion}; got != want {
			t.Errorf("%q is %q, want %q", os, got, want)
		}
		if slices.Contains(r.Unknown, "OsType") != (want[0] == "") || slices.Contains(r.Unknown, "OsVersion") != (want[1] == "") {
			t.Errorf("%q: unknown %q", os, r.Unknown)
		}
	}
}

func TestArchitectures(t *testing.T) {
	t.Parallel()
	for described, want := range map[string]string{"x86_64": "x86_64", "i386": "i386", "arm": "arm_64", "": "", "riscv": ""} {
		e := complete(image.RAW)
		e.Request.Image.Architecture = described
		r := manifest.Of(e, region).Restore
		if r.ImportImage.Architecture != want || slices.Contains(r.Unknown, "Architecture") != (want == "") {
			t.Errorf("%q is %q, want %q; unknown %q", described, r.ImportImage.Architecture, want, r.Unknown)
		}
	}
}

func TestBootModes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		contents string
		bootable bool
		want     string
	}{
		{"gpt: efi, ext4", true, "UEFI"}, {"gpt: bios, efi, ext4", true, "UEFI"}, {"mbr: ext4", true, "Legacy BIOS"}, {"gpt: bios, xfs", true, "Legacy BIOS"},
		{"ext4", false, ""}, {"", false, ""}, {"gpt: efivars", false, ""},
	} {
		e := complete(image.RAW)
		e.Landed[0].Check = &diskimage.Report{Verdict: diskimage.Verified, Contents: tt.contents, Bootable: tt.bootable}
		r := manifest.Of(e, region).Restore
		if r.ImportImage.BootMode != tt.want || slices.Contains(r.Unknown, "BootMode") != (tt.want == "") {
			t.Errorf("%q starts by %q, want %q; unknown %q", tt.contents, r.ImportImage.BootMode, tt.want, r.Unknown)
		}
	}
}

// Only what is proven whole is recommended for a machine.
func TestOnlyProvenFilesAreRestored(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]*diskimage.Report{
		"not looked into": nil, "suspicious": {Verdict: diskimage.Suspicious}, "no disk": {Verdict: diskimage.NotADisk},
	} {
		e := complete(image.RAW)
		e.Landed[1].Check = check
		r := manifest.Of(e, region).Restore
		if len(r.ImportImage.DataDisks) != 0 || len(r.Convert) != 1 || len(r.Download) != 2 || len(r.Verify) != 2 {
			t.Errorf("data disk %s: %+v", name, r)
		}
		e = complete(image.RAW)
		e.Landed[0].Check = check
		if r = manifest.Of(e, region).Restore; r.ImportImage != nil || r.Unknown != nil || len(r.Convert) != 1 {
			t.Errorf("system disk %s: %+v", name, r)
		}
	}
}

// A shell takes each command as the words that were meant, whatever files are called.
func TestCommandsAreQuoted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain", "with space", "it's", `"quoted"`, "$(touch pwned)", "`touch pwned`", "a;touch pwned", "-rf", "~root", "*", "a\\b", "镜像", "#x", "a&b", "''", "!x", "a=b",
	} {
		e := observed()
		e.Landed = []ledger.File{{Key: "dir/" + name + "_xvda.raw", Check: e.Landed[0].Check}}
		m := manifest.Of(e, region)
		base := "./" + name + "_xvda.raw"
		for _, tt := range []struct {
			command string
			want    []string
		}{
			{m.Restore.Download[0], []string{"coscli", "cp", "cos://images-1250000000/dir/" + name + "_xvda.raw", "./", "-e", "cos.ap-guangzhou.myqcloud.com"}},
			{m.Restore.Verify[0], []string{"imageferry", "verify", "--full", base}},
			{m.Restore.Convert[0], []string{"qemu-img", "convert", "-p", "-f", "raw", "-O", "qcow2", base, strings.TrimSuffix(base, "raw") + "qcow2"}},
		} {
			if diff := cmp.Diff(tt.want, words(t, tt.command)); diff != "" {
				t.Errorf("%q is read as other words\n%s", tt.command, diff)
			}
		}
	}
}

// words lets a shell split a command, and does not run it.
func words(t *testing.T, command string) []string {
	t.Helper()
	sh := exec.CommandContext(t.Context(), "sh", "-c", `printf '%s\n' `+command)
	sh.Dir = t.TempDir()
	out, err := sh.Output()
	if err != nil {
		t.Fatalf("%q: %v", command, err)
	}
	if left, err := os.ReadDir(sh.Dir); err != nil || len(left) != 0 {
		t.Fatalf("%q did something: %v, %v", command, left, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

// The name of the new image is none that there is, and one that CVM takes.
func TestImageName(t *testing.T) {
	t.Parallel()
	e := complete(image.RAW)
	if got := manifest.Of(e, region).Restore.ImportImage.ImageName; got != "restored-nightly-20261121t190000z-database" {
		t.Errorf("name %q", got)
	}
	e.Request.ID = image.ExportID(strings.Repeat("x", 120))
	if got := manifest.Of(e, region).Restore.ImportImage.ImageName; len(got) != 60 || got == e.Request.ID.MadeName() {
		t.Errorf("name %q of %d characters", got, len(got))
	}
}
