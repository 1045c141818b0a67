package fixed

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// formatOf returns the Format of so many words, and skips the test where there is none.
func formatOf(tb testing.TB, words int) *Format {
	tb.Helper()
	if !hasIFMA() {
		tb.Skip("there is but one engine here")
	}
	f := NewFormat(words * wordBits)
	require.NotNil(tb, f)
	return f
}

// numberOf is x in limbs.
func (f *Format) numberOf(x *big.Int) *Number {
	n := f.New()
	f.Set(n, x)
	return n
}

// integers returns numbers of up to so many words below the point: arbitrary ones of several lengths, long runs of ones, such as have few
// digits, and 0.
func integers(random *rand.Rand, words int) []*big.Int {
	bits := words * wordBits
	one := big.NewInt(1)
	list := []*big.Int{new(big.Int), big.NewInt(1), number(random, words/2), number(random, max(0, words-2)), number(random, max(0, words-1))}
	for range 4 {
		whole := number(random, words)
		list = append(list, whole, new(big.Int).Lsh(whole, uint(random.Intn(bears))))
	}
	for _, bit := range []int{bits / 2, bits - 1, bits, bits + 1, random.Intn(bits), random.Intn(bits)} {
		power := new(big.Int).Lsh(one, uint(bit))
		list = append(list, power, new(big.Int).Sub(power, one), new(big.Int).Neg(new(big.Int).Add(power, one)))
	}
	// Three times the other, a third, is a little more than 1, by what is carried all the way from its end. What is above the cut has another
	// fraction.
	end := cutOf(words) + 1
	third := new(big.Int).Lsh(one, uint(end*wordBits))
	third.Add(third, big.NewInt(2)).Div(third, big.NewInt(3)).Lsh(third, uint(bits-end*wordBits))
	three := new(big.Int).Lsh(one, uint(bits-1))
	three.SetBit(three, end*wordBits-32, 1).Add(three, big.NewInt(3))
	return append(list, third, three)
}

// lengths are those around each change: of blocks, of padding, of what is left out; and those of views at 1e-8000 and 1e-22522.
func lengths() []int {
	list := []int{107, 143, 144, 145, 155, 277, 417, (mostBlocks*block - 1) * limbBits / wordBits}
	for words := leastWords; words < 70; words++ {
		list = append(list, words)
	}
	return list
}

func TestEnginesAgree(t *testing.T) {
	t.Parallel()
	for _, words := range lengths() {
		t.Run(strconv.Itoa(words), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewSource(int64(words)))
			f := formatOf(t, words)
			p := f.NewProduct()
			var m Multiplier
			open, taken := 0, 0
			list := integers(random, words)
			for _, a := range list {
				for _, b := range list {
					x, y := f.numberOf(a), f.numberOf(b)
					got, want := f.Int(p.Mul(x, y), new(big.Int)), m.Mul(a, b, words)
					require.Zero(t, got.Cmp(want), "%x times %x: got %x, want %x", a, b, got, want)
					require.Zero(t, f.Int(x, new(big.Int)).Cmp(a), "factors stay")
					require.Zero(t, f.Int(y, new(big.Int)).Cmp(b), "factors stay")
					p.multiply(x, y)
					units, ok := p.leftOut(x, y)
					if !ok {
						open++
					}
					taken += int(units)
				}
			}
			assert.Positive(t, open, "none was left to Multiplier")
			assert.Less(t, open, len(list)*len(list), "all were left to Multiplier")
			assert.Equal(t, words >= shortWords, taken > 0, "what Multiplier leaves out counts from there on")
		})
	}
}

// TestMostProductsAreNotOpen: products of arbitrary numbers are left to Multiplier once in 2^36.
func TestMostProductsAreNotOpen(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(3))
	for _, words := range []int{leastWords, 13, shortWords, 58, 107} {
		f := formatOf(t, words)
		p := f.NewProduct()
		room := new(big.Int).Lsh(big.NewInt(1), uint(words*wordBits))
		for range 300 {
			x, y := f.numberOf(new(big.Int).Rand(random, room)), f.numberOf(new(big.Int).Rand(random, room))
			p.multiply(x, y)
			_, ok := p.leftOut(x, y)
			require.True(t, ok, "%d words", words)
		}
	}
}

func FuzzEnginesAgree(f *testing.F) {
	seed := func(words int, a, b []byte) { f.Add(binary.AppendUvarint(nil, uint64(words)), a, b) }
	seed(5, []byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, []byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	seed(36, make([]byte, 36*8), []byte{7})
	f.Fuzz(func(t *testing.T, size, a, b []byte) {
		n, _ := binary.Uvarint(size)
		words := leastWords + int(n%90)
		format := formatOf(t, words)
		x, y := spread(a, words), spread(b, words)
		var m Multiplier
		product := format.NewProduct()
		got, want := format.Int(product.Mul(format.numberOf(x), format.numberOf(y)), new(big.Int)), m.Mul(x, y, words)
		require.Zero(t, got.Cmp(want), "%x times %x: got %x, want %x", x, y, got, want)
		to := format.New()
		format.Add(to, format.numberOf(x), format.numberOf(y))
		require.Zero(t, format.Int(to, got).Cmp(want.Add(x, y)), "%x plus %x: got %x", x, y, got)
		format.Sub(to, format.numberOf(x), format.numberOf(y))
		require.Zero(t, format.Int(to, got).Cmp(want.Sub(x, y)), "%x minus %x: got %x", x, y, got)
	})
}

// spread makes a number of few bytes, each of which but the first, a sign, is repeated through a word: fuzzing comes by long runs in
// this way.
func spread(text []byte, words int) *big.Int {
	if len(text) == 0 {
		return new(big.Int)
	}
	sign := text[0]
	text = text[1:]
	list := make([]big.Word, 0, words)
	for _, b := range text[:min(len(text), words)] {
		list = append(list, big.Word(b)*0x0101010101010101)
	}
	x := new(big.Int).SetBits(list)
	if sign&2 != 0 {
		x.Lsh(x, uint(sign>>2))
	}
	x.And(x, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(words*wordBits+bears)), big.NewInt(1)))
	if sign&1 != 0 {
		x.Neg(x)
	}
	return x
}

// BenchmarkMul is a product by both engines. The lengths are on both sides of where words are left out, and those of views down to 1e-22522.
func BenchmarkMul(b *testing.B) {
	for _, bits := range []int{192, 832, 1472, 2240, 2304, 3712, 6848, 9920, 17728, 26688, 74944} {
		random, room := rand.New(rand.NewSource(7)), new(big.Int).Lsh(big.NewInt(1), uint(bits))
		x, y := new(big.Int).Rand(random, room), new(big.Int).Rand(random, room)
		b.Run(fmt.Sprintf("%d/big", bits), func(b *testing.B) {
			var m Multiplier
			for b.Loop() {
				m.Mul(x, y, bits/wordBits)
			}
		})
		b.Run(fmt.Sprintf("%d/IFMA", bits), func(b *testing.B) {
			f := formatOf(b, bits/wordBits)
			p, left, right := f.NewProduct(), f.numberOf(x), f.numberOf(y)
			for b.Loop() {
				p.Mul(left, right)
			}
		})
	}
}
