package dir_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/internal/testenv"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/storagetest"
)

// TestFullDisk fills one.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if !testenv.InNamespace(t, 0) {
		return
	}
	root := testenv.Mount(t, "tmpfs", "size=1m")
	s := open(t, root)
	require.NoError(t, s.Ping(t.Context()))
	var stored []string
	var err error
	for i := 0; err == nil; i++ {
		key := fmt.Sprintf("renders/%d", i)
		if err = s.Put(t.Context(), key, "", bytes.NewReader(make([]byte, 100_000))); err == nil {
			stored = append(stored, key)
		}
	}
	requireRefused(t, s, err, storage.ErrNoSpace, "no space left on device")
	// What is left is less than the block that a Ping writes.
	for err = nil; err == nil; {
		err = s.Put(t.Context(), fmt.Sprintf("small/%d", len(keys(t, s, "", ""))), "", strings.NewReader("x"))
	}
	requireRefused(t, s, err, storage.ErrNoSpace, "no space left on device")
	requireRefused(t, s, s.Create(t.Context(), "created", "", []byte("x")), storage.ErrNoSpace, "no space left on device")
	require.ErrorIs(t, s.Ping(t.Context()), storage.ErrNoSpace)
	require.ErrorContains(t, s.Ping(t.Context()), root)

	again := open(t, root)
	require.True(t, again.Checks(), "a full disk can be opened")
	for _, key := range stored {
		require.NoError(t, storage.Verify(t.Context(), again, key))
	}
	require.NoError(t, again.Delete(t.Context(), stored[0]))
	require.NoError(t, again.Ping(t.Context()))
	require.NoError(t, again.Put(t.Context(), "a", "", strings.NewReader("x")))
}

// requireRefused checks the error of a write, and that it left nothing.
func requireRefused(t *testing.T, s *dir.Store, err, want error, word string) {
	t.Helper()
	var failure *storage.Error
	require.ErrorAs(t, err, &failure)
	require.ErrorIs(t, err, want)
	require.ErrorContains(t, err, word)
	_, err = s.Stat(t.Context(), failure.Key)
	require.ErrorIs(t, err, storage.ErrNotFound)
}

// TestReadOnlyDisk makes one so under an open store.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	if !testenv.InNamespace(t, 0) {
		return
	}
	root := testenv.Mount(t, "tmpfs", "")
	s := open(t, root)
	require.NoError(t, s.Create(t.Context(), "a/b", "", []byte("data")))
	testenv.MountReadOnly(t, root)
	requireReadOnly(t, s, root, "read-only file system")
}

// TestFolderOfSomebodyElse may be read, and not written to.
func TestFolderOfSomebodyElse(t *testing.T) {
	t.Parallel()
	if !testenv.InNamespace(t, 1000) {
		return
	}
	root := t.TempDir()
	s := open(t, root)
	require.NoError(t, s.Create(t.Context(), "a/b", "", []byte("data")))
	folders := []string{filepath.Join(root, ".tmp~"), filepath.Join(root, "a"), root}
	for _, folder := range folders {
		require.NoError(t, os.Chmod(folder, 0o500))
	}
	t.Cleanup(func() { // else the test's folder could not be removed
		for _, folder := range folders {
			_ = os.Chmod(folder, 0o700)
		}
	})
	requireReadOnly(t, s, root, "permission denied")
}

// requireReadOnly checks that every change is refused, and that "a/b" can be read.
func requireReadOnly(t *testing.T, s *dir.Store, root, word string) {
	t.Helper()
	requireRefused(t, s, s.Put(t.Context(), "c", "", strings.NewReader("x")), storage.ErrReadOnly, word)
	requireRefused(t, s, s.Create(t.Context(), "c", "", []byte("x")), storage.ErrReadOnly, word)
	err := s.Delete(t.Context(), "a/b")
	require.ErrorIs(t, err, storage.ErrReadOnly)
	require.ErrorContains(t, err, word)
	require.ErrorIs(t, s.Ping(t.Context()), storage.ErrReadOnly)
	require.NoError(t, storage.Verify(t.Context(), s, "a/b"))

	_, err = dir.Open(root)
	require.ErrorIs(t, err, storage.ErrReadOnly)
	require.ErrorContains(t, err, root)
	require.ErrorContains(t, err, word)
	_, err = dir.Open(filepath.Join(root, "new"))
	require.ErrorIs(t, err, storage.ErrReadOnly)
}

// TestReadersErrorsAreNoWordOnTheDisk, whatever they are.
func TestReadersErrorsAreNoWordOnTheDisk(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir())
	err := s.Put(t.Context(), "a", "", failing{&os.PathError{Op: "read", Path: "elsewhere", Err: os.ErrPermission}})
	require.ErrorIs(t, err, os.ErrPermission)
	require.NotErrorIs(t, err, storage.ErrReadOnly)
}

// failing is a reader that fails.
type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestWithoutAttributes has a file system without a place for records. Everything
// else works.
func TestWithoutAttributes(t *testing.T) {
	t.Parallel()
	if !testenv.InNamespace(t, 0) {
		return
	}
	folder := testenv.Mount(t, "ramfs", "")
	if !testing.Short() {
		storagetest.Run(t, func(t *testing.T) storage.Store {
			t.Helper()
			return open(t, filepath.Join(folder, filepath.Base(t.Name())))
		})
	}
	root := filepath.Join(folder, "damaged")
	s := open(t, root)
	require.False(t, s.Checks())
	require.NoError(t, s.Ping(t.Context()))
	require.NoError(t, s.Create(t.Context(), "a", "", []byte("data")))
	info, err := s.Stat(t.Context(), "a")
	require.NoError(t, err)
	require.Empty(t, info.Checksum)
	require.NoError(t, os.WriteFile(filepath.Join(root, "a"), []byte("DATA!"), 0o600))
	require.NoError(t, storage.Verify(t.Context(), s, "a"), "there is nothing to tell it by")
}
