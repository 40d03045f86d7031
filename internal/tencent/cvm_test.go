package tencent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
	"github.com/imageferry/imageferry/internal/tencent"
)

func (c *cloud) addImage(id string) {
	c.cvm.AddImage(cvm.Image{ID: id, Name: "web", OsName: "Ubuntu Server 22.04 LTS 64bit", Platform: "Ubuntu", Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Disks: []cvm.Disk{
		{SnapshotID: "snap-d" + id[5:], Usage: disk.Data, SizeGiB: 2},
		{SnapshotID: "snap-s" + id[5:], Usage: disk.System, SizeGiB: 1},
	}})
}

func TestImages(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	var ids []image.ID
	for i := range 230 {
		ids = append(ids, image.ID(fmt.Sprintf("img-%08d", i)))
		if i != 17 && i != 150 {
			c.addImage(string(ids[i]))
		}
	}
	found, err := c.newCVM(tencent.NameOnly).Images(t.Context(), ids)
	if err != nil || len(found) != 228 {
		t.Fatalf("%d images, %v; want 228", len(found), err)
	}
	want := image.Image{
		ID: "img-00000229", Name: "web", Type: "PRIVATE_IMAGE", State: "NORMAL", OS: "Ubuntu Server 22.04 LTS 64bit", Platform: "Ubuntu",
		Architecture: "x86_64", Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Disks: []image.Disk{{Snapshot: "snap-s0000229", System: true, GiB: 1}, {Snapshot: "snap-d0000229", GiB: 2}},
	}
	if diff := cmp.Diff(want, found["img-00000229"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(c.requests()); n < 3 || n > 40 {
		t.Errorf("%d requests for 230 images, two of which do not exist", n)
	}
}

// Whether unknown ids are left out or refuse the page is unverified: both work.
func TestImagesRefusedForOne(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.say(func(w http.ResponseWriter, r *http.Request) {
		var req struct{ ImageIds []string }
		_ = json.NewDecoder(r.Body).Decode(&req)
		if slices.ContainsFunc(req.ImageIds, func(id string) bool { return strings.HasPrefix(id, "img-gone") }) {
			_, _ = io.WriteString(w, failure("InvalidImageId.NotFound"))
			return
		}
		var set []string
		for _, id := range req.ImageIds {
			set = append(set, `{"ImageId":"`+id+`"}`)
		}
		fmt.Fprintf(w, `{"Response":{"ImageSet":[%s],"RequestId":"r"}}`, strings.Join(set, ","))
	})
	ids := []image.ID{"img-gone1", "img-b", "img-c", "img-d", "img-gone2", "img-f", "img-g"}
	found, err := c.newCVM(tencent.NameOnly).Images(t.Context(), ids)
	if err != nil || len(found) != 5 {
		t.Errorf("%v, %v", found, err)
	}
	c.say(status(200, failure("UnauthorizedOperation.PermissionDenied")))
	if _, err := c.newCVM(tencent.NameOnly).Images(t.Context(), ids); !outcome.Is(err, outcome.Config) || len(c.requests()) != 1 {
		t.Errorf("%v after %d requests; any other refusal is final", err, len(c.requests()))
	}
}

func failure(code string) string {
	return `{"Response":{"Error":{"Code":"` + code + `","Message":"words"},"RequestId":"r-1"}}`
}

func order(id image.ID) ledger.Request {
	return ledger.Request{ID: "x-1", Image: image.Image{ID: id}, Bucket: images, Prefix: "x-1", Format: image.RAW}
}

// TestExport carries an image to the bucket, and finds it there under the names
// that CVM gave.
func TestExport(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.addImage("img-72n9mi0y")
	client := c.newCVM(tencent.NameOnly)
	found, err := client.Images(t.Context(), []image.ID{"img-72n9mi0y"})
	if err != nil {
		t.Fatal(err)
	}
	r := order("img-72n9mi0y")
	r.Image, r.RootOnly = found["img-72n9mi0y"], true
	task, err := client.Export(t.Context(), r)
	if err != nil || task.ID == 0 {
		t.Fatal(task, err)
	}
	if want := r.Files(); len(task.Paths) != 1 || strings.TrimPrefix(task.Paths[0], "/") != want[0] {
		t.Errorf("CVM writes %q; foretold was %q", task.Paths, want)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.cvm.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	f, err := c.newCOS().Stat(ctx, images, r.Files()[0])
	if err != nil || f.Size != 1<<30 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestExportRequest(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.say(status(200, `{"Response":{"TaskId":18446744073709551615,"CosPaths":["/a.raw",null,""],"RequestId":"r"}}`))
	full := order("img-1")
	full.RootOnly, full.Role, full.Format, full.Prefix = true, "MyRole", image.VHD, "team/x-1"
	for _, test := range []struct {
		form tencent.BucketForm
		r    ledger.Request
		want string
	}{
		{tencent.NameOnly, order("img-1"), `{"BucketName":"images","ImageIds":["img-1"],"ExportFormat":"RAW","FileNamePrefixList":["x-1"]}`},
		{tencent.WithAppID, full, `{"BucketName":"images-1250000000","ImageIds":["img-1"],"ExportFormat":"VHD","FileNamePrefixList":["team/x-1"],"OnlyExportRootDisk":true,"RoleName":"MyRole"}`},
	} {
		task, err := c.newCVM(test.form).Export(t.Context(), test.r)
		if err != nil || task.ID != math.MaxUint64 || !slices.Equal(task.Paths, []string{"/a.raw"}) {
			t.Errorf("%+v, %v", task, err)
		}
		var got, want map[string]any
		seen := c.requests()
		_ = json.Unmarshal([]byte(seen[len(seen)-1].body), &got)
		_ = json.Unmarshal([]byte(test.want), &want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.form, diff)
		}
	}
}

func TestBucketForms(t *testing.T) {
	t.Parallel()
	if _, err := tencent.NewCVM(http.DefaultTransport, tencent.FromEnv, region, "appid"); err == nil || !strings.Contains(err.Error(), `"appid": want "name"`) {
		t.Errorf("%v", err)
	}
}

func TestExportAnswers(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.newCVM(tencent.NameOnly)
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   outcome.Kind
	}{
		{"200 without a task", status(200, `{"Response":{"RequestId":"r"}}`), outcome.Unknown},
		{"200, null", status(200, `{"Response":null}`), outcome.Unknown},
		{"200, empty", status(200, ""), outcome.Unknown},
		{"200, HTML", status(200, "<html>"), outcome.Unknown},
		{"200, another type", status(200, `{"Response":{"TaskId":"seven","RequestId":"r"}}`), outcome.Unknown},
		{"200, half of it", status(200, `{"Response":{"TaskId":7`), outcome.Unknown},
		{"502, HTML", status(502, "<html>bad gateway"), outcome.Unknown},
		{"503, JSON", status(503, `{"Response":{"RequestId":"r"}}`), outcome.Unknown},
		{"500 with an error", status(500, failure("InternalError")), outcome.Unknown},
		{"internal", status(200, failure("InternalServerError")), outcome.Unknown},
		{"no room", status(200, failure("LimitExceeded.ExportImageTaskLimitExceeded")), outcome.Full},
		{"too fast", status(200, failure("RequestLimitExceeded")), outcome.Full},
		{"busy", status(200, failure("InvalidParameterValue.InvalidImageState")), outcome.Later},
		{"not heard of", status(200, failure("UnsupportedOperation.Tomorrow")), outcome.Image},
		{"cut off", cut, outcome.Unknown},
		{"no answer in time", hang, outcome.Unknown},
	} {
		ctx := t.Context()
		if test.name == "no answer in time" {
			short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			ctx = short
		}
		c.say(test.answer)
		task, err := client.Export(ctx, order("img-1"))
		if !outcome.Is(err, test.want) || task.ID != 0 {
			t.Errorf("%s: %+v, %v is %s, want %s", test.name, task, err, outcome.Of(err), test.want)
		}
		if n := len(c.requests()); n != 1 {
			t.Errorf("%s: %d requests, want 1", test.name, n)
		}
	}
}

// Twenty calls a second are allowed; who has no time to wait sends none.
func TestExportIsPaced(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.say(status(200, `{"Response":{"TaskId":7,"RequestId":"r"}}`))
	client := c.newCVM(tencent.NameOnly)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client.Export(ctx, order("img-1")); !outcome.Is(err, outcome.Full) || len(c.requests()) != 0 {
		t.Errorf("%v after %d requests", err, len(c.requests()))
	}
}
