package cvm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// describe calls DescribeImages after change.
func (c *cloud) describe(change func(*sdk.DescribeImagesRequest)) ([]*sdk.Image, uint64, error) {
	r := sdk.NewDescribeImagesRequest()
	change(r)
	resp, err := c.client.DescribeImages(r)
	if err != nil {
		return nil, 0, err
	}
	return resp.Response.ImageSet, uint64(*resp.Response.TotalCount), nil
}

// image returns one image by id.
func (c *cloud) image(t *testing.T, id string) *sdk.Image {
	t.Helper()
	set, _, err := c.describe(func(r *sdk.DescribeImagesRequest) { r.ImageIds = common.StringPtrs([]string{id}) })
	if err != nil || len(set) != 1 {
		t.Fatalf("%s: %d images, %v", id, len(set), err)
	}
	return set[0]
}

// where makes filters of "name=value,value" texts.
func where(texts ...string) (fs []*sdk.Filter) {
	for _, text := range texts {
		name, values, _ := strings.Cut(text, "=")
		fs = append(fs, &sdk.Filter{Name: common.StringPtr(name), Values: common.StringPtrs(strings.Split(values, ","))})
	}
	return fs
}

func TestDescribeImage(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	m := linux("img-aaaaaaaa", 1)
	m.Description, m.Family = "nightly", "web"
	m.Created = time.Date(2026, 11, 22, 3, 4, 5, 0, time.FixedZone("", 8*3600))
	m.Tags = []cvm.Tag{{Key: "env", Value: "prod"}}
	c.AddImage(m)
	got := c.image(t, "img-aaaaaaaa")
	for _, f := range []struct {
		name string
		got  any
		want any
	}{
		{"ImageName", *got.ImageName, "web-aaaaaaaa"},
		{"ImageDescription", *got.ImageDescription, "nightly"},
		{"ImageType", *got.ImageType, "PRIVATE_IMAGE"},
		{"ImageState", *got.ImageState, "NORMAL"},
		{"ImageSize", *got.ImageSize, int64(1)},
		{"ImageSource", *got.ImageSource, "CREATE_IMAGE"},
		{"ImageCreator", *got.ImageCreator, "100000000001"},
		{"ImageFamily", *got.ImageFamily, "web"},
		{"OsName", *got.OsName, "Ubuntu Server 22.04 LTS 64bit"},
		{"Platform", *got.Platform, "Ubuntu"},
		{"Architecture", *got.Architecture, "x86_64"},
		{"CreatedTime", *got.CreatedTime, "2026-11-21T19:04:05Z"},
		{"SyncPercent", got.SyncPercent, (*int64)(nil)},
		{"LicenseType", *got.LicenseType, "TencentCloud"},
		{"Tags", *got.Tags[0].Key + *got.Tags[0].Value, "envprod"},
		{"snapshots", len(got.SnapshotSet), 2},
		{"SnapshotId", *got.SnapshotSet[0].SnapshotId, "snap-aaaaaaaa"},
		{"DiskUsage", *got.SnapshotSet[1].DiskUsage, "DATA_DISK"},
		{"DiskSize", *got.SnapshotSet[1].DiskSize, int64(1)},
	} {
		if f.got != f.want {
			t.Errorf("%s is %v, want %v", f.name, f.got, f.want)
		}
	}
}

func TestDescribeImagesFilters(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	for _, m := range []cvm.Image{
		{ID: "img-aaaaaaaa", Name: "Web-1", Platform: "Ubuntu", Tags: []cvm.Tag{{Key: "env", Value: "prod"}, {Key: "team", Value: "a"}}},
		{ID: "img-bbbbbbbb", Name: "web-2", Platform: "Debian", Tags: []cvm.Tag{{Key: "env", Value: "test"}}},
		{ID: "img-cccccccc", Name: "db", Platform: "TencentOS", Type: cvm.PublicImage},
	} {
		c.AddImage(m)
	}
	for _, tc := range []struct{ filters, want string }{
		{"", "abc"},
		{"image-id=img-cccccccc,img-aaaaaaaa", "ac"},
		{"image-type=PUBLIC_IMAGE", "c"},
		{"image-type=PRIVATE_IMAGE", "ab"},
		{"image-name=WEB", "ab"},
		{"platform=deb,tencent", "bc"},
		{"tag-key=team", "a"},
		{"tag-value=test", "b"},
		{"tag:env=prod", "a"},
		{"tag:env=prod,test", "ab"},
		{"tag:env=a", ""},
		{"image-name=web tag:env=test", "b"},
		{"image-name=none", ""},
	} {
		set, total, err := c.describe(func(r *sdk.DescribeImagesRequest) { r.Filters = where(strings.Fields(tc.filters)...) })
		got := ""
		for _, m := range set {
			got += (*m.ImageId)[4:5]
		}
		if err != nil || got != tc.want || total != uint64(len(tc.want)) {
			t.Errorf("%q: got %q (%d), %v, want %q", tc.filters, got, total, err, tc.want)
		}
	}
}

func TestDescribeImagesRefuses(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	for _, tc := range []struct {
		name   string
		change func(*sdk.DescribeImagesRequest)
		want   cvm.Code
	}{
		{"ids and filters", func(r *sdk.DescribeImagesRequest) {
			r.ImageIds, r.Filters = common.StringPtrs([]string{"img-aaaaaaaa"}), where("image-name=x")
		}, cvm.IDsOrFilters},
		{"101 ids", func(r *sdk.DescribeImagesRequest) {
			r.ImageIds = common.StringPtrs(slices.Repeat([]string{"img-aaaaaaaa"}, 101))
		}, cvm.TooManyValues},
		{"unknown filter", func(r *sdk.DescribeImagesRequest) { r.Filters = where("colour=red") }, cvm.BadFilter},
		{"11 filters", func(r *sdk.DescribeImagesRequest) { r.Filters = where(slices.Repeat([]string{"image-name=x"}, 11)...) }, cvm.FilterTooLong},
		{"6 values", func(r *sdk.DescribeImagesRequest) { r.Filters = where("image-name=1,2,3,4,5,6") }, cvm.FilterTooLong},
		{"limit of 101", func(r *sdk.DescribeImagesRequest) { r.Limit = common.Uint64Ptr(101) }, cvm.BadLimit},
		{"limit of 0", func(r *sdk.DescribeImagesRequest) { r.Limit = common.Uint64Ptr(0) }, cvm.BadLimit},
		{"malformed id", func(r *sdk.DescribeImagesRequest) { r.ImageIds = common.StringPtrs([]string{"ami-1"}) }, cvm.ImageIDBad},
		{"unknown id", func(r *sdk.DescribeImagesRequest) { r.ImageIds = common.StringPtrs([]string{"img-zzzzzzzz"}) }, cvm.ImageNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := c.describe(tc.change)
			wantCode(t, err, tc.want)
		})
	}
}

func TestDescribeImagesPages(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	for i := range 105 {
		c.AddImage(linux(fmt.Sprintf("img-%08d", i), 0))
	}
	for _, tc := range []struct{ offset, limit, want int }{{0, -1, 20}, {0, 100, 100}, {100, 100, 5}, {105, 100, 0}, {1000, 1, 0}} {
		set, total, err := c.describe(func(r *sdk.DescribeImagesRequest) {
			r.Offset = common.Uint64Ptr(uint64(tc.offset))
			if tc.limit >= 0 {
				r.Limit = common.Uint64Ptr(uint64(tc.limit))
			}
		})
		if err != nil || total != 105 || len(set) != tc.want {
			t.Errorf("from %d, %d images: got %d of %d, %v", tc.offset, tc.limit, len(set), total, err)
		} else if tc.want > 0 && *set[0].ImageId != fmt.Sprintf("img-%08d", tc.offset) {
			t.Errorf("from %d: first is %s", tc.offset, *set[0].ImageId)
		}
	}
}

// TestOtherRegion: what is in one region does not exist in another.
func TestOtherRegion(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	c.AddImage(linux("img-aaaaaaaa", 0))
	c.client = c.connect(t, c.key, "ap-beijing", "POST")
	if set, _, err := c.describe(func(*sdk.DescribeImagesRequest) {}); err != nil || len(set) != 0 {
		t.Errorf("%d images, %v", len(set), err)
	}
	_, err := c.export(nil, "img-aaaaaaaa")
	wantCode(t, err, cvm.ImageNotFound)
}

func TestDeleteImages(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, slow)
	states := map[string]string{"img-creating": cvm.Creating, "img-syncing0": cvm.Syncing, "img-importin": cvm.Importing}
	for id, state := range states {
		c.AddImage(cvm.Image{ID: id, Name: id, State: state})
	}
	c.AddImage(cvm.Image{ID: "img-public00", Type: cvm.PublicImage})
	c.AddImage(cvm.Image{ID: "img-shared00", Type: cvm.SharedImage})
	c.AddImage(cvm.Image{ID: "img-lent0000", SharedOut: true})
	c.AddImage(linux("img-busy0000", 0))
	c.AddImage(linux("img-aaaaaaaa", 0))
	if _, err := c.export(nil, "img-busy0000"); err != nil {
		t.Fatal(err)
	}
	remove := func(dryRun bool, ids ...string) error {
		r := sdk.NewDeleteImagesRequest()
		r.ImageIds, r.DryRun, r.DeleteBindedSnap = common.StringPtrs(ids), common.BoolPtr(dryRun), common.BoolPtr(true)
		_, err := c.client.DeleteImages(r)
		return err
	}
	for id, want := range map[string]cvm.Code{
		"img-creating": cvm.IncorrectState, "img-syncing0": cvm.IncorrectState, "img-importin": cvm.IncorrectState,
		"img-public00": cvm.NotForImage, "img-shared00": cvm.IsShared, "img-lent0000": cvm.InShared,
		"img-busy0000": cvm.TaskRunning, "img-zzzzzzzz": cvm.ImageNotFound, "ami-1": cvm.ImageIDBad,
	} {
		wantCode(t, remove(false, "img-aaaaaaaa", id), want)
	}
	wantCode(t, remove(false), cvm.MissingParameter)
	if err := remove(true, "img-aaaaaaaa"); err != nil {
		t.Errorf("dry run: %v", err)
	}
	c.image(t, "img-aaaaaaaa") // still there after all of that
	if err := remove(false, "img-aaaaaaaa"); err != nil {
		t.Error(err)
	}
	wantCode(t, remove(false, "img-aaaaaaaa"), cvm.ImageNotFound)
	if c.DeleteSnapshot("snap-aaaaaaaa") {
		t.Error("the snapshot outlived an image deleted with DeleteBindedSnap")
	}
}

func TestDescribeImageQuota(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	resp, err := c.client.DescribeImageQuota(sdk.NewDescribeImageQuotaRequest())
	if err != nil || *resp.Response.ImageNumQuota != 500 {
		t.Errorf("got %v, %v", resp, err)
	}
}

func TestSetDisk(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.AddImage(cvm.Image{ID: "img-aaaaaaaa", Disks: []cvm.Disk{
		{SnapshotID: "snap-data0000", Usage: disk.Data, SizeGiB: 1},
		{SnapshotID: "snap-aaaaaaaa", Usage: disk.System, SizeGiB: 50},
	}})
	c.AddImage(cvm.Image{ID: "img-diskless"})
	path := file(t, "this is no disk")
	for id, p := range map[string]string{
		"img-zzzzzzzz": path, "img-diskless": path, "img-aaaaaaaa": t.TempDir(), "img-bbbbbbbb": filepath.Join(t.TempDir(), "none"),
	} {
		if err := c.SetDisk(id, p); err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("%s, %s: got %v", id, p, err)
		}
	}
	if err := c.SetDisk("img-aaaaaaaa", path); err != nil {
		t.Fatal(err)
	}
	if got := *c.image(t, "img-aaaaaaaa").ImageSize; got != 1 {
		t.Errorf("size %d GiB, want 1", got)
	}
	if _, err := c.export(nil, "img-aaaaaaaa"); err != nil {
		t.Fatal(err)
	}
	c.wait(t)
	if u := c.bucket.all(); string(u[0].head) != "this is no disk" || u[0].size() != 15 || !u[0].complete {
		t.Errorf("exported %q, %d bytes", u[0].head, u[0].size())
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the disk file was touched: %v", err)
	}
}
