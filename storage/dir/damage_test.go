//go:build linux || darwin || freebsd || netbsd

package dir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"mandelfarm/storage"
	"mandelfarm/storage/storagetest"
)

// recordName is what the package documentation says it is.
const recordName = "user.mandelfarm.sum"

func TestDamage(t *testing.T) {
	t.Parallel()
	storagetest.RunDamage(t, func(t *testing.T) (storage.Store, storagetest.Damager) {
		t.Helper()
		root := t.TempDir()
		return open(t, root), damager{root}
	})
}

// damager changes the files below a root.
type damager struct{ root string }

func (d damager) path(key string) string { return filepath.Join(d.root, key) }

// Edit changes a file in place.
func (d damager) Edit(t *testing.T, key string, change func(data []byte) []byte) {
	t.Helper()
	storagetest.EditFile(t, d.path(key), change)
}

// Copy copies a file with its attributes.
func (d damager) Copy(t *testing.T, from, to string) {
	t.Helper()
	storagetest.CopyFile(t, d.path(from), d.path(to))
}

// Forget removes the attribute.
func (d damager) Forget(t *testing.T, key string) {
	t.Helper()
	storagetest.RemoveAttribute(t, d.path(key), recordName)
}

// TestTheRecordIsAnAttribute, and the file has the object's bytes alone. Moved
// with its attributes to another folder it is the same object; renamed it is not.
func TestTheRecordIsAnAttribute(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := open(t, root)
	require.True(t, s.Checks())
	require.NoError(t, s.Put(t.Context(), "renders/a.png", "", strings.NewReader("123456789")))
	path := filepath.Join(root, "renders", "a.png")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "123456789", string(data))
	require.Regexp(t, `^9 4waSgw== [A-Za-z0-9+/]{6}==$`, attribute(t, path))

	require.NoError(t, os.Rename(path, filepath.Join(root, "renders", "b.png")))
	require.ErrorIs(t, storage.Verify(t.Context(), s, "renders/b.png"), storage.ErrDamaged)
	moved := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(moved, "renders"), 0o700))
	require.NoError(t, os.Rename(filepath.Join(root, "renders", "b.png"), filepath.Join(moved, "renders", "a.png")))
	require.NoError(t, storage.Verify(t.Context(), open(t, moved), "renders/a.png"))
}

// TestDamagedRecords has attributes that nobody wrote so.
func TestDamagedRecords(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := open(t, root)
	require.NoError(t, s.Create(t.Context(), "a", "", []byte("data")))
	good := attribute(t, filepath.Join(root, "a"))
	for _, bad := range []string{"", " ", good + " ", good[:len(good)-1], "5" + good[1:], strings.Repeat("x", 1000)} {
		require.NoError(t, unix.Setxattr(filepath.Join(root, "a"), recordName, []byte(bad), 0))
		_, err := s.Stat(t.Context(), "a")
		require.ErrorIs(t, err, storage.ErrDamaged, "%.40q", bad)
	}
	require.NoError(t, unix.Setxattr(filepath.Join(root, "a"), recordName, []byte(good), 0))
	require.NoError(t, storage.Verify(t.Context(), s, "a"))
}

func attribute(t *testing.T, path string) string {
	t.Helper()
	value := make([]byte, 1000)
	n, err := unix.Getxattr(path, recordName, value)
	require.NoError(t, err)
	return string(value[:n])
}

// TestAFileCutWhileItIsRead does not end as if it were whole.
func TestAFileCutWhileItIsRead(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := open(t, root)
	require.NoError(t, s.Create(t.Context(), "a", "", make([]byte, 1000)))
	for _, length := range []int64{-1, 900} {
		require.NoError(t, s.Put(t.Context(), "a", "", strings.NewReader(strings.Repeat("x", 1000))))
		body, _, err := s.Get(t.Context(), "a", 0, length)
		require.NoError(t, err)
		require.NoError(t, os.Truncate(filepath.Join(root, "a"), 500))
		n, err := discard(body)
		require.ErrorIs(t, err, storage.ErrDamaged)
		require.Equal(t, int64(500), n)
		require.NoError(t, body.Close())
	}
}
