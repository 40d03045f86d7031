package stories

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// tools are the programs of this module, built once for all stories.
type tools struct {
	dir string

	mu     sync.Mutex
	packed map[string]string // plans.yaml → folder with its zips
}

// build makes the functions as the Makefile does, and the command that packs
// them.
func build(t *testing.T) *tools {
	t.Helper()
	b := &tools{dir: t.TempDir(), packed: map[string]string{}}
	cmd := exec.Command("go", "build", "-tags", "nethttpomithttp2", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", b.dir,
		"./functions/export", "./functions/notify", "./cmd/imageferry")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return b
}

// pack returns a folder with the zips of both functions. Packing takes longer
// than most stories, so equal plans are packed once.
func (b *tools) pack(plans string) (dist string, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if dist := b.packed[plans]; dist != "" {
		return dist, nil
	}
	dist = filepath.Join(b.dir, fmt.Sprintf("dist-%d", len(b.packed)+1))
	if err := os.Mkdir(dist, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dist, "plans.yaml")
	if err := os.WriteFile(file, []byte(plans), 0o644); err != nil {
		return "", err
	}
	cmd := exec.Command("./imageferry", "package", "--plans", file, "--out", dist, "export", "notify")
	cmd.Dir = b.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("imageferry package: %w\n%s", err, out)
	}
	b.packed[plans] = dist
	return dist, nil
}
