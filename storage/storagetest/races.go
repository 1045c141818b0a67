package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage"
)

// replaceIsAtomic reads an object while it is replaced by others of its own and
// of another size. Every reading is one of them, whole.
func replaceIsAtomic(t *testing.T, s storage.Store) {
	t.Helper()
	replaceRacingReaders(t, s, 50, pattern(200_000, 1), pattern(200_000, 2), pattern(300_000, 3))
	replaceRacingReaders(t, s, 6, pattern(9*mib, 1), pattern(9*mib, 2), pattern(1000, 3))
}

func replaceRacingReaders(t *testing.T, s storage.Store, times int, versions ...[]byte) {
	t.Helper()
	put(t, s, "a", versions[0])
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs := each(5, func(i int) error {
		if i == 0 {
			defer cancel()
			return replace(ctx, s, times, versions)
		}
		return readWhole(ctx, s, versions)
	})
	for _, err := range errs {
		require.NoError(t, err)
	}
}

func replace(ctx context.Context, s storage.Store, times int, versions [][]byte) error {
	for i := range times {
		if err := s.Put(ctx, "a", mediaType, bytes.NewReader(versions[i%len(versions)])); err != nil {
			return err
		}
	}
	return nil
}

// readWhole reads until ctx ends. A reading that is cut short by that, or fails
// openly, is none.
func readWhole(ctx context.Context, s storage.Store, versions [][]byte) error {
	for ctx.Err() == nil {
		data, info, err := get(context.WithoutCancel(ctx), s, "a", 0, -1)
		if err != nil {
			return err
		}
		if !oneOf(versions, data) || info.Size != int64(len(data)) {
			return fmt.Errorf("read %d bytes, size %d: no version", len(data), info.Size)
		}
	}
	return nil
}

func oneOf(versions [][]byte, data []byte) bool {
	for _, version := range versions {
		if bytes.Equal(version, data) {
			return true
		}
	}
	return false
}

// openReaderKeepsItsObject replaces and deletes an object that is being read.
// The reader goes on with the old bytes, or fails; it never mixes or ends early.
func openReaderKeepsItsObject(t *testing.T, s storage.Store) {
	t.Helper()
	old := pattern(4*mib, 1)
	for _, change := range []func() error{
		func() error { return s.Put(t.Context(), "a", mediaType, bytes.NewReader(pattern(4*mib, 2))) },
		func() error { return s.Delete(t.Context(), "a") },
	} {
		put(t, s, "a", old)
		body, _, err := s.Get(t.Context(), "a", 0, -1)
		require.NoError(t, err)
		head := make([]byte, 1000)
		_, err = io.ReadFull(body, head)
		require.NoError(t, err)
		require.NoError(t, change())
		rest, err := io.ReadAll(body)
		requireSame(t, old[:len(head)], head)
		if err == nil {
			requireSame(t, old[len(head):], rest)
		}
		require.NoError(t, body.Close())
	}
}

func concurrentPuts(t *testing.T, s storage.Store) {
	t.Helper()
	putAtOnce(t, s, 8, 50_000)
	putAtOnce(t, s, 3, 9*mib)
}

func putAtOnce(t *testing.T, s storage.Store, writers, size int) {
	t.Helper()
	versions := make([][]byte, writers)
	for i := range versions {
		versions[i] = pattern(size+i, i)
	}
	for _, err := range each(len(versions), func(i int) error {
		return s.Put(t.Context(), "a/b", mediaType, bytes.NewReader(versions[i]))
	}) {
		require.NoError(t, err)
	}
	data, _, err := get(t.Context(), s, "a/b", 0, -1)
	require.NoError(t, err)
	require.True(t, oneOf(versions, data), "got %d bytes that nobody stored", len(data))
	require.Equal(t, []string{"a/b"}, keys(t, s, "", ""))
}

func createKeepsWhatIsThere(t *testing.T, s storage.Store) {
	t.Helper()
	require.NoError(t, s.Create(t.Context(), "a/b", mediaType, []byte("first")))
	requireError(t, s.Create(t.Context(), "a/b", mediaType, []byte("second")), storage.ErrExists, "create", "a/b")
	requireObject(t, s, "a/b", []byte("first"))

	put(t, s, "a/b", []byte("replaced"))
	require.ErrorIs(t, s.Create(t.Context(), "a/b", mediaType, nil), storage.ErrExists)
	require.NoError(t, s.Delete(t.Context(), "a/b"))
	require.NoError(t, s.Create(t.Context(), "a/b", mediaType, []byte("third")))
	requireObject(t, s, "a/b", []byte("third"))
}

func createHasOneWinner(t *testing.T, s storage.Store) {
	t.Helper()
	for round := range 10 {
		key := fmt.Sprintf("race/%d/object", round)
		winner := -1
		for i, err := range each(16, func(i int) error {
			return s.Create(t.Context(), key, mediaType, pattern(1000, i))
		}) {
			if err == nil {
				require.Equal(t, -1, winner, "creators %d and %d have both won", winner, i)
				winner = i
				continue
			}
			requireError(t, err, storage.ErrExists, "create", key)
		}
		require.NotEqual(t, -1, winner, "nobody has won")
		requireObject(t, s, key, pattern(1000, winner))
	}
}

// putsAndDeletesShareFolders has writers come to a folder as others leave it
// empty. No write fails, and none is lost.
func putsAndDeletesShareFolders(t *testing.T, s storage.Store) {
	t.Helper()
	for _, err := range each(8, func(i int) error {
		key := fmt.Sprintf("shared/folder/%d", i)
		for range 20 {
			if err := s.Put(t.Context(), key, mediaType, strings.NewReader(key)); err != nil {
				return err
			}
			if _, err := s.Stat(t.Context(), key); err != nil {
				return err
			}
			if err := s.Delete(t.Context(), key); err != nil {
				return err
			}
		}
		return nil
	}) {
		require.NoError(t, err)
	}
	require.Empty(t, keys(t, s, "", ""))
}

// errBroken is what the suite's failing readers fail with.
var errBroken = errors.New("reader is broken")

// failingReaderStoresNothing breaks readers at offsets where stores change their
// ways. io.ErrUnexpectedEOF is how a download that broke off fails: a store that
// copies from another must not take it for the end.
func failingReaderStoresNothing(t *testing.T, s storage.Store) {
	t.Helper()
	old := pattern(1000, 9)
	put(t, s, "old", old)
	for _, size := range []int{0, 5000, 8 * mib, 17 * mib} {
		for key, broken := range map[string]error{"old": io.ErrUnexpectedEOF, "new/object": errBroken} {
			r := io.MultiReader(bytes.NewReader(pattern(size, 1)), failing{broken})
			requireError(t, s.Put(t.Context(), key, mediaType, r), broken, "put", key)
		}
	}
	requireObject(t, s, "old", old)
	requireMissing(t, s, "new/object")
	require.Equal(t, []string{"old"}, keys(t, s, "", ""))
}

// failing is a reader that fails.
type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

func endedContext(t *testing.T, s storage.Store) {
	t.Helper()
	put(t, s, "old", []byte("old"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	requireError(t, s.Put(ctx, "old", mediaType, strings.NewReader("new")), context.Canceled, "put", "old")
	requireError(t, s.Create(ctx, "new", mediaType, nil), context.Canceled, "create", "new")
	requireError(t, s.Delete(ctx, "old"), context.Canceled, "delete", "old")
	require.ErrorIs(t, s.Delete(ctx, "old", "new"), context.Canceled)
	_, err := s.Stat(ctx, "old")
	requireError(t, err, context.Canceled, "stat", "old")
	_, _, err = s.Get(ctx, "old", 0, -1)
	requireError(t, err, context.Canceled, "get", "old")
	requireListFails(ctx, t, s, "o", context.Canceled)
	requireObject(t, s, "old", []byte("old"))
	requireMissing(t, s, "new")
}

// requireListFails checks that a listing yields one thing, the error.
func requireListFails(ctx context.Context, t *testing.T, s storage.Store, prefix string, want error) {
	t.Helper()
	yields := 0
	for info, err := range s.List(ctx, prefix, "") {
		yields++
		require.Zero(t, info)
		requireError(t, err, want, "list", prefix)
	}
	require.Equal(t, 1, yields, "an ended listing must not look complete")
}

// contextEndsDuringPut cancels when the store has taken some of the bytes.
func contextEndsDuringPut(t *testing.T, s storage.Store) {
	t.Helper()
	put(t, s, "old", []byte("old"))
	for _, size := range []int{100, 20 * mib} {
		for _, key := range []string{"old", "new"} {
			ctx, cancel := context.WithCancel(t.Context())
			r := io.MultiReader(bytes.NewReader(pattern(size, 1)), calling(cancel), strings.NewReader("more"))
			err := s.Put(ctx, key, mediaType, r)
			requireError(t, err, context.Canceled, "put", key)
		}
	}
	requireObject(t, s, "old", []byte("old"))
	requireMissing(t, s, "new")
}

// calling is an empty reader that calls a function when it is read.
type calling func()

// Read calls and ends.
func (c calling) Read([]byte) (int, error) {
	c()
	return 0, io.EOF
}

func contextEndsDuringGet(t *testing.T, s storage.Store) {
	t.Helper()
	put(t, s, "a", pattern(20*mib, 1))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	body, _, err := s.Get(ctx, "a", 0, -1)
	require.NoError(t, err)
	_, err = io.ReadFull(body, make([]byte, 1000))
	require.NoError(t, err)
	cancel()
	_, err = io.Copy(io.Discard, body)
	requireError(t, err, context.Canceled, "read", "a")
	require.NoError(t, body.Close())
}
