package cos_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	sdk "github.com/tencentyun/cos-go-sdk-v5"
)

const mib = 1 << 20

func (c *cloud) initiate(key string) string {
	c.t.Helper()
	res, _, err := c.client(images).Object.InitiateMultipartUpload(c.t.Context(), key, nil)
	must(c.t, err)
	return res.UploadID
}

// part uploads size bytes and returns what the completion names.
func (c *cloud) part(key, id string, n, size int) sdk.Object {
	c.t.Helper()
	resp, err := c.client(images).Object.UploadPart(c.t.Context(), key, id, n, bytes.NewReader(partBody(n, size)), nil)
	must(c.t, err)
	return sdk.Object{PartNumber: n, ETag: resp.Header.Get("ETag")}
}

func partBody(n, size int) []byte { return bytes.Repeat([]byte{byte('a' + n)}, size) }

func (c *cloud) complete(key, id string, parts ...sdk.Object) error {
	_, _, err := c.client(images).Object.CompleteMultipartUpload(c.t.Context(), key, id, &sdk.CompleteMultipartUploadOptions{Parts: parts})
	return err
}

func TestMultipart(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx, key := c.client(images), t.Context(), "磁盘 1/xvda.raw"
	begin, _, err := client.Object.InitiateMultipartUpload(ctx, key, &sdk.InitiateMultipartUploadOptions{
		ObjectPutHeaderOptions: &sdk.ObjectPutHeaderOptions{ContentType: "application/x-raw", XCosMetaXXX: &http.Header{"x-cos-meta-a": {"b"}}},
	})
	must(t, err)
	id := begin.UploadID
	third := c.part(key, id, 7, 10) // numbers need no order and no density
	c.part(key, id, 1, 2*mib)
	first, second := c.part(key, id, 1, mib), c.part(key, id, 2, mib+1)
	_, err = client.Object.Head(ctx, key, nil)
	wantError(t, err, 404, "")

	c.start() // the upload goes on after a restart
	client = c.client(images)
	list, _, err := client.Object.ListParts(ctx, key, id, &sdk.ObjectListPartsOptions{MaxParts: "2"})
	must(t, err)
	if !list.IsTruncated || len(list.Parts) != 2 || list.Parts[0].Size != mib || list.Parts[1].ETag != second.ETag {
		t.Errorf("parts: %+v", list)
	}
	list, _, err = client.Object.ListParts(ctx, key, id, &sdk.ObjectListPartsOptions{PartNumberMarker: list.NextPartNumberMarker})
	must(t, err)
	if list.IsTruncated || len(list.Parts) != 1 || list.Parts[0].PartNumber != 7 {
		t.Errorf("more parts: %+v", list)
	}

	must(t, c.complete(key, id, first, second, third))
	want := string(partBody(1, mib)) + string(partBody(2, mib+1)) + string(partBody(7, 10))
	if c.get(key) != want {
		t.Error("wrong content")
	}
	head, err := client.Object.Head(ctx, key, nil)
	must(t, err)
	if head.Header.Get("x-cos-hash-crc64ecma") != crcOf(want) || head.Header.Get("Content-Type") != "application/x-raw" ||
		head.Header.Get("x-cos-meta-a") != "b" || !regexp.MustCompile(`^"[0-9a-f]{32}-3"$`).MatchString(head.Header.Get("ETag")) {
		t.Errorf("headers: %v", head.Header)
	}
	wantError(t, c.complete(key, id, first, second, third), 404, "NoSuchUpload")
	if got := c.eventNames(); !slices.Equal(got, []string{"cos:ObjectCreated:CompleteMultipartUpload " + key}) {
		t.Errorf("events %q", got)
	}
	entries, err := os.ReadDir(filepath.Join(c.dir, images, "uploads"))
	must(t, err)
	if len(entries) != 0 {
		t.Errorf("%d uploads left on disk", len(entries))
	}
}

func TestMultipartRefusals(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	id := c.initiate("k")
	small, large, last := c.part("k", id, 1, 100), c.part("k", id, 2, mib), c.part("k", id, 3, 1)
	wantError(t, c.complete("k", id, small, large), 400, "EntityTooSmall")
	wantError(t, c.complete("k", id, last, large), 400, "InvalidPartOrder")
	wantError(t, c.complete("k", id, large, large), 400, "InvalidPartOrder")
	wantError(t, c.complete("k", id, sdk.Object{PartNumber: 9, ETag: large.ETag}), 400, "InvalidPart")
	wantError(t, c.complete("k", id, sdk.Object{PartNumber: 2, ETag: last.ETag}), 400, "InvalidPart")
	wantError(t, c.complete("k", id), 400, "MalformedXML")
	wantError(t, c.complete("k", "no-upload", large), 404, "NoSuchUpload")
	wantError(t, c.complete("other", id, large), 404, "NoSuchUpload")
	for _, n := range []int{0, 10001} {
		_, err := client.Object.UploadPart(ctx, "k", id, n, strings.NewReader("x"), nil)
		wantError(t, err, 400, "InvalidArgument")
	}
	must(t, c.complete("k", id, large, last)) // refusals left it open

	id = c.initiate("k")
	_, err := client.Object.AbortMultipartUpload(ctx, "k", id)
	must(t, err)
	_, err = client.Object.AbortMultipartUpload(ctx, "k", id)
	wantError(t, err, 404, "NoSuchUpload")
	_, err = client.Object.UploadPart(ctx, "k", id, 1, strings.NewReader("x"), nil)
	wantError(t, err, 404, "NoSuchUpload")
	_, _, err = client.Object.ListParts(ctx, "k", id, nil)
	wantError(t, err, 404, "NoSuchUpload")
}

func TestMultipartForbidOverwrite(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	forbid := &http.Header{"x-cos-forbid-overwrite": {"true"}}
	id := c.initiate("k")
	part := c.part("k", id, 1, 10)
	c.put("k", "was faster")
	_, _, err := client.Object.InitiateMultipartUpload(ctx, "k", &sdk.InitiateMultipartUploadOptions{ObjectPutHeaderOptions: &sdk.ObjectPutHeaderOptions{XOptionHeader: forbid}})
	wantError(t, err, 409, "FileAlreadyExists")
	_, _, err = client.Object.CompleteMultipartUpload(ctx, "k", id, &sdk.CompleteMultipartUploadOptions{Parts: []sdk.Object{part}, XOptionHeader: forbid})
	wantError(t, err, 409, "FileAlreadyExists")
	if got := c.get("k"); got != "was faster" {
		t.Errorf("content = %q", got)
	}
	must(t, c.complete("k", id, part)) // without the header it overwrites
}

func TestCompleteOnlyOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.initiate("k")
	part := c.part("k", id, 1, 100)
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = c.complete("k", id, part) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			wantError(t, err, 404, "NoSuchUpload")
		}
	}
	if won != 1 {
		t.Errorf("%d of %d completed", won, len(errs))
	}
}

func TestListUploads(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	var want []string
	for _, key := range []string{"a", "a", "a", "b/1", "b/2", "c"} {
		want = append(want, key+" "+c.initiate(key))
	}
	for _, max := range []int{1, 2, 4, 1000} {
		var got []string
		for opt := (&sdk.ListMultipartUploadsOptions{MaxUploads: max}); ; {
			res, _, err := client.Bucket.ListMultipartUploads(ctx, opt)
			must(t, err)
			for _, u := range res.Uploads {
				got = append(got, u.Key+" "+u.UploadID)
				if _, err := time.Parse(time.RFC3339, u.Initiated); err != nil {
					t.Error(err)
				}
			}
			if !res.IsTruncated {
				break
			}
			opt.KeyMarker, opt.UploadIDMarker = res.NextKeyMarker, res.NextUploadIDMarker
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %q, want %q", max, got, want)
		}
	}
	res, _, err := client.Bucket.ListMultipartUploads(ctx, &sdk.ListMultipartUploadsOptions{Prefix: "b"})
	must(t, err)
	if len(res.Uploads) != 2 {
		t.Errorf("under b: %+v", res.Uploads)
	}
	rolled, _, err := client.Object.ListUploads(ctx, &sdk.ObjectListUploadsOptions{Delimiter: "/", KeyMarker: "a"})
	must(t, err)
	if !slices.Equal(rolled.CommonPrefixes, []string{"b/"}) || len(rolled.Upload) != 1 || rolled.Upload[0].Key != "c" {
		t.Errorf("rolled up: %+v", rolled)
	}
}

func TestCopyPart(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	for _, body := range []string{"0123456789", strings.Repeat("0123456789", 2000)} {
		c.put("src", body)
		id := c.initiate("dst")
		res, _, err := client.Object.CopyPart(ctx, "dst", id, 1, images+".cos."+region+".myqcloud.com/src", &sdk.ObjectCopyPartOptions{XCosCopySourceRange: "bytes=2-8"})
		must(t, err)
		must(t, c.complete("dst", id, sdk.Object{PartNumber: 1, ETag: res.ETag}))
		if got := c.get("dst"); got != "2345678" {
			t.Errorf("content = %q", got)
		}
	}
}

// The SDK's own transfer manager checks every part's CRC and the whole.
func TestSDKUploadAndDownload(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	path := filepath.Join(t.TempDir(), "disk")
	content := bytes.Repeat([]byte("0123456789abcdef"), 5*mib/16+7)
	must(t, os.WriteFile(path, content, 0o600))
	_, _, err := client.Object.Upload(ctx, "disk.raw", path, &sdk.MultiUploadOptions{PartSize: 1, ThreadPoolSize: 3})
	must(t, err)
	back := filepath.Join(t.TempDir(), "back")
	_, err = client.Object.Download(ctx, "disk.raw", back, &sdk.MultiDownloadOptions{PartSize: 1, ThreadPoolSize: 2})
	must(t, err)
	got, err := os.ReadFile(back)
	must(t, err)
	if !bytes.Equal(got, content) {
		t.Error("the file changed on the way")
	}
}

// A disk of 100 GiB with little on it costs little.
func TestSparseUpload(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const size, partSize = int64(100) << 30, int64(5) << 30
	disk, err := os.Create(filepath.Join(t.TempDir(), "disk"))
	must(t, err)
	defer disk.Close()
	for _, at := range []int64{0, size / 3, size - 4096} {
		if _, err := disk.WriteAt(bytes.Repeat([]byte{0x5a}, 4096), at); err != nil {
			t.Skipf("no file of that size here: %v", err)
		}
	}
	var stat syscall.Stat_t
	if err := syscall.Fstat(int(disk.Fd()), &stat); err != nil || stat.Blocks*512 > mib {
		t.Skip("no sparse files here")
	}
	up, err := c.server.StartUpload(images, "disk.raw")
	must(t, err)
	for n := range size / partSize {
		must(t, up.WritePart(int(n)+1, disk, n*partSize, partSize))
	}
	res, _, err := c.client(images).Bucket.ListMultipartUploads(t.Context(), nil)
	must(t, err)
	if len(res.Uploads) != 1 || res.Uploads[0].Key != "disk.raw" {
		t.Errorf("uploads: %+v", res.Uploads)
	}
	must(t, up.Complete())

	info, err := c.server.Head(images, "disk.raw")
	must(t, err)
	if info.Size != size {
		t.Errorf("size = %d", info.Size)
	}
	for _, r := range []string{"bytes=0-4095", "bytes=107374178304-"} {
		resp, err := c.client(images).Object.Get(t.Context(), "disk.raw", &sdk.ObjectGetOptions{Range: r})
		must(t, err)
		if got := readAll(t, resp.Body); got != strings.Repeat("\x5a", 4096) {
			t.Errorf("%s: %d bytes", r, len(got))
		}
	}
	f, _, err := c.server.Open(images, "disk.raw")
	must(t, err)
	defer f.Close()
	if err := syscall.Fstat(int(f.Fd()), &stat); err != nil || stat.Blocks*512 > mib {
		t.Errorf("the object takes %d bytes on disk, %v", stat.Blocks*512, err)
	}
}
