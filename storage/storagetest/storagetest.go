// Package storagetest is the contract of [storage.Store] as tests. Every
// implementation passes all of them:
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, func(t *testing.T) storage.Store { ... })
//	}
//
// Each subtest opens an empty store of its own and runs in parallel with the
// others. Nothing here sleeps or measures time: what races, races in every
// order that the scheduler finds, so the suite is best run under -race.
//
// The suite checks what a caller can see. That a store is durable, or does not
// leak, is for the implementation's own tests.
package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage"
)

// mediaType is what the suite stores everything as.
const mediaType = "application/octet-stream"

// Run checks the stores that open returns. open is called once per subtest,
// with its T, and returns an empty store that lives as long as the subtest.
func Run(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	for _, test := range []struct {
		name  string
		check func(t *testing.T, s storage.Store)
	}{
		{"RoundTrip", roundTrip},
		{"Ranges", ranges},
		{"Info", info},
		{"Missing", missing},
		{"InvalidKeys", invalidKeys},
		{"LongKeys", longKeys},
		{"ReplaceIsAtomic", replaceIsAtomic},
		{"OpenReaderKeepsItsObject", openReaderKeepsItsObject},
		{"ConcurrentPuts", concurrentPuts},
		{"CreateKeepsWhatIsThere", createKeepsWhatIsThere},
		{"CreateHasOneWinner", createHasOneWinner},
		{"FailingReaderStoresNothing", failingReaderStoresNothing},
		{"EndedContext", endedContext},
		{"ContextEndsDuringPut", contextEndsDuringPut},
		{"ContextEndsDuringGet", contextEndsDuringGet},
		{"Delete", deletes},
		{"DeleteManyAtOnce", deleteManyAtOnce},
		{"PutsAndDeletesShareFolders", putsAndDeletesShareFolders},
		{"ListOrder", listOrder},
		{"ListPages", listPages},
		{"ListBadArguments", listBadArguments},
		{"ListStops", listStops},
		{"ReadAll", readAll},
		{"Compose", composed},
		{"ComposeKeepsWhatIsThere", composeKeepsWhatIsThere},
		{"ComposeHasOneWinner", composeHasOneWinner},
		{"BadPartsStoreNothing", badPartsStoreNothing},
		{"ComposeObeysItsContext", composeObeysItsContext},
		{"Concatenated", concatenated},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.check(t, open(t))
		})
	}
}

// RunFolders checks what holds of stores that lay keys out as files.
func RunFolders(t *testing.T, open func(t *testing.T) storage.Store) {
	t.Helper()
	t.Run("KeyBelowAKey", func(t *testing.T) {
		t.Parallel()
		keyBelowAKey(t, open(t))
	})
}

// pattern returns n bytes that differ from those of other seeds, and do not
// repeat at any offset where a store may cut them.
func pattern(n, seed int) []byte {
	var key [32]byte
	_ = copy(key[:], strconv.Itoa(seed))
	data := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(data) // Never fails.
	return data
}

func put(t *testing.T, s storage.Store, key string, data []byte) {
	t.Helper()
	// Without the methods of bytes.Reader: a stream of unknown length.
	require.NoError(t, s.Put(t.Context(), key, mediaType, io.MultiReader(bytes.NewReader(data))))
}

// get returns the bytes of a range.
func get(ctx context.Context, s storage.Store, key string, offset, length int64) ([]byte, storage.Info, error) {
	body, info, err := s.Get(ctx, key, offset, length)
	if err != nil {
		return nil, info, err
	}
	data, err := io.ReadAll(body)
	return data, info, errors.Join(err, body.Close())
}

// requireObject checks that key holds want.
func requireObject(t *testing.T, s storage.Store, key string, want []byte) {
	t.Helper()
	got, _, err := get(t.Context(), s, key, 0, -1)
	require.NoError(t, err)
	requireSame(t, want, got)
}

// requireSame compares without printing megabytes.
func requireSame(t *testing.T, want, got []byte) {
	t.Helper()
	if bytes.Equal(want, got) {
		return
	}
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	require.Failf(t, "bytes differ", "got %d bytes, want %d; they differ from byte %d on", len(got), len(want), at)
}

func requireMissing(t *testing.T, s storage.Store, key string) {
	t.Helper()
	_, err := s.Stat(t.Context(), key)
	require.ErrorIs(t, err, storage.ErrNotFound)
}

// keys returns the listing's keys.
func keys(t *testing.T, s storage.Store, prefix, after string) []string {
	t.Helper()
	found := []string{}
	for info, err := range s.List(t.Context(), prefix, after) {
		require.NoError(t, err)
		found = append(found, info.Key)
	}
	return found
}

// requireError checks that err is the store's one wrapping of want, with the
// operation and key.
func requireError(t *testing.T, err, want error, op, key string) {
	t.Helper()
	var e *storage.Error
	require.ErrorAs(t, err, &e)
	require.ErrorIs(t, err, want)
	require.Equal(t, op, e.Op)
	require.Equal(t, key, e.Key)
	require.NotErrorAs(t, e.Err, &e, "wrapped twice")
}

// each calls f with 0..n-1 in goroutines of their own, and returns the errors
// in that order.
func each(n int, f func(i int) error) []error {
	errs := make([]error, n)
	done := make(chan struct{})
	for i := range n {
		go func() {
			errs[i] = f(i)
			done <- struct{}{}
		}()
	}
	for range n {
		<-done
	}
	return errs
}

// requireSorted says where a listing is out of order.
func requireSorted(t *testing.T, found []string) {
	t.Helper()
	for i := 1; i < len(found); i++ {
		if found[i-1] >= found[i] {
			require.Failf(t, "out of order", "%q, then %q", found[i-1], found[i])
		}
	}
}

// numbered returns n keys below prefix in ascending order.
func numbered(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%05d", prefix, i)
	}
	return slices.Clip(all)
}
