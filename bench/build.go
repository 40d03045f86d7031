package main

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/imageferry/imageferry/internal/image"
	"github.com/imageferry/imageferry/internal/plan"
)

// buildPeer builds a command of this directory as `make build` builds the
// functions.
func buildPeer(dir, name string) (binary string, err error) {
	binary = filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", binary, "./bench/"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return binary, cmd.Run()
}

// deploy unpacks a function's zip, as it is deployed, and puts the benchmark's
// plans in the place of its own. It returns the binary.
func deploy(dist, dir, name string) (binary string, err error) {
	z, err := zip.OpenReader(filepath.Join(dist, name+".zip"))
	if err != nil {
		return "", fmt.Errorf("%w; build the functions with make package", err)
	}
	defer z.Close()
	in, err := z.Open(name)
	if err != nil {
		return "", err
	}
	defer in.Close()
	home := filepath.Join(dir, name)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", err
	}
	binary = filepath.Join(home, name)
	out, err := os.OpenFile(binary, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return "", err
	}
	return binary, writePlans(filepath.Join(home, "plans.json"))
}

// The benchmark's plans: one image, a hundred that are refused, and one of these.
const (
	planOne     = "one"
	planHundred = "hundred"
	planRefused = "refused"
)

func writePlans(name string) error {
	of := func(ids ...string) plan.Plan {
		p := plan.Default()
		p.Deadline, p.Unchanged = 12*time.Hour, plan.Export // each round is to start an export
		for _, id := range ids {
			p.Images = append(p.Images, plan.Selector{ID: image.ID(id)})
		}
		return p
	}
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	refused := refusedImages()
	return errors.Join(plan.Document{Plans: plan.Set{planOne: of(oneImage), planHundred: of(refused...), planRefused: of(refused[0])}}.Write(out), out.Close())
}

// installNode gets the packages that node/package-lock.json pins, unless they are
// there. Its second result says why Node cannot take part, and what to do.
func installNode() (dir, missing string) {
	dir = filepath.Join("bench", "node")
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", program + " is not there: install Node.js 20 or newer with npm"
		}
	}
	lock, err := os.Stat(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return "", err.Error()
	}
	if got, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil && got.ModTime().After(lock.ModTime()) {
		return dir, ""
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", "npm ci failed in " + dir + ": " + err.Error()
	}
	return dir, ""
}
