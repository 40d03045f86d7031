package main

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// static is the Makefile's command for the functions' binaries.
var static = regexp.MustCompile(`(?m)^STATIC\s*:=\s*(.+)$`)

// TestSize builds the functions as `make build` does. One line that lets the
// linker keep all methods of an SDK's client costs 3 MB, and shows nowhere else.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two binaries")
	}
	t.Parallel()
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	command := static.FindSubmatch(makefile)
	if command == nil {
		t.Fatal("the Makefile has no line STATIC := …; it says how functions are built")
	}
	for _, name := range []string{"export", "notify"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			binary := filepath.Join(t.TempDir(), name)
			cmd := exec.Command("sh", "-c", string(command[1])+` -o "$0" "./functions/$1"`, binary, name)
			cmd.Dir = ".."
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("build: %v\n%s", err, out)
			}
			info, err := os.Stat(binary)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size() > maxBinary {
				t.Errorf("%s has %d bytes, more than %d: look for what came in with go version -m and go tool nm -size -sort size on a build without -s",
					name, info.Size(), maxBinary)
			}
			isStatic(t, binary)
		})
	}
}

// isStatic checks that a binary needs no loader: SCF's image has an old libc.
func isStatic(t *testing.T, binary string) {
	t.Helper()
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Errorf("%s is linked dynamically", filepath.Base(binary))
		}
	}
}
