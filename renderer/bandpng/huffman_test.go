package bandpng

import (
	"math/bits"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// bitReader reads a stream of deflate bit by bit, as RFC 1951, 3.1.1 has them.
type bitReader struct {
	data []byte
	at   int // bits
}

// number reads one of so many bits, the lowest first.
func (r *bitReader) number(width int) (n int) {
	for i := range width {
		n |= int(r.data[r.at/8]>>(r.at%8)&1) << i
		r.at++
	}
	return n
}

// symbol reads one of a prefix code, whose words begin with their highest bit.
func (r *bitReader) symbol(t require.TestingT, lengths []uint8) int {
	words := wordsOf(lengths)
	word, length := 0, 0
	for length < 16 {
		word, length = word<<1|r.number(1), length+1
		for symbol, l := range lengths {
			if int(l) == length && words[symbol] == word {
				return symbol
			}
		}
	}
	require.Fail(t, "no symbol has this code")
	return 0
}

// wordsOf are the words of a canonical code by RFC 1951, 3.2.2: shorter ones first, and in order of the symbols.
func wordsOf(lengths []uint8) []int {
	words := make([]int, len(lengths))
	word := 0
	for length := uint8(1); length < 16; length++ {
		word <<= 1
		for symbol, l := range lengths {
			if l == length {
				words[symbol] = word
				word++
			}
		}
	}
	return words
}

// requireComplete fails unless the code uses all words, as zlib and libpng want it.
func requireComplete(t require.TestingT, lengths []uint8, limit int) {
	space := 0
	for _, l := range lengths {
		require.LessOrEqual(t, int(l), limit)
		if l > 0 {
			space += 1 << (limit - int(l))
		}
	}
	require.Equal(t, 1<<limit, space, "lengths %v", lengths)
}

// readHeader reads the lengths of a block's codes: of literals and lengths, and of distances.
func readHeader(t require.TestingT, r *bitReader) (literals, distances []uint8) {
	require.Equal(t, 0, r.number(1), "not the last block")
	require.Equal(t, 2, r.number(2), "codes of its own")
	literalCount, distanceCount, kept := 257+r.number(5), 1+r.number(5), 4+r.number(4)
	require.LessOrEqual(t, literalCount, 286)
	require.LessOrEqual(t, distanceCount, 30)
	var told [19]uint8
	for _, symbol := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:kept] {
		told[symbol] = uint8(r.number(3))
	}
	requireComplete(t, told[:], 7)
	var all []uint8
	for len(all) < literalCount+distanceCount {
		switch symbol := r.symbol(t, told[:]); symbol {
		case 16:
			require.NotEmpty(t, all)
			all = append(all, slices.Repeat(all[len(all)-1:], 3+r.number(2))...)
		case 17:
			all = append(all, make([]uint8, 3+r.number(3))...)
		case 18:
			all = append(all, make([]uint8, 11+r.number(7))...)
		default:
			all = append(all, uint8(symbol))
		}
	}
	require.Len(t, all, literalCount+distanceCount, "no run goes beyond the end")
	return slices.Clip(all[:literalCount]), all[literalCount:]
}

// TestHeadersTellCompleteCodes: strict readers take every block. The codes are complete, within their limits, and the
// distance that is in use has one.
func TestHeadersTellCompleteCodes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		distance := rapid.IntRange(1, 6).Draw(t, "distance")
		data := rapid.SliceOfN(rapid.OneOf(rapid.Just(byte(0)), rapid.ByteRange(0, 9), rapid.Byte()), 1, 400).Draw(t, "data")
		var b block
		stream := deflate(&b, distance, data)
		r := &bitReader{data: stream}
		literals, distances := readHeader(t, r)
		requireComplete(t, literals, maxCode)
		requireComplete(t, distances, 1)
		symbol, _ := distanceSymbol(distance)
		require.EqualValues(t, 1, distances[symbol])
		for _, value := range data[:min(distance, len(data))] {
			require.NotZero(t, literals[value], "nothing before it can repeat")
		}
		require.NotZero(t, literals[endOfBlock])
		require.Equal(t, int(data[0]), r.symbol(t, literals), "the first byte is a literal")
	})
}

// TestHeadersOfAnyLengths tells lengths with runs of every kind and reads them back.
func TestHeadersOfAnyLengths(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var lengths []uint8
		for len(lengths) < symbolCount {
			value := rapid.SampledFrom([]uint8{0, 0, 1, 7, 12, 15}).Draw(t, "length")
			times := rapid.OneOf(rapid.IntRange(1, 8), rapid.IntRange(1, 140)).Draw(t, "times")
			lengths = append(lengths, slices.Repeat([]uint8{value}, times)...)
		}
		lengths = lengths[:symbolCount]
		lengths[endOfBlock] = 3
		var h header
		var c coder
		h.tell(&c, lengths, 6)
		w := bitWriter{out: make([]byte, maxHeader/8+16)}
		h.write(&w)
		require.LessOrEqual(t, 8*w.at+int(w.used), maxHeader)
		w.align()
		literals, distances := readHeader(t, &bitReader{data: w.out})
		literals = append(literals, make([]uint8, symbolCount-len(literals))...)
		require.Equal(t, lengths, literals)
		require.Equal(t, []uint8{1, 0, 0, 0, 1}, distances)
	})
}

// TestRunsOfEveryLength: each run of equal lengths is told by as few symbols as there can be.
func TestRunsOfEveryLength(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value uint8
		times int
		want  []uint8
	}{
		{0, 1, []uint8{0}},
		{0, 2, []uint8{0, 0}},
		{0, 3, []uint8{zeros}},
		{0, 10, []uint8{zeros}},
		{0, 11, []uint8{manyZeros}},
		{0, 138, []uint8{manyZeros}},
		{0, 139, []uint8{manyZeros, 0}},
		{0, 141, []uint8{manyZeros, zeros}},
		{5, 1, []uint8{5}},
		{5, 3, []uint8{5, 5, 5}},
		{5, 4, []uint8{5, again}},
		{5, 7, []uint8{5, again}},
		{5, 8, []uint8{5, again, 5}},
		{5, 10, []uint8{5, again, again}},
	} {
		h := header{lengths: slices.Repeat([]uint8{c.value}, c.times)}
		h.cut()
		assert.Equal(t, c.want, h.symbols, "%d times %d", c.times, c.value)
	}
}

// TestLimitsOfCodes: Fibonacci counts need the longest codes there are, and a limit takes nothing that it does not need.
func TestLimitsOfCodes(t *testing.T) {
	t.Parallel()
	for limit := 5; limit <= 15; limit++ {
		for symbols := 2; symbols <= 30; symbols++ {
			counts := make([]uint32, symbols)
			x, y := uint32(1), uint32(1)
			for i := range counts {
				counts[i] = x
				x, y = y, x+y
			}
			var c coder
			lengths := make([]uint8, symbols)
			c.assign(lengths, counts, limit)
			requireComplete(t, lengths, limit)
			assert.True(t, slices.IsSortedFunc(lengths, func(a, b uint8) int { return int(b) - int(a) }), "more uses, no longer codes: %v", lengths)
			if symbols <= limit+1 {
				assert.Equal(t, symbols-1, int(lengths[0]), "Huffman's own")
			} else {
				assert.Equal(t, limit, int(lengths[0]))
			}
		}
	}
}

// TestEqualCounts have codes that differ by one bit at most, as many as the alphabet has symbols.
func TestEqualCounts(t *testing.T) {
	t.Parallel()
	for symbols := 2; symbols <= symbolCount; symbols++ {
		var c coder
		lengths := make([]uint8, symbols)
		c.assign(lengths, slices.Repeat([]uint32{1000}, symbols), maxCode)
		requireComplete(t, lengths, maxCode)
		assert.Equal(t, bits.Len(uint(symbols-1)), int(slices.Max(lengths)))
		assert.LessOrEqual(t, slices.Max(lengths)-slices.Min(lengths), uint8(1))
	}
}

// TestCanonicalCodes are those of the specification with their bits reversed, because a stream begins with the lowest.
func TestCanonicalCodes(t *testing.T) {
	t.Parallel()
	lengths := []uint8{3, 3, 3, 3, 3, 2, 4, 4, 0} // RFC 1951's example, and a symbol that is not used
	words := strings.Fields("010 011 100 101 110 00 1110 1111")
	got := make([]code, len(lengths))
	canonical(got, lengths)
	for symbol, word := range words {
		var text strings.Builder
		for i := range got[symbol].length() {
			text.WriteByte('0' + byte(got[symbol].bits()>>i&1))
		}
		assert.Equal(t, word, text.String(), "symbol %d", symbol)
	}
	assert.Zero(t, got[8])
}

// TestLengthsOfRepeats: base and extra bits of each symbol as the table in RFC 1951, 3.2.5 has them.
func TestLengthsOfRepeats(t *testing.T) {
	t.Parallel()
	base := []int{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	extra := []int{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	for n := 3; n <= maxRepeat; n++ {
		symbol, rest := lengthCode(n)
		i := symbol - firstLength
		require.Equal(t, n, base[i]+int(rest.bits()), "length %d", n)
		require.Equal(t, extra[i], int(rest.length()), "length %d", n)
	}
	for distance, want := range map[int][3]int{1: {0, 0, 0}, 2: {1, 0, 0}, 3: {2, 0, 0}, 4: {3, 0, 0}, 5: {4, 0, 1}, 6: {4, 1, 1}} {
		symbol, rest := distanceSymbol(distance)
		require.Equal(t, want, [3]int{symbol, int(rest.bits()), int(rest.length())}, "distance %d", distance)
	}
}

// TestBitsAreWrittenInOrder: codes of any lengths, flushed now and then, are one string of bits.
func TestBitsAreWrittenInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.IntRange(0, 24), 0, 60).Draw(t, "lengths")
		w := bitWriter{out: make([]byte, 3*len(lengths)+16)}
		var want []int
		for _, length := range lengths {
			c := newCode(rapid.Uint32Range(0, 1<<length-1).Draw(t, "word"), uint32(length))
			half := newCode(uint32(c.bits())&(1<<(length/2)-1), uint32(length/2))
			require.Equal(t, c, half.then(newCode(uint32(c.bits())>>(length/2), uint32(length-length/2))), "in two parts")
			w.put(c)
			want = append(want, int(c.bits()))
			if w.used > 56-24 || rapid.Bool().Draw(t, "flush") {
				w.flush()
			}
		}
		w.flush()
		w.align()
		r := &bitReader{data: w.out}
		for i, length := range lengths {
			require.Equal(t, want[i], r.number(length), "code %d", i)
		}
		require.Equal(t, (r.at+7)/8, w.at)
	})
}
