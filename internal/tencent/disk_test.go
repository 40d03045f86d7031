package tencent_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/tencent"
)

// landed puts a file there, as found by a look at it.
func landed(t *testing.T, client *tencent.COS, key, body string) ledger.File {
	t.Helper()
	if err := client.Store(images).Create(t.Context(), key, []byte(body)); err != nil {
		t.Fatal(err)
	}
	f, err := client.Stat(t.Context(), images, key)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRanges(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.newCOS()
	r := client.Ranges(t.Context(), images, landed(t, client, "a b+1.raw", "0123456789"))
	for _, test := range []struct {
		off  int64
		n    int
		want string
		err  error
	}{
		{0, 4, "0123", nil},
		{6, 4, "6789", nil},
		{8, 4, "89", io.EOF},
		{10, 4, "", io.EOF},
		{1 << 40, 4, "", io.EOF},
	} {
		before := len(c.requests())
		p := make([]byte, test.n)
		n, err := r.ReadAt(p, test.off)
		if string(p[:n]) != test.want || !errors.Is(err, test.err) {
			t.Errorf("%d bytes at %d: %q, %v", test.n, test.off, p[:n], err)
		}
		if asked := len(c.requests()) - before; asked > 1 || asked == 0 && test.off < 10 {
			t.Errorf("%d requests for %d bytes at %d", asked, test.n, test.off)
		}
	}
}

// What was replaced is not read: its first half and the other's second half would
// make a disk that never was.
func TestRangesOfAReplacedFile(t *testing.T) {
	t.Parallel()
	client := newCloud(t).newCOS()
	f := landed(t, client, "x.raw", "0123456789")
	r := client.Ranges(t.Context(), images, f)
	s := client.Store(images)
	if err := errors.Join(s.Delete(t.Context(), "x.raw"), s.Create(t.Context(), "x.raw", []byte("9876543210"))); err != nil {
		t.Fatal(err)
	}
	if n, err := r.ReadAt(make([]byte, 4), 0); n != 0 || !outcome.Is(err, outcome.Exists) {
		t.Errorf("%d bytes, %v", n, err)
	}
	_ = s.Delete(t.Context(), "x.raw")
	if n, err := r.ReadAt(make([]byte, 4), 0); n != 0 || !outcome.Is(err, outcome.NotFound) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// An answer that is no range, or ends early, is no answer.
func TestRangesAnsweredBadly(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.newCOS()
	r := client.Ranges(t.Context(), images, landed(t, client, "x.raw", "0123456789"))
	for name, answer := range map[string]http.HandlerFunc{
		"all of it": status(200, "0123456789"), "less": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(206); io.WriteString(w, "01") }, "cut": cut,
	} {
		c.say(answer)
		if _, err := r.ReadAt(make([]byte, 4), 0); !outcome.Is(err, outcome.Unknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPut(t *testing.T) {
	t.Parallel()
	client := newCloud(t).newCOS()
	if err := client.Put(t.Context(), images, "x_manifest.json", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := client.Put(t.Context(), images, "x_manifest.json", []byte("[]")); !outcome.Is(err, outcome.Exists) {
		t.Error(err)
	}
	if body, err := client.Store(images).Get(t.Context(), "x_manifest.json"); err != nil || string(body) != "{}" {
		t.Errorf("%s, %v", body, err)
	}
}

// Whoever has a link can download, without keys of their own, and for an hour.
func TestLink(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.newCOS()
	landed(t, client, "dir/a b+1 中.raw", "disk")
	link, until, err := client.Link(t.Context(), images, "dir/a b+1 中.raw")
	if err != nil || !strings.HasPrefix(link, "https://"+images.String()+".cos."+region+".myqcloud.com/dir/a") || time.Until(until) > time.Hour {
		t.Fatalf("%s until %s, %v", link, until, err)
	}
	plain := http.Client{Transport: c.rt}
	get := func(url string) (int, []byte) {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := plain.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, body
	}
	if status, body := get(link); status != 200 || !bytes.Equal(body, []byte("disk")) {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := get(strings.Replace(link, "dir/a", "dir/b", 1)); status != 403 {
		t.Errorf("another key: %d", status)
	}
}
