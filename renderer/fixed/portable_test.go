package fixed

import (
	"math/big"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// number draws one of so many words, of either sign.
func number(random *rand.Rand, words int) *big.Int {
	x := new(big.Int).Rand(random, new(big.Int).Lsh(big.NewInt(1), uint(words*64)))
	if random.Intn(4) == 0 { // long runs of ones carry far
		x.Sub(new(big.Int).Lsh(big.NewInt(1), uint(words*64)), big.NewInt(1+random.Int63n(3)))
	}
	if random.Intn(2) == 0 {
		x.Neg(x)
	}
	return x
}

func TestProductsAreThoseOfPackageBig(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(5))
	var m Multiplier // one for all, as an orbit has it
	shortened := 0
	for _, words := range []int{1, 2, 13, shortWords - 1, shortWords, shortWords + 1, 40, 58, 59, 143, 144, 145, 200, 417} {
		for range 200 {
			lengths := []int{words + 1, words, words - 1, words / 2, 0}
			x, y := number(random, lengths[random.Intn(len(lengths))]), number(random, lengths[random.Intn(3)])
			before, also := new(big.Int).Set(x), new(big.Int).Set(y)
			got := new(big.Int).Set(m.Mul(x, y, words))
			require.True(t, before.Cmp(x) == 0 && also.Cmp(y) == 0, "factors stay")
			want := new(big.Int).Mul(x, y)
			want.Quo(want, new(big.Int).Lsh(big.NewInt(1), uint(64*words)))
			off := new(big.Int).Sub(want, got)
			if want.Sign() < 0 {
				off.Neg(off)
			}
			require.True(t, off.Sign() >= 0 && off.Cmp(big.NewInt(4)) < 0, "%d words: off by %v units:\n%x\n%x", words, off, x, y)
			if off.Sign() > 0 {
				shortened++
			}
		}
	}
	assert.Positive(t, shortened, "none was shortened")
}
