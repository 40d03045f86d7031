package proxy_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/imageferry/imageferry/internal/sandbox/proxy"
)

func newCA(t *testing.T, dir string) *proxy.CA {
	t.Helper()
	ca, err := proxy.NewCA(dir)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func file(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCAIsKept(t *testing.T) {
	dir := t.TempDir()
	first := file(t, newCA(t, dir).PEMFile())
	again := newCA(t, dir)
	if !bytes.Equal(first, file(t, again.PEMFile())) {
		t.Error("a second sandbox in the same directory made another CA")
	}
	block, rest := pem.Decode(file(t, again.BundleFile()))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil || !cert.IsCA || len(rest) != 0 {
		t.Errorf("bundle: %v, %v, %d bytes more", cert, err, len(rest))
	}
	info, err := os.Stat(filepath.Join(dir, "ca-key.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info.Mode(), err)
	}
}

func TestDamagedCAIsReplaced(t *testing.T) {
	other := t.TempDir()
	newCA(t, other)
	for name, damage := range map[string]func(dir string) error{
		"certificate cut":    func(d string) error { return os.Truncate(filepath.Join(d, "ca.pem"), 40) },
		"key missing":        func(d string) error { return os.Remove(filepath.Join(d, "ca-key.pem")) },
		"bundle of another":  func(d string) error { return copyFile(other, d, "bundle.pem") },
		"key of another one": func(d string) error { return copyFile(other, d, "ca-key.pem") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			before := file(t, newCA(t, dir).PEMFile())
			if err := damage(dir); err != nil {
				t.Fatal(err)
			}
			ca := newCA(t, dir)
			after := file(t, ca.PEMFile())
			if bytes.Equal(before, after) || !bytes.Equal(after, file(t, ca.BundleFile())) {
				t.Error("not replaced as a whole")
			}
		})
	}
}

func copyFile(from, to, name string) error {
	b, err := os.ReadFile(filepath.Join(from, name))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, name), b, 0o600)
}

func TestLoopbackIsVouchedFor(t *testing.T) {
	ca := newCA(t, t.TempDir())
	pair, err := ca.Loopback()
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true, "127.0.0.2": false, "example.com": false} {
		if _, err := leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: ca.Pool()}); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
