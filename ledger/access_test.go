package ledger_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/access"
	"mandelfarm/ledger"
	"mandelfarm/storage"
)

func keysAreKeptUntilRemoved(t *testing.T, b *bundle) {
	t.Helper()
	none, err := b.Keys(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, none)
	key, _ := access.NewKey("Ada", access.Submit, time.Now(), time.Now().Add(time.Hour))
	signs := access.NewSigningKey(time.Now())
	want := map[string]access.Key{key.ID: key, signs.ID: signs}
	for k := range maps.Values(want) {
		require.NoError(t, b.AddKey(t.Context(), k))
		require.ErrorIs(t, b.AddKey(t.Context(), k), storage.ErrExists)
	}
	got, err := b.Keys(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.NoError(t, b.RemoveKey(t.Context(), key.ID))
	got, err = b.Keys(t.Context(), got)
	require.NoError(t, err)
	require.Equal(t, map[string]access.Key{signs.ID: signs}, got, "what is known and gone is left out")
	for _, id := range []string{key.ID, "", "x", "../open/aa"} {
		require.ErrorIs(t, b.RemoveKey(t.Context(), id), access.ErrNoKey, id)
	}
}

// damagedKeysOpenNothing: they are told of once, pass over in a list, and can be removed.
func damagedKeysOpenNothing(t *testing.T, b *bundle) {
	t.Helper()
	key, _ := access.NewKey("Ada", access.Operate, time.Now(), time.Time{})
	other, _ := access.NewKey("Eve", access.Operate, time.Now(), time.Time{})
	require.NoError(t, b.AddKey(t.Context(), other))
	for _, text := range []string{`{"id":"`, `{}`, `{"id":"` + other.ID + `","role":"operate"}`, `{"id":"` + key.ID + `","role":"god"}`} {
		store(t, b, "keys/"+key.ID+".json", text)
		for range 2 {
			got, err := b.Keys(t.Context(), nil)
			require.NoError(t, err)
			require.Equal(t, map[string]access.Key{other.ID: other}, got, text)
		}
	}
	require.Len(t, b.told(ledger.KindKey), 1)
	store(t, b, "keys/nonsense", "{}")
	require.NoError(t, b.RemoveKey(t.Context(), key.ID))
	got, err := b.Keys(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, got, 1)
}
