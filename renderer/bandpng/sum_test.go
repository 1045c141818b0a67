package bandpng

import (
	"bytes"
	"hash/adler32"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSumsInAnySplit: however rows are cut and in whatever order the parts are joined, the sum is that of the whole.
func TestSumsInAnySplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.OneOf(rapid.Just(byte(255)), rapid.Byte()), 0, 2000).Draw(t, "data")
		data = bytes.Repeat(data, rapid.IntRange(1, 100).Draw(t, "times"))
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(data)), 0, 12).Draw(t, "cuts")
		slices.Sort(cuts)
		var parts []Sum
		start := 0
		for _, cut := range append(cuts, len(data)) {
			parts = append(parts, SumOf(data[start:cut]))
			start = cut
		}
		for len(parts) > 1 { // neighbours, in any order
			at := rapid.IntRange(0, len(parts)-2).Draw(t, "join")
			parts[at] = parts[at].Then(parts[at+1])
			parts = slices.Delete(parts, at+1, at+2)
		}
		require.Equal(t, adler32.Checksum(data), parts[0].Adler32())
		require.Equal(t, SumOf(data), parts[0])
	})
}

// TestSumsAtTheEdges of what is summed without a division, of words, and of the modulus; the largest bytes fill lanes most.
func TestSumsAtTheEdges(t *testing.T) {
	t.Parallel()
	for _, edge := range []int{0, 8, 8 * sumWords, 16 * sumWords, sumChunk, 2 * sumChunk, adlerBase, 2 * adlerBase} {
		for size := max(0, edge-9); size <= edge+9; size++ {
			for _, value := range []byte{0, 1, 255} {
				data := bytes.Repeat([]byte{value}, size)
				require.Equal(t, adler32.Checksum(data), SumOf(data).Adler32(), "%d times %d", size, value)
			}
		}
	}
}

// TestSumsOfPlaces: a byte counts by its place, in each of a word's eight and behind words.
func TestSumsOfPlaces(t *testing.T) {
	t.Parallel()
	for size := 1; size < 200; size++ {
		for _, at := range []int{0, 1, 2, 3, 4, 5, 6, 7, size / 2, size - 1} {
			data := make([]byte, max(size, at+1))
			data[at] = 255
			want := Sum{A: 255, B: uint32(255 * (len(data) - at)), Bytes: uint32(len(data))}
			require.Equal(t, want, SumOf(data), "byte %d of %d", at, len(data))
		}
	}
}

// TestLongFiles: lengths beyond 32 bits need no more than their remainder.
func TestLongFiles(t *testing.T) {
	t.Parallel()
	ones := SumOf(bytes.Repeat([]byte{1}, 1<<16))
	for range 20 {
		ones = ones.Then(ones)
	}
	const length = uint64(1) << 36
	n := length % adlerBase
	triangle := n * (n + 1) / 2 % adlerBase // of 1 to length: it is periodic in the odd modulus
	assert.Equal(t, Sum{A: uint32(n), B: uint32(triangle), Bytes: uint32(n)}, ones)
}
