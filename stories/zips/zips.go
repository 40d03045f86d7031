// Package zips makes what the stories deploy: both functions, built and packed as
// make package does it. Programs are built once for a test binary, and packed once
// for each plans.yaml.
package zips

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Programs are the functions and the command of this module.
type Programs struct {
	Dir  string // where the binaries lie
	Root string // of the module

	mu     sync.Mutex
	packed map[string]string // plans.yaml → folder with its zips
}

// Build builds the functions as the Makefile does, and the command that packs
// them, into a temporary folder of t.
func Build(t *testing.T) *Programs {
	t.Helper()
	p := &Programs{Dir: t.TempDir(), packed: map[string]string{}}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		t.Fatalf("find the module: %v", err)
	}
	cmd := exec.Command("go", "build", "-tags", "nethttpomithttp2", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", p.Dir,
		"./functions/export", "./functions/notify", "./cmd/imageferry")
	p.Root = strings.TrimSpace(string(root))
	cmd.Dir = p.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return p
}

// Pack returns a folder with export.zip and notify.zip for a plans.yaml. Packing
// takes longer than most stories, so equal plans are packed once.
func (p *Programs) Pack(plans string) (dist string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if dist := p.packed[plans]; dist != "" {
		return dist, nil
	}
	dist = filepath.Join(p.Dir, fmt.Sprintf("dist-%d", len(p.packed)+1))
	if err := os.Mkdir(dist, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dist, "plans.yaml")
	if err := os.WriteFile(file, []byte(plans), 0o644); err != nil {
		return "", err
	}
	cmd := exec.Command("./imageferry", "package", "--plans", file, "--out", dist, "export", "notify")
	cmd.Dir = p.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("imageferry package: %w\n%s", err, out)
	}
	p.packed[plans] = dist
	return dist, nil
}
