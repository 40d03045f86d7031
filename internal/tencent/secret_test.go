package tencent_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/ledger"
	"github.com/imageferry/imageferry/internal/tencent"
)

// SCF sets other keys with every invocation; clients live longer.
func TestKeysAreReadForEachRequest(t *testing.T) {
	c := newCloud(t)
	c.say(status(http.StatusForbidden, ""))
	cos := tencent.NewCOS(c.rt, tencent.FromEnv, region)
	cvm, err := tencent.NewCVM(c.rt, tencent.FromEnv, region, tencent.NameOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []string{"1", "2"} {
		t.Setenv("TENCENTCLOUD_SECRETID", "AKIDrotated"+n)
		t.Setenv("TENCENTCLOUD_SECRETKEY", "key"+n)
		t.Setenv("TENCENTCLOUD_SESSIONTOKEN", "token"+n)
		c.say(status(http.StatusForbidden, ""))
		_, _ = cos.Stat(t.Context(), images, "k")
		_, _ = cvm.Images(t.Context(), []image.ID{"img-1"})
		seen := c.requests()
		if len(seen) != 2 {
			t.Fatalf("%d requests", len(seen))
		}
		for i, header := range []string{"X-Cos-Security-Token", "X-Tc-Token"} {
			if h := seen[i].header; !strings.Contains(h.Get("Authorization"), "AKIDrotated"+n) || h.Get(header) != "token"+n {
				t.Errorf("round %s, %s: %q, %s %q", n, seen[i].action, h.Get("Authorization"), header, h.Get(header))
			}
		}
	}
}

// TestErrorsHoldNoSecret makes every call fail in every way, and looks in the
// texts for the keys, the signatures and the addresses.
func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	const id, key, token = "AKIDcanaryid", "canarysecretkey", "canarytoken/+="
	creds := func() (string, string, string) { return id, key, token }
	cos := tencent.NewCOS(c.rt, creds, region)
	cvm, err := tencent.NewCVM(c.rt, creds, region, tencent.NameOnly)
	if err != nil {
		t.Fatal(err)
	}
	store := cos.Store(state)
	calls := map[string]func(context.Context) error{
		"create": func(ctx context.Context) error { return store.Create(ctx, "k", nil) },
		"get":    func(ctx context.Context) error { _, err := store.Get(ctx, "k"); return err },
		"list":   func(ctx context.Context) error { _, _, err := store.List(ctx, "", "", 1); return err },
		"delete": func(ctx context.Context) error { return store.Delete(ctx, "k") },
		"ever":   func(ctx context.Context) error { _, err := store.EverVersioned(ctx); return err },
		"stat":   func(ctx context.Context) error { _, err := cos.Stat(ctx, images, "k"); return err },
		"names":  func(ctx context.Context) error { _, err := cos.Names(ctx, images, "k"); return err },
		"upload": func(ctx context.Context) error { _, err := cos.Uploads(ctx, images, "k"); return err },
		"put":    func(ctx context.Context) error { return cos.Put(ctx, images, "k", nil) },
		"ranges": func(ctx context.Context) error {
			_, err := cos.Ranges(ctx, images, ledger.File{Key: "k", Size: 1}).ReadAt(make([]byte, 1), 0)
			return err
		},
		"images": func(ctx context.Context) error { _, err := cvm.Images(ctx, []image.ID{"img-1"}); return err },
		"export": func(ctx context.Context) error { _, err := cvm.Export(ctx, order("img-1")); return err },
	}
	answers := map[string]http.HandlerFunc{
		"the services": nil, // they do not know the key
		"500":          status(500, "oops"),
		"403":          status(403, ""),
		"not XML":      status(400, "{"),
		"cut":          cut,
		"hang":         hang,
	}
	for how, answer := range answers {
		c.say(answer)
		for what, call := range calls {
			ctx, cancel := t.Context(), func() {}
			if how == "hang" {
				ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
			}
			err := call(ctx)
			cancel()
			if err == nil {
				t.Errorf("%s, %s: no error", what, how)
				continue
			}
			for _, word := range []string{id, key, token, "myqcloud", "tencentcloudapi", "https://", "q-sign", "127.0.0.1", "TC3-HMAC"} {
				for _, form := range []string{word, url.QueryEscape(word), base64.StdEncoding.EncodeToString([]byte(word)), hex.EncodeToString([]byte(word))} {
					if strings.Contains(err.Error(), form) {
						t.Errorf("%s, %s: %q holds %q", what, how, err, form)
					}
				}
			}
		}
	}
}

// TestConnectionsAreKept: an instance that opens one a call has none left after a
// thousand events.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.addImage("img-72n9mi0y")
	cos, cvm := c.newCOS(), c.newCVM(tencent.NameOnly)
	for range 500 {
		_, err := cvm.Images(t.Context(), []image.ID{"img-72n9mi0y"})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = cos.Stat(t.Context(), images, "nothing")
		_, _ = cos.Store(state).Get(t.Context(), "nothing")
		if _, err := cos.Names(t.Context(), images, ""); err != nil {
			t.Fatal(err)
		}
	}
	if n := c.conns.Load(); n > 3 { // one a host
		t.Errorf("%d connections for 2,000 calls; want 3", n)
	}
}

func TestTrimRoots(t *testing.T) {
	bundle := t.TempDir() + "/bundle.pem"
	if err := os.WriteFile(bundle, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, dir, file string
		trimmed         bool
	}{
		{"a bundle", "", bundle, true},
		{"no such bundle", "", bundle + ".not", false}, // the directories are all there is
		{"directories chosen by somebody", "/certs", bundle, false},
	} {
		t.Setenv("TMPDIR", t.TempDir())
		t.Setenv("SSL_CERT_DIR", test.dir)
		t.Setenv("SSL_CERT_FILE", test.file)
		tencent.TrimRoots()
		got := os.Getenv("SSL_CERT_DIR")
		if trimmed := got != test.dir; trimmed != test.trimmed {
			t.Errorf("%s: SSL_CERT_DIR is %q", test.name, got)
		}
		if test.trimmed {
			if entries, err := os.ReadDir(got); err != nil || len(entries) != 0 {
				t.Errorf("%s: %d entries in %q, %v; want an empty directory", test.name, len(entries), got, err)
			}
		}
	}
}
