package storage_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage"
)

// TestChecked has bodies that are not what was stored. What the stores do with it
// is in package storagetest.
func TestChecked(t *testing.T) {
	t.Parallel()
	info := storage.Info{Key: "a", Size: 5, Checksum: storage.ChecksumOf([]byte("bytes"))}
	unchecked := storage.Info{Key: "a", Size: 5}
	for _, test := range []struct {
		name string
		body string
		info storage.Info
		want string // what is handed out
		err  error
	}{
		{"right", "bytes", info, "bytes", nil},
		{"right, unchecked", "bytes", unchecked, "bytes", nil},
		{"wrong", "bytez", info, "byte", storage.ErrDamaged},
		{"wrong, unchecked", "bytez", unchecked, "bytez", nil},
		{"short", "byte", info, "byte", storage.ErrDamaged},
		{"short, unchecked", "byte", unchecked, "byte", storage.ErrDamaged},
		{"none", "", unchecked, "", storage.ErrDamaged},
		{"none, of none", "", storage.Info{Key: "a"}, "", nil},
		{"none, of none, wrong", "", storage.Info{Key: "a", Checksum: info.Checksum}, "", storage.ErrDamaged},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			body := io.NopCloser(iotest.OneByteReader(strings.NewReader(test.body)))
			got, err := io.ReadAll(storage.Checked(body, test.info))
			require.ErrorIs(t, err, test.err)
			require.Equal(t, test.want, string(got))
		})
	}
}

// TestCheckedPassesErrorsOn that say nothing of the object.
func TestCheckedPassesErrorsOn(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	body := io.NopCloser(io.MultiReader(strings.NewReader("by"), iotest.ErrReader(broken)))
	got, err := io.ReadAll(storage.Checked(body, storage.Info{Key: "a", Size: 5}))
	require.ErrorIs(t, err, broken)
	require.NotErrorIs(t, err, storage.ErrDamaged)
	require.Equal(t, "by", string(got))
}
