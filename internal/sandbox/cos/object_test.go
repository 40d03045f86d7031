package cos_test

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/tencentyun/cos-go-sdk-v5"
)

// sizes fall on both sides of the border between record and file.
var sizes = []int{0, 1, 4096, 4097, 300_000}

func TestPutGetHead(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.client(images)
	for _, n := range sizes {
		body := strings.Repeat("镜", n/3) + strings.Repeat("x", n%3)
		_, err := client.Object.Put(t.Context(), "k", strings.NewReader(body), &sdk.ObjectPutOptions{ObjectPutHeaderOptions: &sdk.ObjectPutHeaderOptions{
			ContentType: "text/plain", ContentDisposition: "inline", CacheControl: "no-store",
			XCosMetaXXX: &http.Header{"x-cos-meta-disk": {"xvda"}},
		}})
		must(t, err)
		head, err := client.Object.Head(t.Context(), "k", nil)
		must(t, err)
		get, err := client.Object.Get(t.Context(), "k", nil)
		must(t, err)
		if got := readAll(t, get.Body); got != body {
			t.Errorf("%d bytes: got %d back", n, len(got))
		}
		sum := md5.Sum([]byte(body))
		for name, want := range map[string]string{
			"ETag": `"` + hex.EncodeToString(sum[:]) + `"`, "x-cos-hash-crc64ecma": crcOf(body), "Content-Type": "text/plain",
			"Content-Disposition": "inline", "Cache-Control": "no-store", "x-cos-meta-disk": "xvda", "x-cos-storage-class": "",
			"x-cos-object-type": "normal", "x-cos-version-id": "", "Accept-Ranges": "bytes",
		} {
			if h, g := head.Header.Get(name), get.Header.Get(name); h != want || g != want {
				t.Errorf("%d bytes: %s: HEAD %q, GET %q, want %q", n, name, h, g, want)
			}
		}
		if head.ContentLength != int64(len(body)) || head.Header.Get("x-cos-request-id") == "" {
			t.Errorf("HEAD: length %d, request id %q", head.ContentLength, head.Header.Get("x-cos-request-id"))
		}
		if _, err := http.ParseTime(head.Header.Get("Last-Modified")); err != nil {
			t.Error(err)
		}
	}
}

func TestMissing(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	_, err := c.client(images).Object.Get(ctx, "nothing", nil)
	wantError(t, err, 404, "NoSuchKey")
	_, err = c.client(images).Object.Head(ctx, "nothing", nil)
	wantError(t, err, 404, "")
	_, err = c.client("other-1250000000").Object.Put(ctx, "k", strings.NewReader("x"), nil)
	wantError(t, err, 404, "NoSuchBucket")
	_, err = c.client(images).Object.Delete(ctx, "nothing")
	must(t, err)
	if names := c.eventNames(); len(names) != 0 {
		t.Errorf("events: %q", names)
	}

	elsewhere, _ := url.Parse("http://" + images + ".cos.ap-beijing.myqcloud.com")
	client := c.client(images)
	client.BaseURL.BucketURL = elsewhere
	_, err = client.Object.Head(ctx, "k", nil)
	wantError(t, err, 404, "")
	_, _, err = client.Bucket.Get(ctx, nil)
	wantError(t, err, 404, "NoSuchBucket")
}

func TestOddKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.client(images)
	client.Conf.ObjectKeySimplifyCheck = false
	keys := []string{
		"a b", "a+b", "a%20b", "%41", "a/../b", "a//b", "/leading", "dir/", "../../etc/passwd", "镜像/日本 語.raw", "q?u#h&x=1",
		"t~(1)!*'.json", `back\slash`, "a;b", "\u202egnp.exe", strings.Repeat("长", 283) + "x", "a<b>&\"c\"", "%2F", "a%2Fb",
	}
	for _, key := range keys {
		_, err := client.Object.Put(t.Context(), key, strings.NewReader("body of "+key), nil)
		must(t, err)
	}
	for _, key := range keys {
		resp, err := client.Object.Get(t.Context(), key, nil)
		must(t, err)
		if got := readAll(t, resp.Body); got != "body of "+key {
			t.Errorf("get %q = %q", key, got)
		}
	}
	for _, encoding := range []string{"", "url"} {
		res, _, err := client.Bucket.Get(t.Context(), &sdk.BucketGetOptions{EncodingType: encoding})
		must(t, err)
		var listed []string
		for _, o := range res.Contents {
			if encoding == "url" {
				o.Key, _ = sdk.DecodeURIComponent(o.Key)
			}
			listed = append(listed, o.Key)
		}
		if want := slices.Sorted(slices.Values(keys)); !slices.Equal(listed, want) {
			t.Errorf("encoding %q: listed %q, want %q", encoding, listed, want)
		}
	}
	for key, code := range map[string]string{
		strings.Repeat("x", 851): "KeyTooLong", "a\x18b": "InvalidArgument", "a\nb": "InvalidArgument", "a\x00b": "InvalidArgument", "\xff": "InvalidArgument",
	} {
		_, err := client.Object.Put(t.Context(), key, strings.NewReader("x"), nil)
		wantError(t, err, 400, code)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, body := range []string{"0123456789", strings.Repeat("0123456789", 1000)} {
		c.put("k", body)
		n := len(body)
		for _, r := range []struct {
			header string
			status int
			want   string
		}{
			{"bytes=0-3", 206, body[:4]},
			{"bytes=4-4", 206, body[4:5]},
			{"bytes=5-", 206, body[5:]},
			{"bytes=-3", 206, body[n-3:]},
			{"bytes=-99999", 206, body},
			{"bytes=0-99999", 206, body},
			{"bytes=x-1", 200, body},
			{"bytes=3-1", 200, body},
			{"bytes=0-1,4-5", 200, body},
			{"lines=0-1", 200, body},
		} {
			resp, err := c.client(images).Object.Get(t.Context(), "k", &sdk.ObjectGetOptions{Range: r.header})
			must(t, err)
			if got := readAll(t, resp.Body); resp.StatusCode != r.status || got != r.want || resp.ContentLength != int64(len(got)) {
				t.Errorf("%s of %d: %d, %d bytes", r.header, n, resp.StatusCode, len(got))
			}
		}
		for _, header := range []string{"bytes=10000-", "bytes=-0"} {
			resp, err := c.client(images).Object.Get(t.Context(), "k", &sdk.ObjectGetOptions{Range: header})
			wantError(t, err, 416, "InvalidRange")
			if got := resp.Header.Get("Content-Range"); !strings.HasPrefix(got, "bytes */") {
				t.Errorf("%s: Content-Range %q", header, got)
			}
		}
	}
	resp, err := c.client(images).Object.Get(t.Context(), "k", &sdk.ObjectGetOptions{Range: "bytes=2-4"})
	must(t, err)
	resp.Body.Close()
	if got := resp.Header.Get("Content-Range"); got != "bytes 2-4/10000" {
		t.Errorf("Content-Range = %q", got)
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	etag := c.put("k", "x").Header.Get("ETag")
	past, future := time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)
	for _, k := range []struct {
		name, value string
		status      int
	}{
		{"If-Match", etag, 200}, {"If-Match", `"other", ` + etag, 200}, {"If-Match", "*", 200}, {"If-Match", `"other"`, 412},
		{"If-None-Match", etag, 304}, {"If-None-Match", strings.Trim(etag, `"`), 304}, {"If-None-Match", `"other"`, 200},
		{"If-Modified-Since", past, 200}, {"If-Modified-Since", future, 304}, {"If-Modified-Since", "nonsense", 200},
		{"If-Unmodified-Since", past, 412}, {"If-Unmodified-Since", future, 200},
	} {
		h := &http.Header{k.name: {k.value}}
		status := func(resp *sdk.Response, err error) int {
			if resp == nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			return resp.StatusCode
		}
		if got := status(c.client(images).Object.Get(t.Context(), "k", &sdk.ObjectGetOptions{XOptionHeader: h})); got != k.status {
			t.Errorf("GET %s: %s: %d, want %d", k.name, k.value, got, k.status)
		}
		if got := status(c.client(images).Object.Head(t.Context(), "k", &sdk.ObjectHeadOptions{XOptionHeader: h})); got != k.status {
			t.Errorf("HEAD %s: %s: %d, want %d", k.name, k.value, got, k.status)
		}
	}
}

func TestForbidOverwrite(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	_, err := client.Object.Put(ctx, "k", strings.NewReader("first"), forbidOverwrite())
	must(t, err)
	_, err = client.Object.Put(ctx, "k", strings.NewReader("second"), forbidOverwrite())
	wantError(t, err, 409, "FileAlreadyExists")
	_, _, err = client.Object.Copy(ctx, "k", images+".cos."+region+".myqcloud.com/k", &sdk.ObjectCopyOptions{
		ObjectCopyHeaderOptions: &sdk.ObjectCopyHeaderOptions{XOptionHeader: &http.Header{"x-cos-forbid-overwrite": {"true"}}},
	})
	wantError(t, err, 409, "FileAlreadyExists")
	if got := c.get("k"); got != "first" {
		t.Errorf("content = %q", got)
	}
	c.put("k", "plain put overwrites")

	for _, status := range []string{"Enabled", "Suspended"} {
		must(t, c.server.SetVersioning(images, status))
		if _, err := client.Object.Put(ctx, "k", strings.NewReader(status), forbidOverwrite()); err != nil {
			t.Errorf("versioning %s: %v, want the header ignored", status, err)
		}
	}
}

func TestForbidOverwriteIsAtomic(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, body := range []string{"small", strings.Repeat("large", 2000)} {
		key := "race/" + body[:5]
		var won, lost atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				resp, err := c.client(images).Object.Put(t.Context(), key, strings.NewReader(body), forbidOverwrite())
				switch {
				case err == nil:
					won.Add(1)
				case resp != nil && resp.StatusCode == 409:
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won.Load() != 1 || lost.Load() != 15 {
			t.Errorf("%s: %d won, %d lost", key, won.Load(), lost.Load())
		}
	}
}

func TestContentMD5(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	sum := md5.Sum([]byte("body"))
	for header, code := range map[string]string{
		base64.StdEncoding.EncodeToString(sum[:]):           "",
		base64.StdEncoding.EncodeToString(make([]byte, 16)): "BadDigest",
		"not base64": "InvalidDigest",
		"AAAA":       "InvalidDigest",
	} {
		opt := &sdk.ObjectPutOptions{ObjectPutHeaderOptions: &sdk.ObjectPutHeaderOptions{ContentMD5: header}}
		_, err := c.client(images).Object.Put(t.Context(), "k"+code, strings.NewReader("body"), opt)
		if code == "" {
			must(t, err)
			continue
		}
		wantError(t, err, 400, code)
		_, err = c.client(images).Object.Head(t.Context(), "k"+code, nil)
		wantError(t, err, 404, "")
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	r := httptest.NewRequest(http.MethodPut, "http://"+images+".cos."+region+".myqcloud.com/k", http.NoBody)
	r.ContentLength = 5<<30 + 1
	sdk.AddAuthorizationHeader(c.key.SecretID, c.key.SecretKey, "", r, sdk.NewAuthTime(time.Hour))
	w := httptest.NewRecorder()
	c.server.ServeHTTP(w, r)
	if w.Code != 400 || !strings.Contains(w.Body.String(), "<Code>EntityTooLarge</Code>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestStorageClass(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, err := c.client(images).Object.Put(t.Context(), "k", strings.NewReader("x"), &sdk.ObjectPutOptions{
		ObjectPutHeaderOptions: &sdk.ObjectPutHeaderOptions{XCosStorageClass: "ARCHIVE"},
	})
	must(t, err)
	resp, err := c.client(images).Object.Head(t.Context(), "k", nil)
	must(t, err)
	if got := resp.Header.Get("x-cos-storage-class"); got != "ARCHIVE" {
		t.Errorf("class = %q", got)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	for _, key := range []string{"a", "b b", "c"} {
		c.put(key, strings.Repeat("x", 5000))
	}
	resp, err := client.Object.Delete(ctx, "a")
	must(t, err)
	if resp.StatusCode != 204 {
		t.Errorf("status = %d", resp.StatusCode)
	}
	res, _, err := client.Object.DeleteMulti(ctx, &sdk.ObjectDeleteMultiOptions{Objects: []sdk.Object{{Key: "b b"}, {Key: "absent"}, {Key: "c", VersionId: "v1"}}})
	must(t, err)
	if len(res.DeletedObjects) != 2 || len(res.Errors) != 1 || res.Errors[0].Code != "NoSuchVersion" {
		t.Errorf("result = %+v", res)
	}
	if left := c.server.List(images, ""); len(left) != 1 || left[0].Key != "c" {
		t.Errorf("left: %+v", left)
	}
	want := []string{"cos:ObjectCreated:Put a", "cos:ObjectCreated:Put b b", "cos:ObjectCreated:Put c", "cos:ObjectRemove:Delete a", "cos:ObjectRemove:Delete b b"}
	if got := c.eventNames(); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	for _, n := range sizes {
		body := strings.Repeat("x", n)
		_, err := client.Object.Put(ctx, "源 +/k", strings.NewReader(body), &sdk.ObjectPutOptions{
			ObjectPutHeaderOptions: &sdk.ObjectPutHeaderOptions{ContentType: "text/x", XCosMetaXXX: &http.Header{"x-cos-meta-a": {"1"}}},
		})
		must(t, err)
		source := images + ".cos." + region + ".myqcloud.com/源 +/k"
		res, resp, err := client.Object.Copy(ctx, "copy", source, nil)
		must(t, err)
		if res.CRC64 != crcOf(body) || resp.Header.Get("x-cos-hash-crc64ecma") != crcOf(body) || c.get("copy") != body {
			t.Errorf("%d bytes: %+v", n, res)
		}
		head, err := client.Object.Head(ctx, "copy", nil)
		must(t, err)
		if head.Header.Get("Content-Type") != "text/x" || head.Header.Get("x-cos-meta-a") != "1" {
			t.Errorf("headers of the copy: %v", head.Header)
		}
		_, _, err = client.Object.Copy(ctx, "copy", source, &sdk.ObjectCopyOptions{ObjectCopyHeaderOptions: &sdk.ObjectCopyHeaderOptions{
			XCosMetadataDirective: "Replaced", ContentType: "text/y", XCosCopySourceIfMatch: res.ETag,
		}})
		must(t, err)
		head, err = client.Object.Head(ctx, "copy", nil)
		must(t, err)
		if head.Header.Get("Content-Type") != "text/y" || head.Header.Get("x-cos-meta-a") != "" {
			t.Errorf("headers replaced: %v", head.Header)
		}
	}
	_, _, err := client.Object.Copy(ctx, "copy", images+".cos."+region+".myqcloud.com/absent", nil)
	wantError(t, err, 404, "NoSuchKey")
	_, _, err = client.Object.Copy(ctx, "copy", images+".cos."+region+".myqcloud.com/copy", &sdk.ObjectCopyOptions{
		ObjectCopyHeaderOptions: &sdk.ObjectCopyHeaderOptions{XCosCopySourceIfNoneMatch: "*"},
	})
	wantError(t, err, 412, "PreconditionFailed")
}

func TestAppend(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	body, position := "", 0
	for _, piece := range []string{"small", strings.Repeat("large", 3000), "", "end"} {
		next, resp, err := client.Object.Append(ctx, "log", position, strings.NewReader(piece), nil)
		must(t, err)
		body += piece
		position = next
		if next != len(body) || resp.Header.Get("x-cos-hash-crc64ecma") != crcOf(body) || c.get("log") != body {
			t.Errorf("after %d bytes: next %d", len(body), next)
		}
	}
	_, _, err := client.Object.Append(ctx, "log", 3, strings.NewReader("x"), nil)
	wantError(t, err, 409, "PositionNotEqualToLength")
	c.put("normal", "x")
	_, _, err = client.Object.Append(ctx, "normal", 1, strings.NewReader("x"), nil)
	wantError(t, err, 409, "ObjectNotAppendable")
	if got := c.eventNames(); !slices.Equal(got, []string{"cos:ObjectCreated:Put normal"}) {
		t.Errorf("events %q", got)
	}
	c.start()
	if c.get("log") != body {
		t.Error("the object changed with the restart")
	}
}

func TestPresigned(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client, ctx := c.client(images), t.Context()
	plain := &http.Client{Transport: c.http}
	for _, key := range []string{"a/b c.raw", "a//b", "/x", "镜像+.raw"} {
		u, err := client.Object.GetPresignedURL2(ctx, http.MethodPut, key, time.Hour, nil)
		must(t, err)
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, u.String(), strings.NewReader("by "+key))
		must(t, err)
		resp, err := plain.Do(req)
		must(t, err)
		if body := readAll(t, resp.Body); resp.StatusCode != 200 {
			t.Fatalf("PUT %q: %d %s", key, resp.StatusCode, body)
		}
		u, err = client.Object.GetPresignedURL3(ctx, http.MethodGet, key, time.Hour, &sdk.PresignedURLOptions{
			Query: &url.Values{"response-content-disposition": {`attachment; filename="a b"`}},
		})
		must(t, err)
		req, err = http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		must(t, err)
		resp, err = plain.Do(req)
		must(t, err)
		if body := readAll(t, resp.Body); body != "by "+key || resp.Header.Get("Content-Disposition") != `attachment; filename="a b"` {
			t.Errorf("GET %q: %d %s, %v", key, resp.StatusCode, body, resp.Header)
		}
	}
	resp, err := plain.Get("http://" + images + ".cos." + region + ".myqcloud.com/a")
	must(t, err)
	if body := readAll(t, resp.Body); resp.StatusCode != 403 || !strings.Contains(body, "<Code>AccessDenied</Code>") {
		t.Errorf("anonymous: %d %s", resp.StatusCode, body)
	}
}

func TestIncompleteBody(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, n := range []int64{10, 100_000} {
		_, err := c.client(images).Object.Put(t.Context(), "k", io.LimitReader(neverEnding('x'), n-1), &sdk.ObjectPutOptions{
			ObjectPutHeaderOptions: &sdk.ObjectPutHeaderOptions{ContentLength: n},
		})
		if err == nil {
			t.Error("a short body was accepted")
		}
		if _, err := c.server.Head(images, "k"); err == nil {
			t.Error("a short body became an object")
		}
	}
}

type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}
