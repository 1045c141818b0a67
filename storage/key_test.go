package storage_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage"
)

func TestValidKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"a", "renders/4f2a.png", "jobs/4f/bands/0", "a-b_c.d/e", "...", ".a", "a..b", "-", strings.Repeat("a", 255),
		strings.Repeat("a/", 255) + "bb",
	} {
		require.NoError(t, storage.ValidKey(key), "key %q", key)
		for i := range len(key) + 1 {
			require.NoError(t, storage.ValidPrefix(key[:i]), "prefix %q", key[:i])
		}
	}
	for key, reason := range map[string]string{
		"":                        "empty",
		"/":                       "empty segment",
		"/a":                      "empty segment",
		"a/":                      "empty segment",
		"a//b":                    "empty segment",
		".":                       `segment "."`,
		"a/..":                    `segment ".."`,
		"../a":                    `segment ".."`,
		"Job":                     `byte 'J'`,
		"a b":                     `byte ' '`,
		"a\x00":                   `byte '\x00'`,
		"é":                       `byte 'Ã'`,
		strings.Repeat("a", 256):  "256 bytes",
		strings.Repeat("a/", 256): "empty segment",
		strings.Repeat("a", 9999): "9999 bytes",
	} {
		err := storage.ValidKey(key)
		require.ErrorIs(t, err, storage.ErrInvalidKey, "key %.20q", key)
		require.ErrorContains(t, err, reason, "key %.20q", key)
	}
}

// FuzzValidKey checks ValidKey's promises on whatever it accepts.
func FuzzValidKey(f *testing.F) {
	for _, seed := range []string{"a", "a/b", "../x", "a//b", "A", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if err := storage.ValidKey(key); err != nil {
			require.ErrorIs(t, err, storage.ErrInvalidKey)
			return
		}
		require.LessOrEqual(t, len(key), 512)
		require.Equal(t, strings.ToLower(key), key)
		for segment := range strings.SplitSeq(key, "/") {
			require.NotContains(t, []string{"", ".", ".."}, segment)
		}
	})
}

func TestErrorNamesOperationAndKeyOnce(t *testing.T) {
	t.Parallel()
	err := error(&storage.Error{Op: "get", Key: "a/b", Err: storage.ErrNotFound})
	require.EqualError(t, err, `storage: get "a/b": object not found`)
	require.ErrorIs(t, err, storage.ErrNotFound)

	long := &storage.Error{Op: "put", Key: strings.Repeat("\x00", 10_000), Err: errors.New("reason")}
	require.Less(t, len(long.Error()), 200)
	require.ErrorContains(t, long, "10000 bytes")
}
