package renderer

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFilesReferToThoseAboveThem holds the package's files against the list in its page: all are in it, and none uses a
// type, function, variable or constant of one further down.
func TestFilesReferToThoseAboveThem(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	var order []string
	for _, name := range regexp.MustCompile(`\w+\.go\b`).FindAllString(string(page), -1) {
		if !slices.Contains(order, name) {
			order = append(order, name)
		}
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.go") || name == "doc.go" })
	require.ElementsMatch(t, files, order, "the page lists every file")

	trees, home := map[string]*ast.File{}, map[string]int{} // where a name is declared, by its place in the order
	for place, name := range order {
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		trees[name] = tree
		for _, declared := range packageNames(tree) {
			home[declared] = place
		}
	}
	for place, name := range order {
		for _, used := range trees[name].Unresolved {
			if of, ok := home[used.Name]; ok {
				assert.LessOrEqual(t, of, place, "%s uses %s of %s", name, used.Name, order[of])
			}
		}
	}
}

// packageNames are those that a file declares for the whole package, without methods.
func packageNames(tree *ast.File) (names []string) {
	for _, declaration := range tree.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, one := range d.Specs {
				switch s := one.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						names = append(names, name.Name)
					}
				}
			}
		}
	}
	return names
}
