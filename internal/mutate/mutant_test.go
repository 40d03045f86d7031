package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"testing"
)

// TestMutantsApply keeps the list true to the code: a mutant whose text has gone
// would quietly hold nothing any more.
func TestMutantsApply(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, m := range mutants {
		if m.name == "" || m.why == "" || names[m.name] {
			t.Errorf("mutant %q: want a name of its own and a reason", m.name)
		}
		names[m.name] = true
		if m.test == "" && m.unseen != "" {
			t.Errorf("mutant %s: neither a test nor the simulator need notice it", m.name)
		}
		source, err := os.ReadFile(filepath.Join("..", "..", m.file))
		if err != nil {
			t.Errorf("mutant %s: %v", m.name, err)
			continue
		}
		changed, err := m.apply(string(source))
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), m.file, changed, parser.AllErrors); err != nil {
			t.Errorf("mutant %s: %v", m.name, err)
		}
	}
	if len(names) < 25 {
		t.Errorf("%d mutants", len(names))
	}
}
