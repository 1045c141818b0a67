//go:build linux || darwin || freebsd || netbsd

package storagetest

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// EditFile makes of a file's bytes what change returns, in place.
func EditFile(t *testing.T, path string, change func(data []byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path) //nolint:gosec // the test's own
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, change(data), 0o600))
}

// CopyFile lays the bytes of a file and its extended attributes over another's.
func CopyFile(t *testing.T, from, to string) {
	t.Helper()
	EditFile(t, to, func([]byte) []byte {
		data, err := os.ReadFile(from) //nolint:gosec // the test's own
		require.NoError(t, err)
		return data
	})
	names := make([]byte, 64<<10)
	n, err := unix.Listxattr(from, names)
	require.NoError(t, err)
	value := make([]byte, 64<<10)
	for _, name := range strings.FieldsFunc(string(names[:n]), func(r rune) bool { return r == 0 }) {
		n, err := unix.Getxattr(from, name, value)
		require.NoError(t, err)
		require.NoError(t, unix.Setxattr(to, name, value[:n], 0))
	}
}

// RemoveAttribute removes an extended attribute of a file.
func RemoveAttribute(t *testing.T, path, name string) {
	t.Helper()
	require.NoError(t, unix.Removexattr(path, name))
}
