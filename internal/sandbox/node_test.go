package sandbox_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/imageferry/imageferry/internal/sandbox"
)

func TestNodeSDKs(t *testing.T) {
	modules := nodeModules(t)
	t.Parallel()
	s := start(t, sandbox.Config{})
	keys, err := json.Marshal(oddKeys)
	if err != nil {
		t.Fatal(err)
	}
	urls := strings.Fields(node(t, s, modules, "cos.mjs", string(keys), filepath.Join(t.TempDir(), "big.bin")))
	if len(urls) != len(oddKeys) {
		t.Fatalf("%d URLs, want %d", len(urls), len(oddKeys))
	}
	client := &http.Client{Transport: through(t, s)}
	for i, key := range oddKeys {
		resp, err := client.Get(urls[i])
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, resp.Body); got != "hello "+key {
			t.Errorf("what Node signed for %q gives %s", key, got)
		}
	}

	node(t, s, modules, "cvm.mjs")
	if tasks := s.CVM.Tasks(); len(tasks) != 1 || tasks[0].Files[0].Prefix != "from-node" {
		t.Errorf("tasks after cvm.mjs: %+v", tasks)
	}
}

// node runs a program of testdata/node and returns what it printed.
func node(t *testing.T, s *sandbox.Sandbox, modules, program string, args ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "node", program))
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	c := exec.CommandContext(t.Context(), "node", append([]string{"--input-type=module", "-"}, args...)...)
	c.Dir, c.Stdin, c.Stdout, c.Stderr = modules, bytes.NewReader(text), &stdout, &stderr
	c.Env = append([]string{"PATH=" + os.Getenv("PATH")}, s.Env()...)
	if err := c.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", program, err, &stdout, &stderr)
	}
	return stdout.String()
}

// offline is what npm says where it cannot reach its registry.
var offline = regexp.MustCompile(`ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH`)

// nodeModules returns a folder with the packages of testdata/node installed, and
// installs them if no earlier run did.
func nodeModules(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed")
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	lock, err := os.ReadFile(filepath.Join("testdata", "node", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	dir := filepath.Join(cache, "imageferry-test", "node-"+hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "new-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	if err := os.CopyFS(fresh, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	c.Dir = fresh
	if out, err := c.CombinedOutput(); offline.Match(out) {
		t.Skipf("npm cannot reach its registry: %s", out)
	} else if err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	os.Rename(fresh, dir) // fails if another run was faster, which is as good
	return dir
}
