package sandbox_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/imageferry/imageferry/internal/sandbox"
)

// exported exports an image as the console does and returns what lies in the
// bucket then.
func exported(t *testing.T, s *sandbox.Sandbox, image, prefix string) []byte {
	t.Helper()
	id, err := s.CVM.ConsoleExport(image, sandbox.ImageBucket, prefix)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the export's end", func() bool {
		for _, task := range s.CVM.Tasks() {
			if task.ID == id {
				return !task.Ended.IsZero()
			}
		}
		return false
	})
	c := cosClient(t, s, sandbox.ImageBucket, sandbox.Region, env(t, s, "TENCENTCLOUD_SECRET_KEY"))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	resp, err := c.Object.Get(ctx, prefix+"_xvda.raw", nil)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(readAll(t, resp.Body))
}

// TestAnyFileIsADisk: the sandbox must not mend what somebody wants to see found.
func TestAnyFileIsADisk(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "disk")
	whole := bytes.Repeat([]byte("0123456789abcdef"), 3<<16) // three parts
	write := func(b []byte) {
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(whole)
	s := start(t, sandbox.Config{Speed: 1000, Rate: 1 << 30, Disks: map[string]string{"img-webserv1": file}})
	for i, b := range [][]byte{
		whole,
		[]byte("This is no disk.\n"), // swapped between exports: every export reads anew
		whole[:len(whole)/2+7],       // truncated, and no whole sectors
		{},
		qcow2With(t, "/nowhere/base.raw"),
	} {
		write(b)
		if got := exported(t, s, "img-webserv1", fmt.Sprintf("try-%d", i)); !bytes.Equal(got, b) {
			t.Errorf("export %d has %d bytes, want the %d of the file", i, len(got), len(b))
		}
	}
}

// qcow2With returns a disk that names another as its base, or what is as good here
// where qemu-img is missing.
func qcow2With(t *testing.T, base string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "overlay.qcow2")
	if err := exec.Command("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-b", base, "-F", "raw", file, "1G").Run(); err != nil {
		return []byte("QFI\xfb without qemu-img")
	}
	b, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(b), base) {
		t.Fatalf("the overlay does not name its base: %v", err)
	}
	return b
}

// TestMissingDiskFileEndsTheTask: a file that went away after the start.
func TestMissingDiskFileEndsTheTask(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(file, make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	s := start(t, sandbox.Config{Speed: 1000, Disks: map[string]string{"img-webserv1": file}})
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CVM.ConsoleExport("img-webserv1", sandbox.ImageBucket, "gone"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the task's end", func() bool {
		tasks := s.CVM.Tasks()
		last := tasks[len(tasks)-1]
		return !last.Ended.IsZero() && last.Reason != "" && last.Ended.Sub(last.Started) < time.Hour
	})
	if _, err := s.COS.Head(sandbox.ImageBucket, "gone_xvda.raw"); err == nil {
		t.Error("a file landed all the same")
	}
}
