package sandbox_test

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/sandbox"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	missing := filepath.Join(t.TempDir(), "disk.raw")
	dist := filepath.Join(built, "dist")
	for name, c := range map[string]struct {
		cfg  sandbox.Config
		want []string
	}{
		"all addresses":     {sandbox.Config{Listen: "0.0.0.0:0", Dist: dist}, []string{`"0.0.0.0:0"`, "loopback only"}},
		"no address":        {sandbox.Config{Listen: ":0", Dist: dist}, []string{`":0"`, "loopback only"}},
		"no port":           {sandbox.Config{Listen: "127.0.0.1", Dist: dist}, []string{"want host:port"}},
		"port taken":        {sandbox.Config{Listen: taken.Addr().String(), Dist: dist}, []string{"another sandbox running?", "--listen 127.0.0.1:8090"}},
		"disk of no image":  {sandbox.Config{Dist: dist, Disks: map[string]string{"img-nowhere1": missing}}, []string{`no image "img-nowhere1"`, "img-webserv1"}},
		"disk without file": {sandbox.Config{Dist: dist, Disks: map[string]string{"img-webserv1": missing}}, []string{`"img-webserv1"`, missing}},
		"disk of a folder":  {sandbox.Config{Dist: dist, Disks: map[string]string{"img-webserv1": dist}}, []string{"not a regular file"}},
		"nothing built":     {sandbox.Config{Dist: t.TempDir()}, []string{"export.zip", "make package"}},
	} {
		c.cfg.Dir = t.TempDir()
		s, err := sandbox.New(c.cfg)
		if err == nil {
			s.Close()
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
	}
}

func TestListenTakesTheUsualName(t *testing.T) {
	t.Parallel()
	if s := start(t, sandbox.Config{Listen: "localhost:0"}); !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Errorf("URL %s", s.URL())
	}
}

func TestCloseRightAfterNew(t *testing.T) {
	t.Parallel()
	for range 5 {
		s, err := sandbox.New(sandbox.Config{Dir: t.TempDir(), Dist: filepath.Join(built, "dist")})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := sandbox.New(sandbox.Config{Dir: dir, Dist: filepath.Join(built, "dist")})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, s, "GET", "/healthz", ""); status != http.StatusOK {
		t.Errorf("healthz: %d %s", status, body)
	}
	if processes(t, dir) == 0 {
		t.Error("no process of a function while it runs; this test sees none")
	}
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if n := processes(t, dir); n != 0 {
		t.Errorf("%d processes after Close", n)
	}
}

// processes counts the processes whose program lies below dir.
func processes(t *testing.T, dir string) (n int) {
	t.Helper()
	programs, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		if exe, err := os.Readlink(p); err == nil && strings.HasPrefix(exe, dir) {
			n++
		}
	}
	return n
}

func TestRestartKeepsBuckets(t *testing.T) {
	t.Parallel()
	cfg := sandbox.Config{Dir: t.TempDir(), Dist: filepath.Join(built, "dist")}
	first, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := cosClient(t, first, sandbox.ImageBucket, sandbox.Region, env(t, first, "TENCENTCLOUD_SECRET_KEY"))
	if _, err := c.Object.Put(t.Context(), "kept", strings.NewReader("x"), nil); err != nil {
		t.Error(err)
	}
	ca, err := os.ReadFile(env(t, first, "SSL_CERT_FILE"))
	if err != nil {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}

	second := start(t, cfg)
	if _, err := second.COS.Head(sandbox.ImageBucket, "kept"); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if again, err := os.ReadFile(env(t, second, "SSL_CERT_FILE")); err != nil || !bytes.Equal(ca, again) {
		t.Errorf("the restarted sandbox has another CA (%v)", err)
	}
}

// A folder may be named from where the sandbox was started, and be named oddly;
// the functions and other programs run elsewhere.
func TestRelativeFolderWithAnOddName(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "it's $HOME `x` 目录")
	relative, err := filepath.Rel(here, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Parallel()
	s := start(t, sandbox.Config{Dir: relative, Speed: 1000})
	if status, body := ask(t, s, "GET", "/v1/exports", "", "Authorization", "Bearer "+s.Token()); status != http.StatusOK {
		t.Errorf("the function cannot work: %d %s", status, body)
	}

	c := exec.CommandContext(t.Context(), "sh", "-c", `eval "$("$1" sandbox env --listen "$2")" && cat "$SSL_CERT_FILE"`,
		"sh", filepath.Join(built, "bin", "imageferry"), strings.TrimPrefix(s.URL(), "http://"))
	c.Dir = t.TempDir()
	out, err := c.Output()
	if err != nil || !bytes.HasPrefix(out, []byte("-----BEGIN CERTIFICATE-----")) {
		t.Errorf("the shell reads as SSL_CERT_FILE %q, %v", out, err)
	}
}
