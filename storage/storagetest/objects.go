package storagetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage"
)

const mib = 1 << 20

// roundTrip straddles the sizes at which a store may change its ways: empty, one
// request or many, one part or several.
func roundTrip(t *testing.T, s storage.Store) {
	t.Helper()
	for _, size := range []int{0, 1, 1000, 8*mib - 1, 8 * mib, 8*mib + 1, 20 * mib} {
		want := pattern(size, size)
		key := fmt.Sprintf("sizes/%d", size)
		put(t, s, key, want)
		got, info, err := get(t.Context(), s, key, 0, -1)
		require.NoError(t, err)
		requireSame(t, want, got)
		require.Equal(t, int64(size), info.Size)
	}
}

func ranges(t *testing.T, s storage.Store) {
	t.Helper()
	const size = 1000
	data := pattern(size, 1)
	put(t, s, "object", data)
	put(t, s, "empty", nil)
	for _, test := range []struct {
		name           string
		key            string
		offset, length int64
		want           []byte
	}{
		{"whole", "object", 0, -1, data},
		{"whole by length", "object", 0, size, data},
		{"first byte", "object", 0, 1, data[:1]},
		{"middle", "object", 300, 400, data[300:700]},
		{"from the middle on", "object", 300, -1, data[300:]},
		{"last byte", "object", size - 1, 1, data[size-1:]},
		{"across the end", "object", 900, 1000, data[900:]},
		{"at the end", "object", size, 10, nil},
		{"from the end on", "object", size, -1, nil},
		{"past the end", "object", 5 * size, 10, nil},
		{"no bytes", "object", 300, 0, nil},
		{"no bytes past the end", "object", 5 * size, 0, nil},
		{"empty object", "empty", 0, -1, nil},
		{"range of an empty object", "empty", 0, 10, nil},
		{"past an empty object", "empty", 10, -1, nil},
	} {
		got, info, err := get(t.Context(), s, test.key, test.offset, test.length)
		require.NoError(t, err, test.name)
		require.True(t, bytes.Equal(test.want, got), "%s: got %d bytes, want %d", test.name, len(got), len(test.want))
		if test.key == "object" {
			require.Equal(t, int64(size), info.Size, "%s: size of the whole object", test.name)
		}
	}
	_, _, err := get(t.Context(), s, "object", -1, 10)
	require.Error(t, err, "negative offset")
}

// info checks that Get, Stat and List say the same, up to the seconds that some
// stores round to.
func info(t *testing.T, s storage.Store) {
	t.Helper()
	before := time.Now().Add(-2 * time.Second)
	put(t, s, "a/b.png", pattern(123, 1))
	fromStat, err := s.Stat(t.Context(), "a/b.png")
	require.NoError(t, err)
	_, fromGet, err := get(t.Context(), s, "a/b.png", 0, 10)
	require.NoError(t, err)
	all := []storage.Info{fromStat, fromGet}
	for listed, err := range s.List(t.Context(), "", "") {
		require.NoError(t, err)
		all = append(all, listed)
	}
	require.Len(t, all, 3)
	for _, got := range all {
		require.Equal(t, "a/b.png", got.Key)
		require.Equal(t, int64(123), got.Size)
		require.WithinRange(t, got.Modified, before, time.Now().Add(2*time.Second))
	}
}

func missing(t *testing.T, s storage.Store) {
	t.Helper()
	put(t, s, "folder/object", nil)
	for _, key := range []string{"nothing", "folder/nothing", "folder", "no/such/folder", "folder/object/below"} {
		_, err := s.Stat(t.Context(), key)
		requireError(t, err, storage.ErrNotFound, "stat", key)
		for _, length := range []int64{-1, 0, 10} {
			_, _, err = s.Get(t.Context(), key, 0, length)
			requireError(t, err, storage.ErrNotFound, "get", key)
		}
	}
}

// badKeys are refused by every method.
func badKeys() []string {
	return []string{
		"", "/", "/x", "x/", "a//b", "a/./b", "a/../b", "../x", "..", ".", "a/..", "A", "jobs/É", "a b", "a\\b",
		"a\x00b", "a\nb", "a%2fb", "~", ".tmp~/x", strings.Repeat("a", 256), strings.Repeat("a/", 256) + "a",
		strings.Repeat("a", 10_000), "\xff",
	}
}

func invalidKeys(t *testing.T, s storage.Store) {
	t.Helper()
	for _, key := range badKeys() {
		r := strings.NewReader("data")
		requireError(t, s.Put(t.Context(), key, mediaType, r), storage.ErrInvalidKey, "put", key)
		require.Equal(t, 4, r.Len(), "Put has read for key %q", key)
		requireError(t, s.Create(t.Context(), key, mediaType, nil), storage.ErrInvalidKey, "create", key)
		_, _, err := s.Get(t.Context(), key, 0, -1)
		requireError(t, err, storage.ErrInvalidKey, "get", key)
		_, err = s.Stat(t.Context(), key)
		requireError(t, err, storage.ErrInvalidKey, "stat", key)
		require.Less(t, len(err.Error()), 2000, "the message repeats a hostile key")
		put(t, s, "kept", nil)
		requireError(t, s.Delete(t.Context(), "kept", key), storage.ErrInvalidKey, "delete", key)
	}
	require.Equal(t, []string{"kept"}, keys(t, s, "", ""))
}

// longKeys uses the longest that ValidKey allows, and names that mean something
// elsewhere.
func longKeys(t *testing.T, s storage.Store) {
	t.Helper()
	longest := strings.Repeat("a", 255) + "/" + strings.Repeat("b", 254) + "/c"
	require.Len(t, longest, 512)
	for _, key := range []string{longest, "...", "-", "_", ".hidden/..x", "con", "a.b.c/-d", "index.html"} {
		require.NoError(t, s.Create(t.Context(), key, mediaType, []byte("created")))
		put(t, s, key, []byte(key))
		requireObject(t, s, key, []byte(key))
	}
	require.Equal(t, []string{longest}, keys(t, s, longest, ""))
	require.Len(t, keys(t, s, "", ""), 8)
}

func readAll(t *testing.T, s storage.Store) {
	t.Helper()
	want := pattern(1000, 1)
	put(t, s, "a", want)
	got, err := storage.ReadAll(t.Context(), s, "a", 1000)
	require.NoError(t, err)
	requireSame(t, want, got)

	_, err = storage.ReadAll(t.Context(), s, "a", 999)
	require.ErrorIs(t, err, storage.ErrTooLarge)
	require.ErrorContains(t, err, `"a"`)
	require.ErrorContains(t, err, "1000 bytes")
	_, err = storage.ReadAll(t.Context(), s, "b", 999)
	requireError(t, err, storage.ErrNotFound, "get", "b")
}

func deletes(t *testing.T, s storage.Store) {
	t.Helper()
	for _, key := range []string{"a/b/1", "a/b/2", "a-c"} {
		put(t, s, key, nil)
	}
	require.NoError(t, s.Delete(t.Context()))
	require.NoError(t, s.Delete(t.Context(), "a/b/1"))
	requireMissing(t, s, "a/b/1")
	require.NoError(t, s.Delete(t.Context(), "a/b/1"), "once more")
	require.NoError(t, s.Delete(t.Context(), "a"), "what others lie below is no object")
	require.NoError(t, s.Delete(t.Context(), "a/b", "a"))
	require.NoError(t, s.Delete(t.Context(), "a-c/below"), "below an object")
	require.Equal(t, []string{"a-c", "a/b/2"}, keys(t, s, "", ""))

	require.NoError(t, s.Delete(t.Context(), "nothing", "a/b/2", "a-c", "a/b/2"))
	require.Empty(t, keys(t, s, "", ""))
	// What was a folder can be an object now.
	put(t, s, "a", []byte("object"))
	requireObject(t, s, "a", []byte("object"))
}

// deleteManyAtOnce exceeds the 1000 keys that an S3 request takes.
func deleteManyAtOnce(t *testing.T, s storage.Store) {
	t.Helper()
	all := numbered("many/", 1100)
	for _, err := range each(len(all), func(i int) error {
		return s.Create(t.Context(), all[i], mediaType, nil)
	}) {
		require.NoError(t, err)
	}
	require.NoError(t, s.Delete(t.Context(), all[1:]...))
	require.Equal(t, all[:1], keys(t, s, "", ""))
}

// keyBelowAKey is an error of the caller's; what matters is that nothing is damaged by it.
func keyBelowAKey(t *testing.T, s storage.Store) {
	t.Helper()
	data := []byte("data")
	put(t, s, "a", data)
	put(t, s, "b/c/d", data)
	for _, key := range []string{"a/b", "a/b/c", "b", "b/c"} {
		require.Error(t, s.Put(t.Context(), key, mediaType, strings.NewReader("x")), "put %s", key)
		require.Error(t, s.Create(t.Context(), key, mediaType, []byte("x")), "create %s", key)
	}
	requireObject(t, s, "a", data)
	requireObject(t, s, "b/c/d", data)
	require.Equal(t, []string{"a", "b/c/d"}, keys(t, s, "", ""))
}
