package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage"
)

// stored is a part that is size bytes of an object, from offset on.
func stored(key string, offset int64, data []byte) storage.Part {
	return storage.Part{Key: key, Offset: offset, Sum: storage.SumOf(data)}
}

// composed has objects of all sizes at which a store may change its ways, as parts in
// runs and between small ones, without their ends.
func composed(t *testing.T, s storage.Store) {
	t.Helper()
	const cut = 28
	sources := map[int][]byte{}
	for _, size := range []int{cut, 100, 1 * mib, 5*mib - 1 + 2*cut, 5*mib + 2*cut, 11 * mib} {
		sources[size] = pattern(size, size)
		put(t, s, fmt.Sprintf("parts/%d", size), sources[size])
	}
	for name, sizes := range map[string][]int{
		"nothing": {},
		"small":   {100, cut, 100, 1 * mib},
		"large":   {11 * mib, 5*mib + 2*cut, 11 * mib},
		"nearly":  {5*mib - 1 + 2*cut, 100, 5*mib - 1 + 2*cut, 5*mib - 1 + 2*cut},
		"mixed":   {100, 11 * mib, 1 * mib, 1 * mib, 5*mib + 2*cut, cut, 100},
	} {
		want, parts := []byte("head"), []storage.Part{storage.Bytes([]byte("head"))}
		for _, size := range sizes {
			data := sources[size][min(cut, size/2):]
			data = data[:max(0, len(data)-cut)]
			want, parts = append(want, data...), append(parts, stored(fmt.Sprintf("parts/%d", size), int64(min(cut, size/2)), data))
		}
		want, parts = append(want, "tail"...), append(parts, storage.Bytes([]byte("tail")))
		key := "composed/" + name
		require.NoError(t, s.Compose(t.Context(), key, mediaType, parts), key)
		requireObject(t, s, key, want)
		info, err := s.Stat(t.Context(), key)
		require.NoError(t, err)
		require.EqualValues(t, len(want), info.Size)
		if info.Checksum != "" {
			require.Equal(t, storage.ChecksumOf(want), info.Checksum)
		}
	}
	for size, data := range sources {
		requireObject(t, s, fmt.Sprintf("parts/%d", size), data)
	}
}

// composeKeepsWhatIsThere, whatever its size is.
func composeKeepsWhatIsThere(t *testing.T, s storage.Store) {
	t.Helper()
	large := pattern(9*mib, 1)
	put(t, s, "parts/0", large)
	put(t, s, "there", []byte("first"))
	for _, part := range []storage.Part{storage.Bytes([]byte("second")), stored("parts/0", 0, large)} {
		requireError(t, s.Compose(t.Context(), "there", mediaType, []storage.Part{part}), storage.ErrExists, "compose", "there")
	}
	requireObject(t, s, "there", []byte("first"))
	require.NoError(t, s.Delete(t.Context(), "there"))
	require.NoError(t, s.Compose(t.Context(), "there", mediaType, []storage.Part{stored("parts/0", 0, large)}))
	requireError(t, s.Create(t.Context(), "there", mediaType, nil), storage.ErrExists, "create", "there")
	requireObject(t, s, "there", large)
}

// composeHasOneWinner of those who compose different objects under one key.
func composeHasOneWinner(t *testing.T, s storage.Store) {
	t.Helper()
	large := pattern(9*mib, 1)
	put(t, s, "parts/0", large)
	winner := -1
	for i, err := range each(6, func(i int) error {
		return s.Compose(t.Context(), "race", mediaType, []storage.Part{stored("parts/0", 0, large[:8*mib+i]), storage.Bytes([]byte(strconv.Itoa(i)))})
	}) {
		if err == nil {
			require.Equal(t, -1, winner, "%d and %d have both won", winner, i)
			winner = i
			continue
		}
		requireError(t, err, storage.ErrExists, "compose", "race")
	}
	require.NotEqual(t, -1, winner, "nobody has won")
	requireObject(t, s, "race", append(bytes.Clone(large[:8*mib+winner]), strconv.Itoa(winner)...))
}

// badPartsStoreNothing: parts that are missing, shorter than they should be, or have
// other bytes than their sums say, among large and small ones.
func badPartsStoreNothing(t *testing.T, s storage.Store) {
	t.Helper()
	for _, size := range []int{1000, 9 * mib} {
		good := pattern(size, 1)
		put(t, s, "parts/good", good)
		put(t, s, "parts/short", good[:size-1])
		put(t, s, "parts/other", append(bytes.Clone(good[:size-1]), good[size-1]^1))
		put(t, s, "parts/first", append([]byte{good[0] ^ 1}, good[1:]...))
		for bad, want := range map[string]error{
			"parts/missing": storage.ErrNotFound, "parts/short": storage.ErrDamaged,
			"parts/other": storage.ErrDamaged, "parts/first": storage.ErrDamaged,
		} {
			parts := []storage.Part{storage.Bytes([]byte("head")), stored("parts/good", 0, good), stored(bad, 0, good), stored("parts/good", 0, good)}
			err := s.Compose(t.Context(), "composed", mediaType, parts)
			require.ErrorIs(t, err, want, "%s of %d bytes", bad, size)
			var part *storage.PartError
			require.ErrorAs(t, err, &part)
			require.Equal(t, 2, part.Part, "%s of %d bytes", bad, size)
			var failure *storage.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, "compose", failure.Op)
			require.Equal(t, "composed", failure.Key)
			requireMissing(t, s, "composed")
		}
	}
}

// composeObeysItsContext and checks its key.
func composeObeysItsContext(t *testing.T, s storage.Store) {
	t.Helper()
	large := pattern(9*mib, 1)
	put(t, s, "parts/0", large)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, data := range [][]byte{large[:1000], large} {
		requireError(t, s.Compose(ctx, "composed", mediaType, []storage.Part{stored("parts/0", 0, data)}), context.Canceled, "compose", "composed")
	}
	requireMissing(t, s, "composed")
	requireError(t, s.Compose(t.Context(), "../x", mediaType, nil), storage.ErrInvalidKey, "compose", "../x")
}

// concatenated reads parts as stores do that have no other way to compose.
func concatenated(t *testing.T, s storage.Store) {
	t.Helper()
	data := pattern(100_000, 1)
	put(t, s, "a", data)
	parts := []storage.Part{storage.Bytes(nil), storage.Bytes(data[:10]), stored("a", 10, data[10:90_000]), stored("a", 90_000, data[90_000:])}
	body := storage.Concatenated(t.Context(), s, parts)
	got, err := io.ReadAll(body)
	require.NoError(t, err)
	requireSame(t, data, got)
	require.NoError(t, body.Close())

	require.NoError(t, s.Delete(t.Context(), "a"))
	body = storage.Concatenated(t.Context(), s, parts)
	got, err = io.ReadAll(body)
	require.ErrorIs(t, err, storage.ErrNotFound)
	requireSame(t, data[:10], got)
	_, again := body.Read(make([]byte, 1))
	require.Equal(t, err, again)
	require.NoError(t, body.Close())
}
