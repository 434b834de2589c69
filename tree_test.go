// Package loopbridge_test holds the rules that concern the whole tree.
package loopbridge_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/loopbridge/loopbridge"

// goFile is one file of the tree, whatever its build tags.
type goFile struct {
	path string // from the root of the module
	pkg  string // its directory; "." is the root
	test bool
	text []byte
	ast  *ast.File
	fset *token.FileSet
}

func (f goFile) imports() []string {
	var paths []string
	for _, spec := range f.ast.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		paths = append(paths, p)
	}
	return paths
}

// at is a place in the file, for messages.
func (f goFile) at(n ast.Node) string { return f.fset.Position(n.Pos()).String() }

// goFiles parses every Go file.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	fset := token.NewFileSet()
	for _, name := range sources(t, ".go") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.ToSlash(name)
		parsed, err := parser.ParseFile(fset, name, text, parser.ParseComments)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		files = append(files, goFile{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), text, parsed, fset})
	}
	if len(files) < 10 {
		t.Fatalf("only %d Go files found", len(files))
	}
	return files
}

// sources lists the files that end in one of exts, but for hidden directories,
// what a build makes, and testdata.
func sources(t *testing.T, exts ...string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() && name != "." && (strings.HasPrefix(base, ".") || base == "bin" || base == "testdata" || base == "vendor") {
			return filepath.SkipDir
		}
		for _, ext := range exts {
			if !d.IsDir() && !strings.HasPrefix(base, ".") && filepath.Ext(name) == ext {
				names = append(names, name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
