package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// result is who noticed a mutant.
type result struct {
	mutant
	failed bool   // the regression test did
	seen   string // what the simulator saw; empty if nothing
}

func (r result) caught() bool {
	return (r.test == "" || r.failed) && (r.unseen != "" || r.seen != "") && (r.test != "" || r.unseen == "")
}

func (r result) String() string {
	var parts []string
	switch {
	case r.test == "":
	case r.failed:
		parts = append(parts, "fails "+r.test)
	default:
		parts = append(parts, "SURVIVES "+r.test)
	}
	switch {
	case r.seen != "":
		parts = append(parts, r.seen)
	case r.unseen == "":
		parts = append(parts, "SURVIVES the simulator")
	}
	return strings.Join(parts, "; ")
}

// hunt builds a mutant and lets its regression test and the simulator at it.
func hunt(ctx context.Context, root string, m mutant, seeds int) (result, error) {
	r := result{mutant: m}
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	overlay, err := m.overlay(root, dir)
	if err != nil {
		return r, err
	}
	if m.test != "" {
		if r.failed, err = regress(ctx, root, overlay, m.test); err != nil {
			return r, err
		}
	}
	if m.unseen == "" {
		r.seen, err = simulate(ctx, root, dir, overlay, seeds)
	}
	return r, err
}

// regress reports whether a test fails on the mutant.
func regress(ctx context.Context, root, overlay, test string) (bool, error) {
	pkg, name, _ := strings.Cut(test, ".")
	out, err := command(ctx, root, "go", "test", "-overlay", overlay, "-count=1", "-run", "^"+name+"$", "./"+pkg)
	switch {
	case err == nil && strings.Contains(out, "no tests to run"):
		return false, fmt.Errorf("there is no test %s", test)
	case err == nil:
		return false, nil
	case strings.Contains(out, "[build failed]"), strings.Contains(out, "[setup failed]"):
		return false, fmt.Errorf("does not compile:\n%s", out)
	}
	return true, nil
}

// simulate runs the simulator until it sees a violation, and says at which seed.
func simulate(ctx context.Context, root, dir, overlay string, seeds int) (string, error) {
	program := filepath.Join(dir, "simulate")
	if out, err := command(ctx, root, "go", "build", "-overlay", overlay, "-o", program, "./internal/sim/simulate"); err != nil {
		return "", fmt.Errorf("does not compile:\n%s", out)
	}
	out, err := command(ctx, root, program, "-seeds", strconv.Itoa(seeds), "-until-violation")
	if err == nil {
		return "", nil
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 1 {
		return "", fmt.Errorf("the simulator broke: %w\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return lines[len(lines)-1], nil
}

func command(ctx context.Context, dir, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	out, err := c.CombinedOutput()
	return string(out), err
}
