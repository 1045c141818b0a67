package testenv

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// AnotherVersion returns the file that go build is told by -overlay, so that the renderer is of another version and nothing else changes.
func AnotherVersion(tb testing.TB) (overlay string) {
	tb.Helper()
	overlay = filepath.Join(tb.TempDir(), "overlay.json")
	if err := overlayVersion(overlay, filepath.Join(RepoRoot(tb), "renderer/spec/id.go")); err != nil {
		tb.Fatalf("another version of the renderer: %v", err)
	}
	return overlay
}

// overlayVersion writes an overlay, and beside it what stands for the source that declares the version.
func overlayVersion(overlay, source string) error {
	text, err := os.ReadFile(source) //nolint:gosec // the project's
	if err != nil {
		return err
	}
	declared := regexp.MustCompile(`const Version = "[^"]*"`)
	if len(declared.FindAll(text, -1)) != 1 {
		return errors.New(source + " does not declare it")
	}
	changed := filepath.Join(filepath.Dir(overlay), "id.go")
	replacements, err := json.Marshal(map[string]map[string]string{"Replace": {source: changed}})
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(changed, declared.ReplaceAll(text, []byte(`const Version = "another"`)), 0o600), //nolint:gosec // below a folder of the test's
		os.WriteFile(overlay, replacements, 0o600),
	)
}
