package sandbox_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	cvmsdk "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/cvm/v20170312"

	"github.com/imageferry/imageferry/internal/sandbox"
)

// TestRights holds the functions' roles to the policies of docs/deploy.md.
func TestRights(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	guide, err := os.ReadFile("../../docs/deploy.md")
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]func(*cvmsdk.Client) error{ // each of them wrong, so that nothing happens
		"DescribeImages":     func(c *cvmsdk.Client) error { _, err := c.DescribeImages(nil); return err },
		"DescribeInstances":  func(c *cvmsdk.Client) error { _, err := c.DescribeInstances(nil); return err },
		"DescribeImageQuota": func(c *cvmsdk.Client) error { _, err := c.DescribeImageQuota(nil); return err },
		"ExportImages":       func(c *cvmsdk.Client) error { _, err := c.ExportImages(nil); return err },
		"CreateImage":        func(c *cvmsdk.Client) error { _, err := c.CreateImage(nil); return err },
		"DeleteImages":       func(c *cvmsdk.Client) error { _, err := c.DeleteImages(nil); return err },
	}
	for _, role := range []string{"ferry-export", "ferry-notify"} {
		key := s.Account.AssumeRole(role, time.Hour)
		client, err := cvmsdk.NewClient(common.NewTokenCredential(key.SecretID, key.SecretKey, key.Token), sandbox.Region, profile.NewClientProfile())
		if err != nil {
			t.Fatal(err)
		}
		client.WithHttpTransport(through(t, s))
		for action, call := range calls {
			want := role == "ferry-export" && strings.Contains(string(guide), "name/cvm:"+action)
			if err := call(client); want == (err != nil && strings.Contains(err.Error(), "UnauthorizedOperation")) {
				t.Errorf("%s may call %s: want %v, got %v", role, action, want, err)
			}
		}
	}
}

// TestSeeds finds what docs/sandbox.md says is there for plans to choose from.
func TestSeeds(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client, err := cvmsdk.NewClient(common.NewCredential(env(t, s, "TENCENTCLOUD_SECRET_ID"), env(t, s, "TENCENTCLOUD_SECRET_KEY")), sandbox.Region, profile.NewClientProfile())
	if err != nil {
		t.Fatal(err)
	}
	client.WithHttpTransport(through(t, s))
	weekly := []*cvmsdk.Filter{{Name: common.StringPtr("tag:backup"), Values: common.StringPtrs([]string{"weekly"})}}

	images := cvmsdk.NewDescribeImagesRequest()
	images.Filters = weekly
	found, err := client.DescribeImages(images)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, m := range found.Response.ImageSet {
		got += *m.ImageName + " " + *m.CreatedTime
		if m.ImageFamily != nil {
			got += " " + *m.ImageFamily
		}
		got += "\n"
	}
	if want := "api-2026-10-01 2026-10-01T03:00:00Z api\napi-2026-11-01 2026-11-01T03:00:00Z api\nbatch-worker 2026-10-01T03:00:00Z\n"; got != want {
		t.Errorf("images:\n%swant\n%s", got, want)
	}

	instances := cvmsdk.NewDescribeInstancesRequest()
	instances.Filters = weekly
	machines, err := client.DescribeInstances(instances)
	if err != nil || len(machines.Response.InstanceSet) != 1 || *machines.Response.InstanceSet[0].InstanceId != "ins-dbserver" {
		t.Errorf("%+v, %v", machines, err)
	}
}
