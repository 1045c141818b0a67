package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/ledger"
	"mandelfarm/worker"
)

// pages are the documentation, by file name.
func pages(tb testing.TB) map[string]string {
	tb.Helper()
	root := testenv.RepoRoot(tb)
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(tb, err)
	all := make(map[string]string)
	for _, file := range append(files, filepath.Join(root, "README.md"), filepath.Join(root, "ARCHITECTURE.md")) {
		text, err := os.ReadFile(file)
		require.NoError(tb, err)
		all[filepath.Base(file)] = string(text)
	}
	return all
}

// TestDocsNameWhatThereIs: every setting, flag, target of make, test and fault that documentation names is there.
func TestDocsNameWhatThereIs(t *testing.T) {
	t.Parallel()
	settings, flags := settingsThatAre()
	makefile, deployed := sources(t, "Makefile"), sources(t, "docker-compose.yml")+sources(t, ".yaml")
	tests := sources(t, "_test.go")
	faults := sources(t, filepath.Join("tools", "chaos", "faults.go")) + sources(t, filepath.Join("tools", "chaos", "clock_linux_amd64.go"))
	for name, page := range pages(t) {
		for _, kind := range []struct {
			what  string
			named *regexp.Regexp
			is    func(name string) bool
		}{
			{"setting", regexp.MustCompile("`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`"), func(name string) bool {
				return slices.Contains(settings, name) || slices.Contains(othersSettings(), name) || strings.Contains(makefile, "$("+name) || strings.Contains(deployed, name)
			}},
			{"flag", regexp.MustCompile("(?:`|mandelfarm [^`\n]*)--([a-z][a-z-]+)"), func(name string) bool { return slices.Contains(flags, name) || slices.Contains(othersFlags(), name) }},
			{"target of make", regexp.MustCompile("`make ([a-z][a-z0-9-]*)"), func(name string) bool { return strings.Contains(makefile, "\n"+name+":") }},
			{"test", regexp.MustCompile(`\b(Test[A-Z]\w+(?:\.\.\.)?)`), func(name string) bool {
				some, areSome := strings.CutSuffix(name, "...")
				return strings.Contains(tests, "func "+name+"(") || areSome && strings.Contains(tests, "func "+some)
			}},
			{"fault", regexp.MustCompile(`FAULT='([^']+)'`), func(name string) bool { return strings.Contains(faults, `"`+name+`"`) }},
		} {
			for _, found := range kind.named.FindAllStringSubmatch(page, -1) {
				assert.True(t, kind.is(found[1]), "%s names a %s that is not there: %s", name, kind.what, found[1])
			}
		}
	}
}

// settingsThatAre are the variables and the flags of all commands, those below others among them.
func settingsThatAre() (variables, flags []string) {
	flags = []string{"help", "version"} // which are there when a command runs
	for todo := commands(); len(todo) > 0; todo = todo[1:] {
		if todo[0].HasParent() {
			todo = append(todo, todo[0].Commands()...)
		}
		todo[0].Flags().VisitAll(func(f *pflag.Flag) {
			variables, flags = append(variables, variable(f.Name)), append(flags, f.Name)
		})
	}
	return variables, flags
}

// othersSettings are those of the libraries that the farm is made of, and othersFlags those of programs that documentation tells how to run.
func othersSettings() []string {
	return []string{
		"AWS_PROFILE", "AWS_ROLE_ARN", "AWS_SESSION_TOKEN", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "CGO_ENABLED", "MANDELFARM_COLLECTION",
		"OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
	}
}

func othersFlags() []string {
	return []string{"build-arg", "from-literal", "metadata", "no-deps", "profile", "scale", "tail"}
}

// sources are the texts of all files whose paths end so.
func sources(tb testing.TB, suffix string) string {
	tb.Helper()
	var all strings.Builder
	root := testenv.RepoRoot(tb)
	require.NoError(tb, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && path != root && strings.HasPrefix(entry.Name(), ".") {
				return filepath.SkipDir
			}
			return err
		}
		if strings.HasSuffix(path, suffix) {
			text, err := os.ReadFile(path)
			all.Write(text)
			return err
		}
		return nil
	}))
	return all.String()
}

// TestMetricsTellWhatTheDocumentationSays: of labels whose values documentation lists, these are those of the code.
func TestMetricsTellWhatTheDocumentationSays(t *testing.T) {
	t.Parallel()
	var outcomes, kinds []string
	for _, o := range worker.Outcomes() {
		outcomes = append(outcomes, string(o))
	}
	for _, k := range ledger.Kinds() {
		kinds = append(kinds, string(k))
	}
	for metric, want := range map[string][]string{"mandelfarm_tasks_total": outcomes, "mandelfarm_damaged_total": kinds} {
		row := regexp.MustCompile("(?m)^\\| `" + metric + "` .*$").FindString(pages(t)["metrics.md"])
		for _, word := range want {
			assert.Contains(t, row, "`"+word+"`", "%s", metric)
		}
	}
}
