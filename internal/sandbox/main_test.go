package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/imageferry/imageferry/internal/sandbox"
)

// patience is how long tests wait for what should take a moment.
const patience = time.Minute

// built holds what a checkout has after make package: the command in bin, the
// functions' zips in dist.
var built string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		fmt.Println("skipped: the functions are programs for linux/amd64")
		return 0
	}
	dir, err := os.MkdirTemp("", "sandbox-test-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := build(dir); err != nil {
		fmt.Println(err)
		return 1
	}
	built = dir
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Println(err)
		return 1
	}
	return code
}

func build(dir string) error {
	bin := filepath.Join(dir, "bin") + string(filepath.Separator)
	for _, args := range [][]string{
		{"go", "build", "-o", bin, "../../functions/export", "../../functions/notify", "../../cmd/imageferry"},
		{bin + "imageferry", "package", "--plans", "../../plans.yaml", "--out", filepath.Join(dir, "dist"), bin + "export", bin + "notify"},
	} {
		c := exec.Command(args[0], args[1:]...)
		c.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(args[:2], " "), err, out)
		}
	}
	return nil
}

// start runs a sandbox for the time of a test. Empty fields of the configuration
// get values for tests.
func start(t *testing.T, cfg sandbox.Config) *sandbox.Sandbox {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.Dist == "" {
		cfg.Dist = filepath.Join(built, "dist")
	}
	s, err := sandbox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// env returns the value that Env gives a variable.
func env(t *testing.T, s *sandbox.Sandbox, name string) string {
	t.Helper()
	for _, v := range s.Env() {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	t.Fatalf("Env has no %s", name)
	return ""
}

// through returns a transport as a Go program has it whose environment is Env.
func through(t *testing.T, s *sandbox.Sandbox) *http.Transport {
	t.Helper()
	proxy, err := url.Parse(env(t, s, "HTTPS_PROXY"))
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := os.ReadFile(env(t, s, "SSL_CERT_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	tr := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// ask sends a request to the sandbox's own address and returns status and body.
func ask(t *testing.T, s *sandbox.Sandbox, method, path, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	tr := &http.Transport{DisableKeepAlives: true}
	resp, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, readAll(t, resp.Body)
}

func readAll(t *testing.T, body io.ReadCloser) string {
	t.Helper()
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}
