package cvm_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

func TestExportImages(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.AddImage(linux("img-aaaaaaaa", 1))
	got, err := c.export(func(r *sdk.ExportImagesRequest) { r.FileNamePrefixList = common.StringPtrs([]string{"nightly/web_1"}) }, "img-aaaaaaaa")
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"nightly/web_1_img-aaaaaaaa_system_snap-aaaaaaaa.raw", "nightly/web_1_img-aaaaaaaa_data_snap-data000a.raw"}
	for i, p := range got.CosPaths {
		if *p != "/"+keys[i] {
			t.Errorf("path %q, want /%s", *p, keys[i])
		}
	}
	c.wait(t)
	for i, u := range c.bucket.all() {
		if u.key != keys[i] || !u.complete || u.aborted || u.size() != disk.GiB {
			t.Errorf("upload %d: %q of %d bytes, complete %v", i, u.key, u.size(), u.complete)
		}
		if len(u.parts) < 30 || !slices.IsSorted(u.parts[:len(u.parts)-1]) {
			t.Errorf("parts do not grow in about 32 steps: %v", u.parts)
		}
	}
	task := c.task(t)
	if task.ID != *got.TaskId || task.State != cvm.Done || task.Bucket != "images-1250000000" || task.Ended.Before(task.Started) {
		t.Errorf("task %+v", task)
	}
	if f := task.Files[1]; len(task.Files) != 2 || f.Key != keys[1] || f.Prefix != "nightly/web_1" || f.Bytes != disk.GiB || f.Total != disk.GiB {
		t.Errorf("files %+v", task.Files)
	}
	if rest, _ := os.ReadDir(c.cfg.Dir); len(rest) != 0 {
		t.Errorf("%d files are left over", len(rest))
	}
}

// TestExportNames: the object keys of the three ways to name files.
func TestExportNames(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	c.AddImage(linux("img-aaaaaaaa", 1))
	c.AddImage(linux("img-bbbbbbbb", 0))
	for _, tc := range []struct {
		name   string
		change func(*sdk.ExportImagesRequest)
		want   string
	}{
		{"no prefix", nil, "/img-aaaaaaaa_system_snap-aaaaaaaa.raw /img-aaaaaaaa_data_snap-data000a.raw /img-bbbbbbbb_system_snap-bbbbbbbb.raw"},
		{"a prefix each, with the appid", func(r *sdk.ExportImagesRequest) {
			r.BucketName = common.StringPtr("images-1250000000")
			r.FileNamePrefixList = common.StringPtrs([]string{"x", "y"})
		}, "/x_img-aaaaaaaa_system_snap-aaaaaaaa.raw /x_img-aaaaaaaa_data_snap-data000a.raw /y_img-bbbbbbbb_system_snap-bbbbbbbb.raw"},
		{"system disks, other format", func(r *sdk.ExportImagesRequest) {
			r.ExportFormat, r.OnlyExportRootDisk = common.StringPtr("QCOW2"), common.BoolPtr(true)
			r.FileNamePrefixList = common.StringPtrs([]string{"/p", ""})
		}, "/p_img-aaaaaaaa_system_snap-aaaaaaaa.qcow2 /img-bbbbbbbb_system_snap-bbbbbbbb.qcow2"},
	} {
		got, err := c.export(tc.change, "img-aaaaaaaa", "img-bbbbbbbb")
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		var paths []string
		for _, p := range got.CosPaths {
			paths = append(paths, *p)
		}
		if text := strings.Join(paths, " "); text != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, text, tc.want)
		}
	}
}

func TestConsoleExport(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.AddImage(linux("img-aaaaaaaa", 2))
	id, err := c.ConsoleExport("img-aaaaaaaa", "images", "manual")
	if err != nil || id == 0 {
		t.Fatal(id, err)
	}
	c.wait(t)
	var keys []string
	for _, u := range c.bucket.all() {
		keys = append(keys, u.key)
	}
	if want := []string{"manual_xvda.raw", "manual_xvdb.raw", "manual_xvdc.raw"}; !slices.Equal(keys, want) {
		t.Errorf("wrote %v, want %v", keys, want)
	}
	var refusal *cvm.Error
	if _, err := c.ConsoleExport("img-aaaaaaaa", "none", "x"); !errors.As(err, &refusal) || refusal.Code != cvm.BucketNotFound {
		t.Errorf("got %v", err)
	}
	if _, err := c.ConsoleExport("img-zzzzzzzz", "images", "x"); !errors.As(err, &refusal) || refusal.Code != cvm.ImageNotFound {
		t.Errorf("got %v", err)
	}
}

// TestExportFormats: what is uploaded is the disk in the format asked for.
func TestExportFormats(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("qemu-img"); err != nil {
		t.Skip("qemu-img is not installed")
	}
	for format, magic := range map[string]string{"QCOW2": "QFI\xfb", "VHD": "conectix", "VMDK": "KDMV"} {
		c := newCloud(t, 1e6, nil)
		c.AddImage(linux("img-aaaaaaaa", 0))
		if _, err := c.export(func(r *sdk.ExportImagesRequest) { r.ExportFormat = common.StringPtr(format) }, "img-aaaaaaaa"); err != nil {
			t.Fatal(err)
		}
		c.wait(t)
		u := c.bucket.all()
		if len(u) != 1 || !u[0].complete || !bytes.HasPrefix(u[0].head, []byte(magic)) || !strings.HasSuffix(u[0].key, "."+strings.ToLower(format)) {
			t.Errorf("%s: %+v", format, c.task(t))
		}
		if f := c.task(t).Files[0]; f.Total != u[0].size() || f.Total >= disk.GiB {
			t.Errorf("%s: total %d, uploaded %d", format, f.Total, u[0].size())
		}
	}
}

// TestExportIsRepeatable: every export of an image writes the same bytes, and
// other images are different.
func TestExportIsRepeatable(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.AddImage(linux("img-aaaaaaaa", 0))
	c.AddImage(linux("img-bbbbbbbb", 0))
	for _, id := range []string{"img-aaaaaaaa", "img-aaaaaaaa", "img-bbbbbbbb"} {
		if _, err := c.export(nil, id); err != nil {
			t.Fatal(err)
		}
		c.wait(t)
	}
	u := c.bucket.all()
	if !bytes.Equal(u[0].head, u[1].head) || u[0].key != u[1].key {
		t.Error("two exports of one image differ")
	}
	if bytes.Equal(u[0].head, u[2].head) {
		t.Error("exports of two images are the same")
	}
}

// TestExportRefuses has one case for each documented refusal.
func TestExportRefuses(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	add := func(id string, change func(*cvm.Image)) {
		m := linux(id, 0)
		change(&m)
		c.AddImage(m)
	}
	add("img-aaaaaaaa", func(*cvm.Image) {})
	add("img-public00", func(m *cvm.Image) { m.Type = cvm.PublicImage })
	add("img-shared00", func(m *cvm.Image) { m.Type = cvm.SharedImage })
	add("img-market00", func(m *cvm.Image) { m.Market = true })
	add("img-windows0", func(m *cvm.Image) { m.Platform = "Windows" })
	add("img-redhat00", func(m *cvm.Image) { m.Platform, m.OsName = "RedHat", "Red Hat Enterprise Linux 9" })
	add("img-syncing0", func(m *cvm.Image) { m.State = cvm.Syncing })
	add("img-secret00", func(m *cvm.Image) { m.Disks[0].Encrypted = true })
	add("img-huge0000", func(m *cvm.Image) { m.Disks[0].SizeGiB = 501 })
	add("img-gone0000", func(*cvm.Image) {})
	c.AddImage(linux("img-sixdisks", 6))
	if !c.DeleteSnapshot("snap-gone0000") || c.DeleteSnapshot("snap-none") {
		t.Error("DeleteSnapshot tells wrong")
	}
	set := func(change func(*sdk.ExportImagesRequest)) func(*sdk.ExportImagesRequest) { return change }
	for _, tc := range []struct {
		name   string
		id     string
		change func(*sdk.ExportImagesRequest)
		want   cvm.Code
	}{
		{"public", "img-public00", nil, cvm.NoPublic},
		{"shared", "img-shared00", nil, cvm.NoShared},
		{"market", "img-market00", nil, cvm.NoMarket},
		{"windows", "img-windows0", nil, cvm.NoWindows},
		{"redhat", "img-redhat00", nil, cvm.NoRedHat},
		{"state", "img-syncing0", nil, cvm.ImageBusy},
		{"encrypted", "img-secret00", nil, cvm.NoEncrypted},
		{"disk too large", "img-huge0000", nil, cvm.DiskTooLarge},
		{"too many disks", "img-sixdisks", nil, cvm.ValueTooLarge},
		{"snapshot gone", "img-gone0000", nil, cvm.SnapshotMissing},
		{"malformed", "ami-1", nil, cvm.ImageIDBad},
		{"unknown", "img-zzzzzzzz", nil, cvm.ImageNotFound},
		{"no list", "", set(func(r *sdk.ExportImagesRequest) { r.ImageIds = nil }), cvm.OneListOnly},
		{"11 images", "", set(func(r *sdk.ExportImagesRequest) {
			r.ImageIds = common.StringPtrs(slices.Repeat([]string{"img-aaaaaaaa"}, 11))
		}), cvm.TooManyValues},
		{"prefixes", "img-aaaaaaaa", set(func(r *sdk.ExportImagesRequest) {
			r.FileNamePrefixList = common.StringPtrs([]string{"a", "b"})
		}), cvm.BadPrefixList},
		{"format", "img-aaaaaaaa", set(func(r *sdk.ExportImagesRequest) { r.ExportFormat = common.StringPtr("ISO") }), cvm.InvalidValue},
		{"no bucket", "img-aaaaaaaa", set(func(r *sdk.ExportImagesRequest) { r.BucketName = nil }), cvm.MissingParameter},
		{"unknown bucket", "img-aaaaaaaa", set(func(r *sdk.ExportImagesRequest) { r.BucketName = common.StringPtr("none") }), cvm.BucketNotFound},
		{"other account's bucket", "img-aaaaaaaa", set(func(r *sdk.ExportImagesRequest) { r.BucketName = common.StringPtr("images-1259999999") }), cvm.BucketNotFound},
		{"role", "img-aaaaaaaa", set(func(r *sdk.ExportImagesRequest) { r.RoleName = common.StringPtr("nobody") }), cvm.AuthRole},
	} {
		for _, dry := range []bool{false, true} {
			_, err := c.export(func(r *sdk.ExportImagesRequest) {
				r.DryRun = common.BoolPtr(dry)
				if tc.change != nil {
					tc.change(r)
				}
			}, tc.id)
			t.Run(tc.name, func(t *testing.T) { wantCode(t, err, tc.want) })
		}
	}
	if n := len(c.Tasks()); n != 0 {
		t.Errorf("%d tasks were started", n)
	}
	// Data disks do not matter where they are not exported.
	root := func(r *sdk.ExportImagesRequest) { r.OnlyExportRootDisk = common.BoolPtr(true) }
	if _, err := c.export(root, "img-sixdisks"); err != nil {
		t.Errorf("system disk of an image with six: %v", err)
	}
}

// TestSnapshotIds sends the list that is documented but not open.
func TestSnapshotIds(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	k := call{"POST", "ExportImages", "2017-03-12", region, "application/json", "", `{"BucketName":"images","SnapshotIds":["snap-a"]}`}
	if got := errorCode(t, c.send(t, k)); got != cvm.OneListOnly {
		t.Errorf("code %q", got)
	}
}

func TestDryRun(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	c.AddImage(linux("img-aaaaaaaa", 0))
	got, err := c.export(func(r *sdk.ExportImagesRequest) { r.DryRun = common.BoolPtr(true) }, "img-aaaaaaaa")
	if err != nil || got.TaskId != nil || got.CosPaths != nil || len(c.Tasks()) != 0 {
		t.Errorf("got %+v, %v, %d tasks", got, err, len(c.Tasks()))
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, func(cfg *cvm.Config) { cfg.Roles = []string{"ferry-writer"} })
	c.AddImage(linux("img-aaaaaaaa", 0))
	export := func() error {
		_, err := c.export(func(r *sdk.ExportImagesRequest) { r.RoleName = common.StringPtr("ferry-writer") }, "img-aaaaaaaa")
		return err
	}
	c.OpenExport(false)
	wantCode(t, export(), cvm.Unauthorized)
	c.OpenExport(true)
	c.DenyBucket("images", true)
	wantCode(t, export(), cvm.BucketDenied)
	c.DenyBucket("images-1250000000", false)
	if err := export(); err != nil {
		t.Error(err)
	}
	_, err := c.export(nil, "img-aaaaaaaa")
	wantCode(t, err, cvm.AuthRole) // the default role does not exist here
}
