package fixed

import (
	"math/big"
	"math/rand"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSumsAndDifferences(t *testing.T) {
	t.Parallel()
	for _, words := range lengths() {
		t.Run(strconv.Itoa(words), func(t *testing.T) {
			t.Parallel()
			f := formatOf(t, words)
			list := integers(rand.New(rand.NewSource(int64(words))), words)
			want, got := new(big.Int), new(big.Int)
			for _, a := range list {
				for _, b := range list {
					x, y, to := f.numberOf(a), f.numberOf(b), f.New()
					f.Add(to, x, y)
					require.Zero(t, f.Int(to, got).Cmp(want.Add(a, b)), "%x plus %x: got %x", a, b, got)
					f.Sub(to, x, y)
					require.Zero(t, f.Int(to, got).Cmp(want.Sub(a, b)), "%x minus %x: got %x", a, b, got)
					f.Sub(x, x, y)
					require.Zero(t, f.Int(x, got).Cmp(want), "%x minus %x, in its place: got %x", a, b, got)
					f.Add(x, y, x)
					require.Zero(t, f.Int(x, got).Cmp(a), "%x minus %x plus that: got %x", a, b, got)
				}
			}
		})
	}
}

func TestTopBits(t *testing.T) {
	t.Parallel()
	for _, words := range lengths() {
		t.Run(strconv.Itoa(words), func(t *testing.T) {
			t.Parallel()
			f := formatOf(t, words)
			for _, x := range integers(rand.New(rand.NewSource(int64(words))), words) {
				n := f.numberOf(x)
				top, length := f.Top(n)
				want := new(big.Int).Abs(x)
				want.Rsh(want, uint(max(0, x.BitLen()-64)))
				assert.Equal(t, want.Uint64(), top, "%x", x)
				assert.Equal(t, x.BitLen(), length, "%x", x)
				assert.Equal(t, x.Sign() < 0, n.Negative(), "%x", x)
				assert.Equal(t, f.Bears(x), !f.Large(n), "%x", x)
			}
		})
	}
}

func TestLargeNumbers(t *testing.T) {
	t.Parallel()
	f := formatOf(t, 40)
	least := new(big.Int).Lsh(big.NewInt(-1), 40*wordBits+bears)
	most := new(big.Int).Add(least, big.NewInt(1))
	assert.True(t, f.Bears(most))
	assert.False(t, f.Large(f.numberOf(most)))
	assert.False(t, f.Bears(big.NewInt(3), least))
	assert.True(t, f.Large(f.numberOf(least)))
	// Their products are right, though nothing can be made of them.
	var m Multiplier
	p := f.NewProduct()
	got, want := f.Int(p.Mul(f.numberOf(most), f.numberOf(most)), new(big.Int)), m.Mul(most, most, 40)
	assert.Zero(t, want.Cmp(got))
}

func TestFormats(t *testing.T) {
	t.Parallel()
	longest := (mostBlocks*block - 1) * limbBits
	for bits, want := range map[int]bool{64 * (leastWords - 1): false, 64 * leastWords: true, longest / 64 * 64: true, (longest/64 + 1) * 64: false} {
		assert.Equal(t, want && hasIFMA(), NewFormat(bits) != nil, "%d bits", bits)
	}
	if hasIFMA() {
		assert.Equal(t, 58, NewFormat(3712).Words())
	}
}
