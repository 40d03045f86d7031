package image_test

import (
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/image"
)

// The documented reasons of 213/47833 and of the console guide, as far as
// DescribeImages lets one see them.
func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		change   func(*image.Image)
		rootOnly bool
		want     string // reason; empty: exportable
	}{
		{"one disk", func(*image.Image) {}, false, ""},
		{"five data disks", addData(5, 500), false, ""},
		{"six data disks", addData(6, 10), false, "too-many-disks"},
		{"six data disks, root only", addData(6, 10), true, ""},
		{"500 GiB", func(m *image.Image) { m.Disks[0].GiB = 500 }, false, ""},
		{"501 GiB", func(m *image.Image) { m.Disks[0].GiB = 501 }, true, "disk-too-large"},
		{"large data disk", addData(1, 501), false, "disk-too-large"},
		{"large data disk, root only", addData(1, 501), true, ""},
		{"shared", func(m *image.Image) { m.Type = "SHARED_IMAGE" }, false, "shared-image"},
		{"public", func(m *image.Image) { m.Type = "PUBLIC_IMAGE" }, false, "not-custom"},
		{"of no type", func(m *image.Image) { m.Type = "" }, false, "not-custom"},
		{"Windows by platform", func(m *image.Image) { m.Platform = "windows" }, false, "windows"},
		{"Windows by name", func(m *image.Image) { m.OS, m.Platform = "Windows Server 2022", "" }, false, "windows"},
		{"not Windows", func(m *image.Image) { m.OS = "Debian, no Windows" }, false, ""},
		{"Red Hat by platform", func(m *image.Image) { m.Platform = "RedHat" }, false, "redhat"},
		{"Red Hat by name", func(m *image.Image) { m.OS = "Red Hat Enterprise Linux 9" }, false, "redhat"},
		{"CentOS", func(m *image.Image) { m.OS, m.Platform = "CentOS 7.9", "CentOS" }, false, ""},
		{"creating", func(m *image.Image) { m.State = "CREATING" }, false, "not-normal"},
		{"in a state that is new", func(m *image.Image) { m.State = "EXPORTING" }, false, "not-normal"},
		{"Windows and creating", func(m *image.Image) { m.Platform, m.State = "Windows", "CREATING" }, false, "windows"}, // waiting would not help
		{"without disks", func(m *image.Image) { m.Disks = nil }, false, "no-system-disk"},
		{"two system disks", func(m *image.Image) { m.Disks = append(m.Disks, m.Disks[0]) }, false, "no-system-disk"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := image.Image{
				ID: "img-a", Type: "PRIVATE_IMAGE", State: "NORMAL", OS: "Ubuntu Server 24.04", Platform: "Ubuntu",
				Disks: []image.Disk{{Snapshot: "snap-a", System: true, GiB: 50}},
			}
			tt.change(&m)
			r := image.Check(m, tt.rootOnly)
			if tt.want == "" {
				if r != nil {
					t.Errorf("refused: %+v", r)
				}
				return
			}
			if r == nil || r.Reason != tt.want {
				t.Fatalf("got %+v, want reason %q", r, tt.want)
			}
			if !strings.Contains(r.Error(), "img-a") || r.Hint == "" {
				t.Errorf("does not name the image and a way out: %+v", r)
			}
		})
	}
}

func addData(n int, gib int64) func(*image.Image) {
	return func(m *image.Image) {
		for range n {
			m.Disks = append(m.Disks, image.Disk{Snapshot: "snap-d", GiB: gib})
		}
	}
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	r := image.NotFound("img-gone", "ap-guangzhou")
	if r.Reason != "not-found" || r.Detail != "img-gone does not exist in ap-guangzhou" {
		t.Errorf("%+v", r)
	}
}
