package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
)

// TestWhatCanBeSaidIsSaid by some code: every error that is declared, and every constant of a kind of strings of the farm's own, is made by some expression. To compare
// with it, to look whether it is the cause, to list it, or to have it in a table by which errors are told apart makes none.
func TestWhatCanBeSaidIsSaid(t *testing.T) {
	t.Parallel()
	w := read(t, testenv.RepoRoot(t))
	require.Greater(t, len(w.declared), 150, "words were not found")
	for word, at := range w.declared {
		assert.True(t, w.made[word], "%s: %s is never made", at, word)
	}
}

// TestWhatMakesAWord looks at words that are made, and at words that are not.
func TestWhatMakesAWord(t *testing.T) {
	t.Parallel()
	w := newWords()
	w.file(t, "p.go", `package p
type Kind string
const (
	Made Kind = "made"
	Compared Kind = "compared"
	Listed Kind = "listed"
)
var (
	errMade = errors.New("made")
	errTold = errors.New("told apart")
	errInTable = errors.New("in a table")
)
var statuses = []struct{ err error; status int }{{errInTable, 500}}
func Kinds() []Kind { return []Kind{Made, Compared, Listed} }
func f(k Kind) error {
	switch {
	case k == Compared, errors.Is(nil, errTold):
		return fmt.Errorf("%w", errMade)
	}
	use(Made)
	return nil
}
`)
	var never []string
	for word := range w.declared {
		if !w.made[word] {
			never = append(never, word)
		}
	}
	slices.Sort(never)
	assert.Equal(t, []string{"p.Compared", "p.Listed", "p.errInTable", "p.errTold"}, never)
}

// words are those that packages declare, each named with its package, and those that some expression makes.
type words struct {
	declared map[string]token.Position
	made     map[string]bool
}

func newWords() *words { return &words{map[string]token.Position{}, map[string]bool{}} }

// read reads all code below a folder that the program is made of.
func read(tb testing.TB, root string) *words {
	tb.Helper()
	w := newWords()
	require.NoError(tb, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"tools", "internal", "findings", "testdata", "bin", "data", "deploy"}, name) || strings.HasSuffix(name, "test")) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			w.file(tb, path, nil)
		}
		return nil
	}))
	return w
}

// file reads one file: of its text, or from where it is.
func (w *words) file(tb testing.TB, path string, text any) {
	tb.Helper()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	require.NoError(tb, err)
	within := f.Name.Name
	w.declare(files, within, f)
	var parents []ast.Node
	ast.Inspect(f, func(n ast.Node) bool {
		if n == nil {
			parents = parents[:len(parents)-1]
			return true
		}
		if word := wordOf(within, n, parents); word != "" && makes(n, parents) {
			w.made[word] = true
		}
		parents = append(parents, n)
		return true
	})
}

// declare notes the errors, and the constants of named types of strings, that a file declares.
func (w *words) declare(files *token.FileSet, within string, f *ast.File) {
	for _, d := range f.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST && group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Values) != len(value.Names) {
				continue
			}
			for i, name := range value.Names {
				if isWord(value, value.Values[i]) && !isGiven(within, value.Type) {
					w.declared[within+"."+name.Name] = files.Position(name.Pos())
				}
			}
		}
	}
}

// isWord reports whether what is declared with a value is an error, or a constant of a type with a name of its own whose values are strings.
func isWord(of *ast.ValueSpec, value ast.Expr) bool {
	if call, ok := value.(*ast.CallExpr); ok {
		called, ok := call.Fun.(*ast.SelectorExpr)
		return ok && (isNamed(called.X, "errors") && called.Sel.Name == "New" || isNamed(called.X, "fmt") && called.Sel.Name == "Errorf")
	}
	text, isText := value.(*ast.BasicLit)
	kind, isNamedType := of.Type.(*ast.Ident)
	return isText && text.Kind == token.STRING && isNamedType && kind.Name != "string"
}

// isGiven reports whether a type is of what clients and operators say: code has to hear it, and says none of it by itself.
func isGiven(within string, kind ast.Expr) bool {
	named, ok := kind.(*ast.Ident)
	return ok && slices.Contains([]string{"spec.Formula", "spec.Method", "spec.Counts", "job.Priority", "api.Anonymous"}, within+"."+named.Name)
}

func isNamed(x ast.Expr, name string) bool {
	id, ok := x.(*ast.Ident)
	return ok && id.Name == name
}

// wordOf is the word that a node may be, with its package; empty if it is none, or stands where it is declared.
func wordOf(within string, n ast.Node, parents []ast.Node) string {
	id, ok := n.(*ast.Ident)
	if !ok || len(parents) == 0 {
		return ""
	}
	switch parent := parents[len(parents)-1].(type) {
	case *ast.SelectorExpr:
		if of, isIdent := parent.X.(*ast.Ident); isIdent && parent.Sel == id {
			return of.Name + "." + id.Name
		}
		if parent.Sel == id {
			return ""
		}
	case *ast.ValueSpec:
		if slices.Contains(parent.Names, id) {
			return ""
		}
	}
	return within + "." + id.Name
}

// makes reports whether an expression makes something of a word, by what it is within, from the inside.
func makes(n ast.Node, parents []ast.Node) bool {
	inTable, listed := false, false
	for i := len(parents) - 1; i >= 0; i-- {
		switch parent := parents[i].(type) {
		case *ast.CaseClause:
			if slices.ContainsFunc(parent.List, func(x ast.Expr) bool { return x.Pos() <= n.Pos() && n.End() <= x.End() }) {
				return false
			}
		case *ast.BinaryExpr:
			if parent.Op == token.EQL || parent.Op == token.NEQ {
				return false
			}
		case *ast.CallExpr:
			if called, ok := parent.Fun.(*ast.SelectorExpr); ok && (called.Sel.Name == "Is" && isNamed(called.X, "errors") || called.Sel.Name == "Contains" && isNamed(called.X, "slices")) {
				return false
			}
		case *ast.CompositeLit:
			_, listed = parent.Type.(*ast.ArrayType)
			inTable = true
		case *ast.FuncDecl:
			return !listed || !isList(parent)
		case *ast.GenDecl:
			return !inTable // of a table in the package
		}
	}
	return true
}

// isList reports whether a function is one that lists all words of a kind, and does nothing else.
func isList(f *ast.FuncDecl) bool {
	if f.Recv != nil || f.Type.Params.NumFields() > 0 || f.Body == nil || len(f.Body.List) != 1 {
		return false
	}
	_, returns := f.Body.List[0].(*ast.ReturnStmt)
	return returns
}
