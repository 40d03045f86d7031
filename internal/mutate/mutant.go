package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var mutants = slices.Concat(claims, exports, wholes, tellings, plans)

// mutant is one rule taken out.
type mutant struct {
	name string
	why  string // what goes wrong in the world without the rule
	file string // from the root of the module

	from, to string // the text that holds the rule, found once in the file, and what stands there instead

	test   string // "package.TestName", a regression test that must fail; empty if only the simulator can see it
	unseen string // why the simulator cannot see it; empty if it must
}

// apply returns the changed source.
func (m mutant) apply(source string) (string, error) {
	if n := strings.Count(source, m.from); n != 1 {
		return "", fmt.Errorf("%s holds the text of mutant %s %d times, want once: write the mutant anew", m.file, m.name, n)
	}
	return strings.Replace(source, m.from, m.to, 1), nil
}

// overlay writes the changed source into dir and returns the file that tells the
// go command of it.
func (m mutant) overlay(root, dir string) (string, error) {
	name := filepath.Join(root, filepath.FromSlash(m.file))
	source, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	changed, err := m.apply(string(source))
	if err != nil {
		return "", err
	}
	copied, list := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(copied, []byte(changed), 0o644); err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]map[string]string{"Replace": {name: copied}})
	if err != nil {
		return "", err
	}
	return list, os.WriteFile(list, body, 0o644)
}
