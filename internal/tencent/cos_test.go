package tencent_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/ledger/ledgertest"
	"github.com/imageferry/imageferry/internal/outcome"
	"github.com/imageferry/imageferry/internal/tencent"
)

var (
	realBucket = flag.String("bucket", "", "name-appid of a real bucket to run the store's contract on; keys from TENCENTCLOUD_SECRET_ID, _KEY and _TOKEN")
	realRegion = flag.String("region", region, "its region")
)

func TestStore(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (ledger.Store, string) { return newCloud(t).newCOS().Store(state), "imageferry/" }
	ledgertest.TestStore(t, open)
	t.Run("atomic", func(t *testing.T) { ledgertest.TestAtomic(t, open) })
}

// TestStoreOnRealBucket writes under random names in a bucket that never had
// versioning, and removes them again:
//
//	go test ./internal/tencent -run TestStore -bucket NAME-APPID -region REGION -v
func TestStoreOnRealBucket(t *testing.T) {
	if *realBucket == "" {
		t.Skip("give -bucket NAME-APPID -region REGION to run the contract on a real bucket: some 4,000 requests on small objects, removed afterwards")
	}
	name, err := image.ParseBucket(*realBucket)
	if err != nil {
		t.Fatal(err)
	}
	rt := tencent.NewTransport()
	t.Cleanup(rt.CloseIdleConnections)
	keys := func() (id, key, token string) {
		return os.Getenv("TENCENTCLOUD_SECRET_ID"), os.Getenv("TENCENTCLOUD_SECRET_KEY"), os.Getenv("TENCENTCLOUD_TOKEN")
	}
	store := tencent.NewCOS(rt, keys, *realRegion).Store(name)
	ledgertest.TestStore(t, func(t *testing.T) (ledger.Store, string) {
		prefix := "ledgertest/" + rand.Text() + "/"
		t.Cleanup(func() {
			if err := ledgertest.Clean(context.Background(), store, prefix); err != nil {
				t.Errorf("clean up: %v", err)
			}
		})
		return store, prefix
	})
}

func TestFiles(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, client := t.Context(), c.newCOS()
	if err := client.Store(images).Create(ctx, "a/web_xvda.raw", []byte("disk")); err != nil {
		t.Fatal(err)
	}
	f, err := client.Stat(ctx, images, "a/web_xvda.raw")
	info, _ := c.cos.Head(images.String(), "a/web_xvda.raw")
	if err != nil || f.Key != "a/web_xvda.raw" || f.Size != 4 || f.CRC64 != fmt.Sprint(info.CRC64) || f.ETag != strings.Trim(info.ETag, `"`) || !f.Time.Equal(info.LastModified.Truncate(time.Second)) {
		t.Errorf("%+v, %v; want %+v", f, err, info)
	}
	if _, err := client.Stat(ctx, images, "a/nothing"); !outcome.Is(err, outcome.NotFound) {
		t.Error(err)
	}
	if names, err := client.Names(ctx, images, "a/"); err != nil || !slices.Equal(names, []string{"a/web_xvda.raw"}) {
		t.Errorf("%q, %v", names, err)
	}

	up, err := c.cos.StartUpload(images.String(), "a/web_xvdb.raw")
	if err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]string{"a/web_": "a/web_xvdb.raw", "a/web_xvdb.raw": "a/web_xvdb.raw", "b": "", "a/web_xvda": ""} {
		if got, err := client.Uploads(ctx, images, prefix); err != nil || strings.Join(got, " ") != want {
			t.Errorf("uploads under %q: %q, %v", prefix, got, err)
		}
	}
	up.Abort()
	if got, err := client.Uploads(ctx, images, "a/"); err != nil || len(got) != 0 {
		t.Errorf("after the upload: %q, %v", got, err)
	}
}

func TestMissingBucket(t *testing.T) {
	t.Parallel()
	client := newCloud(t).newCOS()
	nowhere := image.Bucket{Name: "nowhere", AppID: "1250000000"}
	if err := client.Store(nowhere).Create(t.Context(), "k", nil); !outcome.Is(err, outcome.Config) || !strings.Contains(err.Error(), "NoSuchBucket") {
		t.Error(err)
	}
	if _, err := client.Names(t.Context(), nowhere, ""); !outcome.Is(err, outcome.Config) {
		t.Error(err)
	}
}

// COS ignores create-if-absent on a bucket that ever had versioning.
func TestVersionedBucket(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	s := c.newCOS().Store(state)
	for _, status := range []string{"Enabled", "Suspended"} {
		if err := c.cos.SetVersioning(state.String(), status); err != nil {
			t.Fatal(err)
		}
		if ever, err := s.EverVersioned(t.Context()); err != nil || !ever {
			t.Errorf("%s: %t, %v", status, ever, err)
		}
		if status == "Enabled" { // since the last check: the answer to a create shows it
			err := s.Create(t.Context(), "k", nil)
			if !outcome.Is(err, outcome.Config) || !strings.Contains(err.Error(), "versioning") {
				t.Error(err)
			}
		}
	}
}

func TestCOSErrors(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.newCOS()
	xml := func(code string) string {
		return "<Error><Code>" + code + "</Code><Message>words</Message><RequestId>r-1</RequestId></Error>"
	}
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		want   outcome.Kind
		xml    bool // only the code in the body tells
	}{
		{"400", status(400, xml("InvalidArgument")), outcome.Bug, false},
		{"401", status(401, ""), outcome.Config, false},
		{"403", status(403, xml("AccessDenied")), outcome.Config, false},
		{"403 without a body", status(403, ""), outcome.Config, false},
		{"404", status(404, xml("NoSuchKey")), outcome.NotFound, false},
		{"404 without a body", status(404, ""), outcome.NotFound, false},
		{"404 of the bucket", status(404, xml("NoSuchBucket")), outcome.Config, true},
		{"409", status(409, xml("FileAlreadyExists")), outcome.Exists, false},
		{"412", status(412, xml("PreconditionFailed")), outcome.Exists, false},
		{"429", status(429, ""), outcome.Later, false},
		{"503, slow down", status(503, xml("SlowDown")), outcome.Later, true},
		{"500", status(500, xml("InternalError")), outcome.Unknown, false},
		{"502 of a proxy", status(502, "<html>bad gateway"), outcome.Unknown, false},
		{"503", status(503, ""), outcome.Unknown, false},
		{"redirect", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}, outcome.Bug, false},
		{"cut off", cut, outcome.Unknown, false},
		{"no answer in time", hang, outcome.Unknown, false},
	} {
		ctx := t.Context()
		if test.name == "no answer in time" {
			short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			ctx = short
		}
		c.rt.CloseIdleConnections() // net/http repeats a GET where a kept connection ends
		c.say(test.answer)
		err := client.Store(state).Create(ctx, "k", []byte("{}"))
		if !outcome.Is(err, test.want) {
			t.Errorf("PUT, %s: %v is %s, want %s", test.name, err, outcome.Of(err), test.want)
		}
		if n := len(c.requests()); n != 1 {
			t.Errorf("PUT, %s: %d requests, want 1", test.name, n)
		}
		if test.xml {
			continue // an answer to HEAD has no body, and so no code
		}
		if _, err := client.Stat(ctx, images, "k"); !outcome.Is(err, test.want) {
			t.Errorf("HEAD, %s: %v is %s, want %s", test.name, err, outcome.Of(err), test.want)
		}
	}
}

// Every answer to a PUT has a checksum; without it nobody knows what arrived.
func TestCreateWithoutChecksum(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.say(status(200, ""))
	if err := c.newCOS().Store(state).Create(t.Context(), "k", []byte("{}")); !outcome.Is(err, outcome.Unknown) || len(c.requests()) != 1 {
		t.Errorf("%v after %d requests", err, len(c.requests()))
	}
}

func TestGetThatBreaksOff(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	s := c.newCOS().Store(state)
	c.say(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("{"))
		panic(http.ErrAbortHandler)
	})
	if _, err := s.Get(t.Context(), "k"); !outcome.Is(err, outcome.Unknown) {
		t.Error(err)
	}
	c.say(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) })
	if _, err := s.Get(t.Context(), "k"); !outcome.Is(err, outcome.Bug) {
		t.Errorf("2 MiB where an entry was wanted: %v", err)
	}
}

// The header is the claim; without it a create is an overwrite.
func TestCreateForbidsOverwrite(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	if err := c.newCOS().Store(state).Create(t.Context(), "k", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	r := c.requests()[0]
	if r.header.Get("X-Cos-Forbid-Overwrite") != "true" || r.host != "state-1250000000.cos.ap-guangzhou.myqcloud.com" || !strings.Contains(r.header.Get("Authorization"), "x-cos-forbid-overwrite") {
		t.Errorf("%s %s: %q", r.action, r.host, r.header.Get("X-Cos-Forbid-Overwrite"))
	}
}
