package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestGeneratedFilesAreCurrent generates all files and compares them, byte for byte, with those in the tree.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	for _, pkg := range []string{"escape", "deep", "fixed"} {
		dir := t.TempDir()
		if err := run(pkg, dir); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{assembly, declarations} {
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("..", "..", pkg, name))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("renderer/%s/%s is not what the generator makes; run: make generate", pkg, name)
			}
		}
	}
}
