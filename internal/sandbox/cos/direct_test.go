package cos_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRestart(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.put("small", "x")
	c.put("large", strings.Repeat("x", 10_000))
	c.put("gone", strings.Repeat("x", 10_000))
	c.put("large", strings.Repeat("y", 10_000))
	before := c.server.List(images, "")
	_, err := c.client(images).Object.Delete(t.Context(), "gone")
	must(t, err)
	// What a process leaves that dies while it receives an object.
	orphan := filepath.Join(c.dir, images, "data", "ab", "abcdef")
	must(t, os.MkdirAll(filepath.Dir(orphan), 0o700))
	must(t, os.WriteFile(orphan, []byte("x"), 0o600))
	must(t, os.WriteFile(filepath.Join(c.dir, images, "tmp", "half"), []byte(`{"Key":"ha`), 0o600))

	c.start()
	after := c.server.List(images, "")
	if len(before) != 3 || len(after) != 2 || after[0] != before[1] || after[1] != before[2] {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if c.get("small") != "x" || c.get("large") != strings.Repeat("y", 10_000) {
		t.Error("content changed")
	}
	if _, err := os.Stat(orphan); !os.IsNotExist(err) {
		t.Errorf("orphan: %v", err)
	}
	if n := files(t, filepath.Join(c.dir, images)); n != 4 { // bucket.json, two records, one content
		t.Errorf("%d files on disk", n)
	}
}

func files(t *testing.T, dir string) (n int) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

func TestDirectUse(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	for _, n := range []int{3, 5000} {
		body := strings.Repeat("x", n)
		src, err := os.Create(filepath.Join(t.TempDir(), "src"))
		must(t, err)
		defer src.Close()
		_, err = src.WriteString(body)
		must(t, err)
		up, err := c.server.StartUpload(images, "k")
		must(t, err)
		must(t, up.WritePart(1, src, 0, int64(n)))
		must(t, up.Complete())
		up.Abort()
		if c.get("k") != body {
			t.Error("wrong content")
		}
	}
	e := c.lastEvent()
	if e.Name != "cos:ObjectCreated:CompleteMultipartUpload" || e.Bucket != images || e.Size != 5000 || e.RequestID == "" || e.SourceIP != "" || e.Time.IsZero() {
		t.Errorf("event %+v", e)
	}

	for _, body := range []string{"small", strings.Repeat("large", 2000)} {
		c.put("o", body)
		f, info, err := c.server.Open(images, "o")
		must(t, err)
		c.put("o", "replaced")
		if got := readAll(t, f); got != body || info.Size != int64(len(body)) {
			t.Errorf("read %d bytes of %d", len(got), len(body))
		}
	}
	_, err := c.server.Head(images, "absent")
	wantError(t, err, 404, "NoSuchKey")
	_, err = c.server.Head("absent-1250000000", "k")
	wantError(t, err, 404, "NoSuchBucket")
	_, _, err = c.server.Open(images, "absent")
	wantError(t, err, 404, "NoSuchKey")
	_, err = c.server.StartUpload(images, "a\x00b")
	wantError(t, err, 400, "InvalidArgument")
	up, err := c.server.StartUpload(images, "k")
	must(t, err)
	wantError(t, up.Complete(), 400, "MalformedXML")
	up.Abort()
	wantError(t, up.Complete(), 400, "MalformedXML")
}

func TestEventOfARequest(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	resp := c.put("k", "x")
	e := c.lastEvent()
	if e.Name != "cos:ObjectCreated:Put" || e.Bucket != images || e.Key != "k" || e.Size != 1 || e.StorageClass != "STANDARD" ||
		e.ETag != resp.Header.Get("ETag") || e.RequestID != resp.Header.Get("x-cos-request-id") || e.SourceIP != "127.0.0.1" || e.Time.IsZero() {
		t.Errorf("event %+v", e)
	}
	if h := e.SignedHeaders; h["host"] != images+".cos."+region+".myqcloud.com" || h["content-length"] != "1" || !strings.HasPrefix(h["authorization"], "q-sign-algorithm") {
		t.Errorf("signed headers: %d", len(h))
	}
}
