package storagetest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"mandelfarm/storage"
)

// listOrder has names with bytes below '/' beside a folder's: '-' and '.' sort
// before it, digits and letters after. A walk in the order of file names gets
// this wrong.
func listOrder(t *testing.T, s storage.Store) {
	t.Helper()
	all := []string{
		"-", "a-/x", "a-b/c", "a.b", "a.b.c", "a/b-c", "a/b-c.d", "a/b/c", "a/b/c-d/e", "a/b0", "a/bb", "a0",
		"a_", "aa/-", "aa/b", "b", "jobs/1/bands/0", "jobs/1/bands/1", "jobs/1/job.json", "jobs/10/job.json", "open/1",
	}
	requireSorted(t, all)
	// Any order but the right one: 5 and the 21 keys have no common divisor.
	for i := range all {
		put(t, s, all[i*5%len(all)], nil)
	}
	for _, prefix := range []string{"", "a", "a-", "a/", "a/b", "a/b/", "a/b/c", "aa", "b", "b/", "jobs/1", "jobs/1/", "open/", "no", "no/such/"} {
		for _, after := range slices.Concat(all, []string{"", "a", "a/", "a/b", "a/c", "jobs/", "jobs/1/bands/", "z"}) {
			want := []string{}
			for _, key := range all {
				if strings.HasPrefix(key, prefix) && key > after {
					want = append(want, key)
				}
			}
			require.Equal(t, want, keys(t, s, prefix, after), "prefix %q after %q", prefix, after)
		}
	}
}

// listPages exceeds the 1000 objects of an S3 page, across folders and within
// one.
func listPages(t *testing.T, s storage.Store) {
	t.Helper()
	all := slices.Concat(numbered("a-", 100), numbered("a/", 1100), numbered("b/c/", 100))
	for _, err := range each(len(all), func(i int) error {
		return s.Create(t.Context(), all[i], mediaType, nil)
	}) {
		require.NoError(t, err)
	}
	require.Equal(t, all, keys(t, s, "", ""))
	require.Equal(t, all[100:1200], keys(t, s, "a/", ""))
	require.Equal(t, all[1101:], keys(t, s, "", "a/01000"))

	// The way a client pages: a few at a time, from the last one seen.
	var paged []string
	for len(paged) < len(all) {
		after, before := "", len(paged)
		if before > 0 {
			after = paged[before-1]
		}
		for info, err := range s.List(t.Context(), "", after) {
			require.NoError(t, err)
			if paged = append(paged, info.Key); len(paged) == before+700 {
				break
			}
		}
		require.Greater(t, len(paged), before)
	}
	require.Equal(t, all, paged)
}

// listBadArguments are the beginnings that no key has.
func listBadArguments(t *testing.T, s storage.Store) {
	t.Helper()
	put(t, s, "a/b", nil)
	for _, bad := range []string{"/", "../", "a//", "a/./", "A", "a/\x00", strings.Repeat("a", 10_000)} {
		requireListFails(t.Context(), t, s, bad, storage.ErrInvalidKey)
		for info, err := range s.List(t.Context(), "", bad) {
			require.Zero(t, info)
			requireError(t, err, storage.ErrInvalidKey, "list", "")
		}
	}
}

// listStops ends listings in the middle, by the consumer and by the context.
func listStops(t *testing.T, s storage.Store) {
	t.Helper()
	for _, key := range []string{"a/1", "a/2", "b/1", "c"} {
		put(t, s, key, nil)
	}
	list := s.List(t.Context(), "", "")
	for range 2 {
		for info, err := range list {
			require.NoError(t, err)
			require.Equal(t, "a/1", info.Key, "ranging again begins again")
			break
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range s.List(ctx, "", "") {
		cancel()
		last = err
	}
	requireError(t, last, context.Canceled, "list", "")
}
