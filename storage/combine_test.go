package storage_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/storage"
)

func TestSumsCombine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.SliceOfN(rapid.Byte(), 0, 3000)
		a, b, c := bytes.Draw(t, "a"), bytes.Draw(t, "b"), bytes.Draw(t, "c")
		all := storage.SumOf(append(append(append([]byte{}, a...), b...), c...))
		require.Equal(t, all, storage.SumOf(a).Then(storage.SumOf(b)).Then(storage.SumOf(c)))
		require.Equal(t, all, storage.SumOf(a).Then(storage.SumOf(b).Then(storage.SumOf(c))))
		require.Equal(t, storage.SumOf(append(append([]byte{}, a...), b...)), all.Without(storage.SumOf(c)))
		require.EqualValues(t, len(a)+len(b)+len(c), all.Size())
	})
}

// TestSumsOfAnyLengthCombine: lengths of which no test can write the bytes, beyond the
// period of the polynomial's powers.
func TestSumsOfAnyLengthCombine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sum := rapid.Custom(func(t *rapid.T) storage.Sum {
			return storage.NewSum(rapid.Int64Range(0, math.MaxInt64/4).Draw(t, "size"), rapid.Uint32().Draw(t, "crc"))
		})
		a, b, c := sum.Draw(t, "a"), sum.Draw(t, "b"), sum.Draw(t, "c")
		require.Equal(t, a.Then(b).Then(c), a.Then(b.Then(c)))
		require.Equal(t, a, a.Then(b).Without(b))
	})
}
