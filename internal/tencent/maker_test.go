package tencent_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/imageferry/imageferry/internal/export"
	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/sandbox/cvm"
	"github.com/imageferry/imageferry/internal/sandbox/disk"
	"github.com/imageferry/imageferry/internal/tencent"
)

var appServer = cvm.Instance{ID: "ins-appserv1", Name: "app", OsName: "Debian 12.0 64bit", Platform: "Debian", Disks: []cvm.InstanceDisk{
	{ID: "disk-sys", Usage: disk.System, SizeGiB: 1}, {ID: "disk-data", Usage: disk.Data, SizeGiB: 2},
}}

// TestMaker makes an image, finds it by its tag when it is done, and removes it.
func TestMaker(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.cvm.AddInstance(appServer)
	client := c.newCVM(tencent.NameOnly)
	machines, err := client.Instances(t.Context(), []image.InstanceID{"ins-appserv1"})
	if err != nil || len(machines) != 1 {
		t.Fatalf("%v, %v", machines, err)
	}
	m := export.NewImage{Name: "nightly-20260102-appserv1", Instance: "ins-appserv1", DataDisks: machines[0].DataDisks, Tags: map[string]string{"imageferry-plan": "nightly"}}
	id, err := client.CreateImage(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	var found []image.Image
	for deadline := time.Now().Add(30 * time.Second); len(found) == 0 || found[0].State != "NORMAL"; time.Sleep(5 * time.Millisecond) {
		if found, err = client.Find(t.Context(), export.Query{Name: m.Name, Tags: m.Tags}); err != nil || time.Now().After(deadline) {
			t.Fatal(found, err)
		}
	}
	if len(found) != 1 || found[0].ID != id || len(found[0].Disks) != 2 || found[0].OS != appServer.OsName {
		t.Errorf("%+v; want %s with both disks", found, id)
	}
	if again, err := client.CreateImage(t.Context(), m); !outcome.Is(err, outcome.Exists) || again != "" {
		t.Errorf("the same name: %q, %v", again, err)
	}
	for range 2 { // the second finds it gone
		if err := client.DeleteImage(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if found, err := client.Find(t.Context(), export.Query{}); err != nil || len(found) != 0 {
		t.Errorf("after the removal: %v, %v", found, err)
	}
	if c.cvm.DeleteSnapshot(found[0].Disks[0].Snapshot) {
		t.Error("the snapshot stayed, and costs money")
	}
}

func TestMakerRequests(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.say(status(200, `{"Response":{"ImageId":"img-1","RequestId":"r"}}`))
	client := c.newCVM(tencent.NameOnly)
	create := func(m export.NewImage) func() error {
		return func() error { _, err := client.CreateImage(t.Context(), m); return err }
	}
	for _, test := range []struct {
		name string
		call func() error
		want string
	}{
		{"plain", create(export.NewImage{Name: "n", Instance: "ins-1"}), `{"ImageName":"n","InstanceId":"ins-1"}`},
		{"full", create(export.NewImage{Name: "n", Description: "d", Instance: "ins-1", Tags: map[string]string{"b": "2", "a": "1"}}),
			`{"ImageName":"n","InstanceId":"ins-1","ImageDescription":"d",
			"TagSpecification":[{"ResourceType":"image","Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]}]}`},
		{"long", create(export.NewImage{Name: "n", Description: strings.Repeat("名", 300), Instance: "ins-1"}),
			`{"ImageName":"n","InstanceId":"ins-1","ImageDescription":"` + strings.Repeat("名", 256) + `"}`},
		{"delete", func() error { return client.DeleteImage(t.Context(), "img-1") }, `{"ImageIds":["img-1"],"DeleteBindedSnap":true}`},
	} {
		if err := test.call(); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var got, want map[string]any
		seen := c.requests()
		_ = json.Unmarshal([]byte(seen[len(seen)-1].body), &got)
		_ = json.Unmarshal([]byte(test.want), &want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestMakerAnswers: what a call's answer means, over the wire. The codes are all
// in TestMeanings.
func TestMakerAnswers(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.newCVM(tencent.NameOnly)
	create := func(ctx context.Context) error {
		_, err := client.CreateImage(ctx, export.NewImage{Name: "n", Instance: "ins-1"})
		return err
	}
	remove := func(ctx context.Context) error { return client.DeleteImage(ctx, "img-1") }
	for _, test := range []struct {
		name   string
		call   func(context.Context) error
		answer http.HandlerFunc
		want   outcome.Kind
	}{
		{"created, without an id", create, status(200, `{"Response":{"RequestId":"r"}}`), outcome.Unknown},
		{"created, null", create, status(200, `{"Response":null}`), outcome.Unknown},
		{"created, 500", create, status(500, failure("InternalError")), outcome.Unknown},
		{"created, cut off", create, cut, outcome.Unknown},
		{"created, no answer in time", create, hang, outcome.Unknown},
		{"name taken", create, status(200, failure("InvalidImageName.Duplicate")), outcome.Exists},
		{"instance busy", create, status(200, failure("MutexOperation.TaskRunning")), outcome.Later},
		{"quota", create, status(200, failure("ImageQuotaLimitExceeded")), outcome.Config},
		{"instance gone", create, status(200, failure("InvalidInstanceId.NotFound")), outcome.Image},
		{"too fast", create, status(200, failure("RequestLimitExceeded")), outcome.Full},
		{"deleted, 502", remove, status(502, "<html>"), outcome.Unknown},
		{"deleted, no answer in time", remove, hang, outcome.Unknown},
		{"still being made", remove, status(200, failure("InvalidImageId.IncorrectState")), outcome.Later},
		{"shared", remove, status(200, failure("InvalidImageId.InShared")), outcome.Image},
		{"not allowed", remove, status(200, failure("UnauthorizedOperation.PermissionDenied")), outcome.Config},
	} {
		ctx := t.Context()
		if strings.HasSuffix(test.name, "in time") {
			short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			ctx = short
		}
		c.say(test.answer)
		if err := test.call(ctx); !outcome.Is(err, test.want) {
			t.Errorf("%s: %v is %s, want %s", test.name, err, outcome.Of(err), test.want)
		}
		if n := len(c.requests()); n != 1 {
			t.Errorf("%s: %d requests, want 1", test.name, n)
		}
	}
	c.say(status(200, failure("InvalidImageId.NotFound")))
	if err := remove(t.Context()); err != nil {
		t.Errorf("gone already: %v", err)
	}
}

// Ten calls a second are allowed; who has no time to wait sends none.
func TestMakerIsPaced(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.newCVM(tencent.NameOnly)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.CreateImage(ctx, export.NewImage{Name: "n", Instance: "ins-1"})
	if removed := client.DeleteImage(ctx, "img-1"); !outcome.Is(err, outcome.Full) || !outcome.Is(removed, outcome.Full) || len(c.requests()) != 0 {
		t.Errorf("%v and %v after %d requests", err, removed, len(c.requests()))
	}
}
