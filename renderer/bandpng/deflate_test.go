package bandpng

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// inflate reads what appendTo wrote: a stream whose last block is yet to come.
func inflate(tb testing.TB, stream []byte, size int) []byte {
	tb.Helper()
	ended := append(bytes.Clone(stream), finalBlock...)
	data, err := io.ReadAll(flate.NewReader(io.LimitReader(bytes.NewReader(ended), int64(len(ended)))))
	require.NoError(tb, err)
	require.Len(tb, data, size)
	return data
}

// deflate compresses rows of the given sizes that hold the data.
func deflate(b *block, distance int, rows ...[]byte) []byte {
	data := bytes.Join(rows, nil)
	b.reset(distance, len(data))
	for _, row := range rows {
		start := len(b.data)
		b.data = append(b.data, row...)
		b.cover(start)
	}
	return b.appendTo(nil)
}

func TestRepeatsOfAllLengths(t *testing.T) {
	t.Parallel()
	var b block
	for distance := 1; distance <= 6; distance++ {
		for length := range 1100 {
			data := append([]byte("abcdef"[:distance]), bytes.Repeat([]byte("abcdef")[:distance], length/distance+1)...)
			data = append(data[:distance+length], "the end"...)
			stream := deflate(&b, distance, data)
			require.Equal(t, data, inflate(t, stream, len(data)), "distance %d, length %d", distance, length)
			if length > 100 {
				assert.Less(t, len(stream), 60, "distance %d, length %d", distance, length)
			}
		}
	}
}

// TestCodesOfSkewedCounts needs codes longer than the limit: Fibonacci numbers give the deepest trees there are.
func TestCodesOfSkewedCounts(t *testing.T) {
	t.Parallel()
	var data []byte
	x, y := 1, 1
	for value := range 24 {
		for range x {
			data = append(data, byte(value*7), byte(255-value)) // no repeats
		}
		x, y = y, x+y
	}
	var b block
	stream := deflate(&b, 1, data)
	require.Equal(t, data, inflate(t, stream, len(data)))
}

// TestLongestCodes puts three literals and a repeat, all with the longest codes there are and all the extra bits, between two
// stores of a word.
func TestLongestCodes(t *testing.T) {
	t.Parallel()
	const distance = 6
	var data []byte
	noise := uint32(1)
	for rare := 4; rare < 250; rare += 3 {
		for range 3000 {
			noise = noise*1664525 + 1013904223
			data = append(data, byte(noise>>30)) // the four common ones
		}
		data = append(data, bytes.Repeat([]byte("abcdef"), 50)...) // ends whatever is pending
		data = append(data, byte(rare), byte(rare+1), byte(rare+2))
		for range 131 + rare%127 {
			data = append(data, data[len(data)-distance])
		}
	}
	var b block
	stream := deflate(&b, distance, data)
	require.Equal(t, data, inflate(t, stream, len(data)))
	literals, _ := readHeader(t, &bitReader{data: stream})
	assert.EqualValues(t, maxCode, literals[200], "a rare one")
	assert.EqualValues(t, maxCode, literals[lastLength-1], "a rare repeat")
}

func TestCodeLengthsAreCompleteAndMinimal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.OneOf(rapid.Just(uint32(0)), rapid.Uint32Range(0, 10), rapid.Uint32Range(0, 1<<20)), 2, 286).Draw(t, "counts")
		counts[0]++
		counts[1]++
		limit := rapid.SampledFrom([]int{9, 12, 15}).Draw(t, "limit")
		var c coder
		lengths := make([]uint8, len(counts))
		c.assign(lengths, counts, limit)
		space, total := 0, uint64(0)
		for symbol, length := range lengths {
			require.Equal(t, counts[symbol] > 0, length > 0, "symbol %d", symbol)
			require.LessOrEqual(t, int(length), limit)
			if length > 0 {
				space += 1 << (limit - int(length))
			}
			total += uint64(counts[symbol]) * uint64(length)
		}
		require.Equal(t, 1<<limit, space, "the code is complete")
		least := huffman(counts)
		require.GreaterOrEqual(t, total, least)
		require.LessOrEqual(t, total, least+least/8+64, "limit %d", limit)
		if limit == 15 && len(counts) < 15 {
			require.Equal(t, least, total, "no code meets the limit")
		}
	})
}

// huffman returns the least total length, by the definition: join the two lightest until one is left.
func huffman(counts []uint32) uint64 {
	var weights []uint64
	for _, count := range counts {
		if count > 0 {
			weights = append(weights, uint64(count))
		}
	}
	total := uint64(0)
	for len(weights) > 1 {
		for i := range 2 {
			for j := i + 1; j < len(weights); j++ {
				if weights[j] < weights[i] {
					weights[i], weights[j] = weights[j], weights[i]
				}
			}
		}
		weights[1] += weights[0]
		total += weights[1]
		weights = weights[1:]
	}
	return total
}

func FuzzDeflate(f *testing.F) {
	f.Add([]byte("mandelmandelmandel"), uint8(5), uint16(7))
	f.Add(bytes.Repeat([]byte{0}, 1000), uint8(0), uint16(100))
	f.Add([]byte{0}, uint8(2), uint16(1))
	f.Fuzz(func(t *testing.T, data []byte, distance uint8, size uint16) {
		if len(data) == 0 {
			return // a row has at least the number of its filter
		}
		var rows [][]byte
		for rest := data; len(rest) > 0; {
			n := min(len(rest), int(size)+1)
			rows = append(rows, rest[:n])
			rest = rest[n:]
		}
		var b block
		stream := deflate(&b, 1+int(distance%6), rows...)
		require.Equal(t, string(data), string(inflate(t, stream, len(data))))
		require.LessOrEqual(t, len(stream), len(data)*maxCode/8+maxHeader/8+bytesAfter)
		used := deflate(&b, 1+int(distance%6), rows...)
		require.Equal(t, stream, used, "whatever the block held before")
	})
}
