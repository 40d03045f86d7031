package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"imageferry": main})
}

// TestCommand runs the scripts of what a person types and reads. What the
// sandbox does once it runs is told in package stories.
func TestCommand(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata",
		Setup: func(e *testscript.Env) error { return os.MkdirAll(e.Getenv("WORK")+"/bin", 0o755) },
	})
}
