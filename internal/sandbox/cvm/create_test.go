package cvm_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
)

// machine returns a running instance with a system disk and one data disk.
func machine(id string) cvm.Instance {
	return cvm.Instance{
		ID: id, Name: "db-" + id, Zone: "ap-guangzhou-6", Type: "S5.MEDIUM4", ImageID: "img-aaaaaaaa",
		OsName: "Debian 12 64bit", Platform: "Debian", Tags: []cvm.Tag{{Key: "env", Value: "prod"}},
		Disks: []cvm.InstanceDisk{
			{ID: "disk-root", Usage: disk.System, SizeGiB: 20},
			{ID: "disk-data", Usage: disk.Data, SizeGiB: 10},
		},
	}
}

// create calls CreateImage on ins-aaaaaaaa, after change.
func (c *cloud) create(name string, change func(*sdk.CreateImageRequest)) (string, error) {
	r := sdk.NewCreateImageRequest()
	r.ImageName, r.InstanceId = common.StringPtr(name), common.StringPtr("ins-aaaaaaaa")
	if change != nil {
		change(r)
	}
	resp, err := c.client.CreateImage(r)
	if err != nil || resp.Response.ImageId == nil {
		return "", err
	}
	return *resp.Response.ImageId, nil
}

func TestCreateImage(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	c.AddInstance(machine("ins-aaaaaaaa"))
	id, err := c.create("nightly", func(r *sdk.CreateImageRequest) {
		r.DataDiskIds = common.StringPtrs([]string{"disk-data"})
		r.ForcePoweroff = common.StringPtr("false")
		r.TagSpecification = []*sdk.TagSpecification{{ResourceType: common.StringPtr("image"),
			Tags: []*sdk.Tag{{Key: common.StringPtr("plan"), Value: common.StringPtr("n")}}}}
	})
	if err != nil {
		t.Fatal(err)
	}
	m := c.image(t, id)
	if *m.ImageState != cvm.Creating || *m.ImageName != "nightly" || *m.Platform != "Debian" || *m.ImageSize != 20 {
		t.Errorf("state %s, name %s, platform %s, size %d", *m.ImageState, *m.ImageName, *m.Platform, *m.ImageSize)
	}
	if len(m.SnapshotSet) != 2 || len(m.Tags) != 1 || *m.Tags[0].Key != "plan" {
		t.Errorf("%d snapshots, %d tags", len(m.SnapshotSet), len(m.Tags))
	}
	_, err = c.export(nil, id)
	wantCode(t, err, cvm.ImageBusy)
	_, err = c.create("second", nil)
	wantCode(t, err, cvm.TaskRunning)
	_, err = c.create("nightly", nil)
	wantCode(t, err, cvm.NameTaken) // so that a repeated call is told apart from a busy instance
}

// TestCreateImageEnds runs the clock fast: the image becomes usable by itself.
func TestCreateImageEnds(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.AddInstance(machine("ins-aaaaaaaa"))
	id, err := c.create("nightly", nil)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "NORMAL", func() bool { return *c.image(t, id).ImageState == cvm.Normal })
	if n := len(c.image(t, id).SnapshotSet); n != 1 {
		t.Errorf("%d snapshots without DataDiskIds, want the system disk alone", n)
	}
	_, err = c.create("nightly", nil)
	wantCode(t, err, cvm.NameTaken)
	if _, err := c.export(nil, id); err != nil {
		t.Errorf("a created image cannot be exported: %v", err)
	}
	c.wait(t)

	snapshot := *c.image(t, id).SnapshotSet[0].SnapshotId
	again, err := c.create("from snapshot", func(r *sdk.CreateImageRequest) {
		r.InstanceId, r.SnapshotIds = nil, common.StringPtrs([]string{snapshot})
	})
	if err != nil {
		t.Fatal(err)
	}
	if m := c.image(t, again); *m.SnapshotSet[0].SnapshotId != snapshot || *m.Platform != "Debian" {
		t.Errorf("snapshot %s, platform %s", *m.SnapshotSet[0].SnapshotId, *m.Platform)
	}
}

func TestCreateImageFails(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1e6, nil)
	c.AddInstance(machine("ins-aaaaaaaa"))
	c.FailNextImage()
	id, err := c.create("nightly", nil)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "CREATEFAILED", func() bool { return *c.image(t, id).ImageState == cvm.CreateFailed })
	_, err = c.export(nil, id)
	wantCode(t, err, cvm.ImageBusy)
	next, err := c.create("nightly-2", nil)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "NORMAL", func() bool { return *c.image(t, next).ImageState == cvm.Normal })
}

func TestCreateImageRefuses(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, func(cfg *cvm.Config) { cfg.ImageQuota = 2 })
	c.AddInstance(machine("ins-aaaaaaaa"))
	secret := machine("ins-secret00")
	secret.Disks[0].Encrypted = true
	c.AddInstance(secret)
	starting := machine("ins-starting")
	starting.State = "STARTING"
	c.AddInstance(starting)
	c.AddImage(linux("img-taken000", 1))
	instance := func(id string) func(*sdk.CreateImageRequest) {
		return func(r *sdk.CreateImageRequest) { r.InstanceId = common.StringPtr(id) }
	}
	snapshots := func(ids ...string) func(*sdk.CreateImageRequest) {
		return func(r *sdk.CreateImageRequest) { r.InstanceId, r.SnapshotIds = nil, common.StringPtrs(ids) }
	}
	disks := func(ids ...string) func(*sdk.CreateImageRequest) {
		return func(r *sdk.CreateImageRequest) { r.DataDiskIds = common.StringPtrs(ids) }
	}
	for _, tc := range []struct {
		name   string
		change func(*sdk.CreateImageRequest)
		want   cvm.Code
	}{
		{"", nil, cvm.MissingParameter},
		{strings.Repeat("名", 61), nil, cvm.ValueTooLong},
		{"web-taken000", nil, cvm.NameTaken},
		{"description", func(r *sdk.CreateImageRequest) { r.ImageDescription = common.StringPtr(strings.Repeat("x", 257)) }, cvm.ValueTooLong},
		{"neither source", instance(""), cvm.BadCombination},
		{"both sources", func(r *sdk.CreateImageRequest) { r.SnapshotIds = common.StringPtrs([]string{"snap-taken000"}) }, cvm.BadCombination},
		{"flag", func(r *sdk.CreateImageRequest) { r.ForcePoweroff = common.StringPtr("yes") }, cvm.InvalidValue},
		{"malformed instance", instance("i-1"), cvm.InstanceIDBad},
		{"no such instance", instance("ins-zzzzzzzz"), cvm.InstanceMissing},
		{"instance starting", instance("ins-starting"), "UnsupportedOperation.InstanceStateStarting"},
		{"encrypted", instance("ins-secret00"), cvm.NoEncrypted},
		{"no such disk", disks("disk-none"), cvm.InvalidValue},
		{"system disk as data", disks("disk-root"), cvm.RootDiskInList},
		{"no such snapshot", snapshots("snap-none"), cvm.SnapshotMissing},
		{"no system snapshot", snapshots("snap-data000t"), cvm.NoSystemDisk},
		{"tag of another kind", func(r *sdk.CreateImageRequest) {
			r.TagSpecification = []*sdk.TagSpecification{{ResourceType: common.StringPtr("instance")}}
		}, cvm.InvalidValue},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := c.create(tc.name, tc.change)
			wantCode(t, err, tc.want)
		})
	}
	dryRun := func(r *sdk.CreateImageRequest) { r.DryRun = common.BoolPtr(true) }
	if id, err := c.create("dry", dryRun); err != nil || id != "" {
		t.Errorf("dry run made %q, %v", id, err)
	}
	if _, err := c.create("last", nil); err != nil {
		t.Errorf("the last image of the quota: %v", err)
	}
	_, err := c.create("one too many", snapshots("snap-taken000"))
	wantCode(t, err, cvm.QuotaExceeded)
}

func TestDescribeInstances(t *testing.T) {
	t.Parallel()
	c := newCloud(t, 1, nil)
	c.AddInstance(machine("ins-aaaaaaaa"))
	stopped := machine("ins-bbbbbbbb")
	stopped.State, stopped.Tags = "STOPPED", nil
	c.AddInstance(stopped)
	c.AddInstance(stopped) // replaces itself
	for _, tc := range []struct {
		ids     []string
		filters string
		want    string
		code    cvm.Code
	}{
		{nil, "", "ab", ""},
		{[]string{"ins-bbbbbbbb"}, "", "b", ""},
		{nil, "instance-id=ins-aaaaaaaa", "a", ""},
		{nil, "instance-name=db-ins-bbbbbbbb", "b", ""},
		{nil, "instance-state=STOPPED", "b", ""},
		{nil, "tag:env=prod", "a", ""},
		{nil, "colour=red", "", cvm.BadFilter},
		{[]string{"ins-aaaaaaaa"}, "tag-key=env", "", cvm.BadCombination},
		{[]string{"ins-zzzzzzzz"}, "", "", cvm.InstanceMissing},
		{[]string{"i-1"}, "", "", cvm.InstanceIDBad},
		{slices.Repeat([]string{"ins-aaaaaaaa"}, 101), "", "", cvm.TooManyValues},
	} {
		r := sdk.NewDescribeInstancesRequest()
		r.InstanceIds, r.Filters = common.StringPtrs(tc.ids), where(strings.Fields(tc.filters)...)
		resp, err := c.client.DescribeInstances(r)
		if tc.code != "" {
			wantCode(t, err, tc.code)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, i := range resp.Response.InstanceSet {
			got += (*i.InstanceId)[4:5]
			if *i.SystemDisk.DiskId != "disk-root" || *i.DataDisks[0].DiskSize != 10 || *i.Placement.Zone != "ap-guangzhou-6" {
				t.Errorf("%s: system disk %s", *i.InstanceId, *i.SystemDisk.DiskId)
			}
		}
		if got != tc.want || *resp.Response.TotalCount != int64(len(tc.want)) {
			t.Errorf("%v %q: got %q, want %q", tc.ids, tc.filters, got, tc.want)
		}
	}
}
