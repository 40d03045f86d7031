// Package archtest holds the shape of this module: who may import whom, and
// that every package says what it is for. It has tests only, and reads source
// instead of compiling it, so that a broken package hides nothing.
//
// Each rule is a function from the files of the module to complaints. A
// complaint names the place, the rule and the way out. TestRulesBite shows to each
// rule files that break it.
package archtest

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/imageferry/imageferry/"

// order lists the production packages, lowest first. A package imports only
// what stands above it in this list; what lies below a listed directory belongs
// to it. A package that is not listed needs a place here: choose the
// lowest that does.
var order = []string{
	"internal/image",
	"internal/cron",
	"internal/pack",
	"internal/secret",
	"internal/outcome",
	"internal/diskimage",
	"internal/event",
	"internal/problem",
	"internal/httpevent",
	"internal/config",
	"internal/plan",
	"internal/ledger",
	"internal/manifest",
	"internal/notice",
	"internal/channel",
	"internal/fsck",
	"internal/export",
	"internal/api",
	"internal/tencent",
	"internal/ferry",
	"internal/function",
	"functions",
	"cmd",
}

// beside lists what stands outside the order: nothing in production may need it.
var beside = []string{"internal/sandbox", "internal/sim", "internal/mutate", "internal/scale", "internal/archtest", "bench", "stories"}

// vendors are the SDKs of the cloud, and vendorHomes the directories that may
// import them. Tests may, anywhere.
var (
	vendors     = []string{"github.com/tencentcloud", "github.com/tencentyun"}
	vendorHomes = []string{"internal/tencent", "functions", "internal/sandbox", "bench"}
)

// The sandbox is an independent reading of the platform's documents: it may
// use sandboxNeeds and nothing else of ours, and only sandboxUsers may use it.
var (
	sandboxUsers = []string{"internal/sandbox", "cmd/imageferry", "bench"}
	sandboxNeeds = []string{"internal/sandbox", "internal/cron", "internal/pack"}
)

// vague are package names that say nothing, and so collect anything.
var vague = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "misc", "base", "shared", "types"}

func TestVendors(t *testing.T) { t.Parallel(); report(t, checkVendors) }
func TestSandbox(t *testing.T) { t.Parallel(); report(t, checkSandbox) }
func TestOrder(t *testing.T)   { t.Parallel(); report(t, checkOrder) }
func TestNames(t *testing.T)   { t.Parallel(); report(t, checkNames) }
func TestDocs(t *testing.T)    { t.Parallel(); report(t, checkDocs) }

func report(t *testing.T, rule func([]file) []string) {
	t.Helper()
	for _, complaint := range rule(readModule(t)) {
		t.Error(complaint)
	}
}

func checkVendors(files []file) (complaints []string) {
	for _, f := range files {
		for _, imp := range f.imports {
			if within(imp, vendors) && !f.test && !within(f.dir(), vendorHomes) {
				complaints = append(complaints, fmt.Sprintf("%s imports %s: only %s may import a vendor's SDK; "+
					"declare an interface where you need it and implement it in internal/tencent",
					f.name, imp, strings.Join(vendorHomes, ", ")))
			}
		}
	}
	return complaints
}

func checkSandbox(files []file) (complaints []string) {
	for _, f := range files {
		if f.test {
			continue
		}
		for _, imp := range f.ours() {
			switch {
			case within(imp, sandboxUsers[:1]) && !within(f.dir(), sandboxUsers):
				complaints = append(complaints, fmt.Sprintf("%s imports %s: only %s and tests may; "+
					"production code knows nothing of the sandbox, so write it anew outside of it",
					f.name, imp, strings.Join(sandboxUsers, ", ")))
			case within(f.dir(), sandboxUsers[:1]) && !within(imp, sandboxNeeds):
				complaints = append(complaints, fmt.Sprintf("%s imports %s: the sandbox may only use %s; "+
					"read the platform's documents anew, or it will share our mistakes",
					f.name, imp, strings.Join(sandboxNeeds, ", ")))
			}
		}
	}
	return complaints
}

func checkOrder(files []file) (complaints []string) {
	for _, f := range files {
		if within(f.dir(), beside) {
			continue
		}
		from := rank(f.dir())
		if from < 0 {
			complaints = append(complaints, fmt.Sprintf("%s: package %s is in no list; "+
				"give it the lowest place that it can have in order in internal/archtest", f.name, f.dir()))
			continue
		}
		for _, imp := range f.ours() {
			if f.test || within(imp, sandboxUsers[:1]) { // checkSandbox has its own rule
				continue
			}
			if to := rank(imp); to < 0 || to > from || to == from && top(imp) != top(f.dir()) {
				complaints = append(complaints, fmt.Sprintf("%s imports %s: imports go downwards in the order of internal/archtest; "+
					"let %s declare what it needs as an interface, or move the shared part down", f.name, imp, f.dir()))
			}
		}
	}
	return complaints
}

// rank returns a package's place in order, or -1.
func rank(dir string) int {
	return slices.IndexFunc(order, func(listed string) bool { return within(dir, []string{listed}) })
}

// top returns the first two elements of a directory: two functions, or two
// commands, share a rank and are still strangers.
func top(dir string) string {
	parts := strings.Split(dir, "/")
	return path.Join(parts[:min(2, len(parts))]...)
}

func checkNames(files []file) (complaints []string) {
	for _, p := range packages(files) {
		for _, name := range []string{p.name, path.Base(p.dir)} {
			if slices.Contains(vague, name) {
				complaints = append(complaints, fmt.Sprintf("package %s: the name %q says nothing; "+
					"name it after what it provides, or move its parts to where they are used", p.dir, name))
				break
			}
		}
	}
	return complaints
}

func checkDocs(files []file) (complaints []string) {
	for _, p := range packages(files) {
		if n := sentences(p.doc); n < 2 {
			complaints = append(complaints, fmt.Sprintf("package %s: its comment has %d sentences, at least 2 are asked for; "+
				"say in one file above the package clause what the idea is, before any code", p.dir, n))
		}
	}
	return complaints
}

// sentences counts ends of sentences: a mark before white space or the end.
func sentences(doc string) (n int) {
	for _, word := range strings.Fields(doc) {
		if strings.ContainsAny(word[len(word)-1:], ".!?") || strings.HasSuffix(word, ".)") {
			n++
		}
	}
	return n
}
