package archtest

import (
	"cmp"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// file is what the rules look at in one Go file.
type file struct {
	name    string // slash-separated, from the module's root
	pkg     string // name in the package clause
	test    bool
	imports []string
	doc     string // comment above the package clause
}

func (f file) dir() string { return path.Dir(f.name) }

// ours returns the imported directories of this module.
func (f file) ours() (dirs []string) {
	for _, imp := range f.imports {
		if dir, ok := strings.CutPrefix(imp, module); ok {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// within reports whether a path is one of the trees or lies inside one.
func within(p string, trees []string) bool {
	return slices.ContainsFunc(trees, func(tree string) bool {
		return p == tree || strings.HasPrefix(p, tree+"/")
	})
}

// pkg is one directory with Go files; its doc is that of all its files.
type pkg struct{ dir, name, doc string }

func packages(files []file) []pkg {
	byDir := make(map[string]*pkg)
	for _, f := range files {
		p := byDir[f.dir()]
		if p == nil {
			p = &pkg{dir: f.dir(), name: strings.TrimSuffix(f.pkg, "_test")}
			byDir[f.dir()] = p
		}
		p.doc += f.doc
	}
	var list []pkg
	for _, p := range byDir {
		list = append(list, *p)
	}
	slices.SortFunc(list, func(a, b pkg) int { return cmp.Compare(a.dir, b.dir) })
	return list
}

// readModule parses the heads of all Go files of the module, once.
func readModule(t *testing.T) []file {
	t.Helper()
	files, err := parseModule()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(files, func(f file) bool { return f.name == "internal/archtest/module_test.go" }) {
		t.Fatal("the module's root is not where this test thinks it is")
	}
	return files
}

var parseModule = sync.OnceValues(func() (files []file, err error) {
	root := os.DirFS("../..")
	err = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && ignored(d.Name()):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go"):
			return nil
		}
		f, err := parseFile(root, name)
		files = append(files, f)
		return err
	})
	return files, err
})

// ignored tells the directories that the go command passes over, and those of
// other languages' packages.
func ignored(dir string) bool {
	return dir != "." && strings.HasPrefix(dir, ".") || strings.HasPrefix(dir, "_") ||
		slices.Contains([]string{"testdata", "vendor", "node_modules"}, dir)
}

func parseFile(root fs.FS, name string) (file, error) {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return file{}, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return file{}, err
	}
	f := file{name: name, pkg: tree.Name.Name, test: strings.HasSuffix(name, "_test.go"), doc: tree.Doc.Text()}
	for _, spec := range tree.Imports {
		imp, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return file{}, err
		}
		f.imports = append(f.imports, imp)
	}
	return f, nil
}
