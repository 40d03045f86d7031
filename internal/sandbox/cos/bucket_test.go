package cos_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	sdk "github.com/tencentyun/cos-go-sdk-v5"
)

func TestBuckets(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	state := c.client("state-1250000000")
	_, err := state.Bucket.Head(ctx)
	wantError(t, err, 404, "")
	_, err = state.Bucket.Put(ctx, nil)
	must(t, err)
	_, err = state.Bucket.Put(ctx, nil)
	wantError(t, err, 409, "BucketAlreadyOwnedByYou")
	_, err = state.Bucket.Head(ctx)
	must(t, err)

	res, _, err := state.Service.Get(ctx)
	must(t, err)
	var names []string
	for _, b := range res.Buckets {
		names = append(names, b.Name+" "+b.Region)
	}
	if want := []string{images + " " + region, "state-1250000000 " + region}; !slices.Equal(names, want) {
		t.Errorf("buckets %q, want %q", names, want)
	}
	location, _, err := state.Bucket.GetLocation(ctx)
	must(t, err)
	if location.Location != region {
		t.Errorf("location = %q", location.Location)
	}

	_, err = state.Object.Put(ctx, "k", strings.NewReader("x"), nil)
	must(t, err)
	_, err = state.Bucket.Delete(ctx)
	wantError(t, err, 409, "BucketNotEmpty")
	_, err = state.Object.Delete(ctx, "k")
	must(t, err)
	_, err = state.Bucket.Delete(ctx)
	must(t, err)
	_, err = state.Object.Put(ctx, "k", strings.NewReader("x"), nil)
	wantError(t, err, 404, "NoSuchBucket")
}

func TestBucketNames(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, name := range []string{"x-1250000000", "a-b-2-1250000000"} {
		must(t, c.server.CreateBucket(name))
	}
	for _, name := range []string{"", "1250000000", "-1250000000", "x-1250000001", "X-1250000000", "-x-1250000000", "x_y-1250000000", "../x-1250000000", strings.Repeat("x", 40) + "-1250000000"} {
		wantError(t, c.server.CreateBucket(name), 400, "InvalidBucketName")
	}
}

func TestHosts(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put("k", "x")
	for host, status := range map[string]int{
		images + ".cos." + region + ".tencentcos.cn":                 200,
		strings.ToUpper(images) + ".cos." + region + ".myqcloud.com": 200,
		images + ".cos." + region + ".myqcloud.com:80":               200,
		images + ".cos.ap-beijing.myqcloud.com":                      404,
		images + ".cos-internal." + region + ".tencentcos.cn":        400,
		"cvm.tencentcloudapi.com":                                    400,
		"cos." + region + ".myqcloud.com":                            405, // lists buckets, has no keys
	} {
		client := sdk.NewClient(&sdk.BaseURL{BucketURL: &url.URL{Scheme: "http", Host: "127.0.0.1"}}, &http.Client{
			Transport: &sdk.AuthorizationTransport{SecretID: c.key.SecretID, SecretKey: c.key.SecretKey, Transport: c.http},
		})
		client.Host = host
		resp, err := client.Object.Head(t.Context(), "k", nil)
		if resp == nil || resp.StatusCode != status {
			t.Errorf("%s: %v, want %d", host, err, status)
		}
	}
}

func TestVersioning(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	status := func() string {
		t.Helper()
		res, _, err := client.Bucket.GetVersioning(ctx)
		must(t, err)
		return res.Status
	}
	if got := status(); got != "" {
		t.Errorf("never enabled: %q", got)
	}
	if got := c.put("k", "x").Header.Get("x-cos-version-id"); got != "" {
		t.Errorf("version id %q without versioning", got)
	}
	_, err := client.Bucket.PutVersioning(ctx, &sdk.BucketPutVersionOptions{Status: "Enabled"})
	must(t, err)
	id := c.put("k", "y").Header.Get("x-cos-version-id")
	if id == "" {
		t.Error("no version id")
	}
	_, err = client.Object.Head(ctx, "k", nil, id)
	must(t, err)
	_, err = client.Object.Get(ctx, "k", nil, "other")
	wantError(t, err, 404, "NoSuchVersion")
	_, err = client.Bucket.PutVersioning(ctx, &sdk.BucketPutVersionOptions{Status: "Suspended"})
	must(t, err)
	_, err = client.Bucket.PutVersioning(ctx, &sdk.BucketPutVersionOptions{Status: "Disabled"})
	wantError(t, err, 400, "MalformedXML")
	c.start()
	if got := status(); got != "Suspended" {
		t.Errorf("after the restart: %q", got)
	}
}

func TestNotSimulated(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	client.Conf.RetryOpt.Count = 1
	_, _, err := client.Bucket.GetACL(ctx)
	wantError(t, err, 501, "NotImplemented")
	_, _, err = client.Bucket.GetLifecycle(ctx)
	wantError(t, err, 501, "NotImplemented")
	_, _, err = client.Bucket.GetObjectVersions(ctx, nil)
	wantError(t, err, 501, "NotImplemented")
	_, err = client.Object.PutTagging(ctx, "k", &sdk.ObjectPutTaggingOptions{})
	wantError(t, err, 501, "NotImplemented")
}

func TestListObjects(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	var want []string
	for i := range 25 {
		key := "打 包/" + strconv.Itoa(100+i) + ".json"
		c.put(key, key)
		want = append(want, key)
	}
	c.put("打 包/sub/1", "x")
	c.put("other", "x")
	var got, prefixes []string
	for opt := (&sdk.BucketGetOptions{Prefix: "打 包/", Delimiter: "/", EncodingType: "url", MaxKeys: 10}); ; {
		res, _, err := client.Bucket.Get(ctx, opt)
		must(t, err)
		for _, o := range res.Contents {
			key, _ := sdk.DecodeURIComponent(o.Key)
			got = append(got, key)
			if o.Size != int64(len(key)) || o.ETag == "" || o.StorageClass != "STANDARD" || o.LastModified == "" {
				t.Errorf("entry %+v", o)
			}
		}
		for _, p := range res.CommonPrefixes {
			p, _ := sdk.DecodeURIComponent(p)
			prefixes = append(prefixes, p)
		}
		if !res.IsTruncated {
			break
		}
		opt.Marker, _ = sdk.DecodeURIComponent(res.NextMarker)
	}
	if !slices.Equal(got, want) || !slices.Equal(prefixes, []string{"打 包/sub/"}) {
		t.Errorf("listed %q, %q", got, prefixes)
	}
	if direct := c.server.List(images, "打 包/1"); len(direct) != len(want) || direct[0].Key != want[0] {
		t.Errorf("List: %+v", direct)
	}
	_, _, err := client.Bucket.Get(ctx, &sdk.BucketGetOptions{MaxKeys: -1})
	wantError(t, err, 400, "InvalidArgument")
}
