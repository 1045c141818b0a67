package bandpng

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var allFormats = []Format{Gray1, Gray8, Indexed8, RGB8, RGB16, Gray16}

// predicted is what a filter expects of byte i of a row, by the letter of the PNG specification, 9.2: a is the byte of the
// pixel on the left, b the one above, c the one above a; bytes outside the picture are 0.
func predicted(filter byte, row, above []byte, distance, i int) byte {
	var a, b, c int
	b = int(above[i])
	if i >= distance {
		a, c = int(row[i-distance]), int(above[i-distance])
	}
	abs := func(x int) int { return max(x, -x) }
	switch filter {
	case 1:
		return byte(a)
	case 2:
		return byte(b)
	case 3:
		return byte((a + b) / 2)
	case 4:
		p := a + b - c
		if abs(p-a) <= abs(p-b) && abs(p-a) <= abs(p-c) {
			return byte(a)
		}
		if abs(p-b) <= abs(p-c) {
			return byte(b)
		}
		return byte(c)
	}
	return 0
}

// TestFiltersAreUndone: every filter of the specification, at every distance between pixels.
func TestFiltersAreUndone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		distance := rapid.SampledFrom([]int{1, 3, 6}).Draw(t, "distance")
		size := distance * rapid.IntRange(1, 30).Draw(t, "pixels")
		// Bytes at the ends of their range are where sums overflow and predictions tie.
		value := rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 127, 128, 254, 255}), rapid.Byte())
		row := rapid.SliceOfN(value, size, size).Draw(t, "row")
		above := rapid.SliceOfN(value, size, size).Draw(t, "above")
		for filter := range byte(5) {
			filtered := make([]byte, size)
			for i := range row {
				filtered[i] = row[i] - predicted(filter, row, above, distance, i)
			}
			require.NoError(t, unfilter(filter, filtered, above, distance))
			require.Equal(t, row, filtered, "filter %d", filter)
		}
	})
}

// TestFiltersThatAreNone leave an error.
func TestFiltersThatAreNone(t *testing.T) {
	t.Parallel()
	for filter := 5; filter < 256; filter++ {
		require.ErrorIs(t, unfilter(byte(filter), []byte{1}, []byte{1}, 1), ErrFormat)
	}
}

// TestPaeth: nearest to a+b-c, in doubt the left one before the one above before the corner.
func TestPaeth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ left, above, corner, want byte }{
		{10, 10, 10, 10},
		{10, 20, 15, 15},
		{0, 255, 0, 255},
		{255, 0, 0, 255},
		{255, 255, 0, 255},
		{0, 0, 255, 0},
		{4, 2, 0, 4},
		{2, 4, 0, 4},
		{8, 11, 10, 8}, // as near as the corner
		{11, 8, 10, 8}, // so is the one above
	} {
		assert.Equal(t, c.want, paeth(c.left, c.above, c.corner), "%+v", c)
	}
}

// TestDifferences: eight bytes at once are eight subtractions, whatever borrows.
func TestDifferences(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 127, 128, 129, 255}), rapid.Byte())
		size := rapid.IntRange(0, 40).Draw(t, "size")
		row := rapid.SliceOfN(value, size, size).Draw(t, "row")
		other := rapid.SliceOfN(value, size, size+9).Draw(t, "other")
		got := appendDifference([]byte("before"), row, other)
		require.Equal(t, "before", string(got[:6]))
		require.Len(t, got, 6+size)
		for i, difference := range got[6:] {
			require.Equal(t, row[i]-other[i], difference, "byte %d", i)
		}
	})
}

// TestRowsAreFilteredReversibly: what addRow puts into a block is the row, behind the number of its filter.
func TestRowsAreFilteredReversibly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom(allFormats).Draw(t, "format")
		width := rapid.IntRange(1, 50).Draw(t, "width")
		stride := format.Stride(width)
		rows := make([][]byte, rapid.IntRange(1, 5).Draw(t, "rows"))
		var b block
		b.reset(format.pixelBytes(), len(rows)*(1+stride))
		var above []byte
		var sum Sum
		for i := range rows {
			rows[i] = rapid.SliceOfN(rapid.Byte(), stride, stride).Draw(t, "row")
			if i > 0 && rapid.Bool().Draw(t, "same") {
				rows[i] = rows[i-1]
			}
			sum = sum.Then(b.addRow(format, rows[i], above))
			above = rows[i]
		}
		assert.Equal(t, SumOf(b.data), sum, "the short cut for equal rows sums them too")
		previous := make([]byte, stride)
		for i := range rows {
			got := bytes.Clone(b.data[i*(1+stride) : (i+1)*(1+stride)])
			require.NoError(t, unfilter(got[0], got[1:], previous, format.pixelBytes()))
			require.Equal(t, rows[i], got[1:], "row %d", i)
			previous = got[1:]
		}
	})
}

// TestEqualRowsCostNothing: a row like the one above takes a few bytes, and more only if it is longer than many repeats.
func TestEqualRowsCostNothing(t *testing.T) {
	t.Parallel()
	const rows = 64
	for width, most := range map[int]int{5: 2, 50: 2, 100: 3, 4000: 14} { // bytes of a row
		pix := bytes.Repeat([]byte{7, 8, 9}, width*rows)
		var e Encoder
		out, _ := e.AppendSegment(nil, RGB8, width, pix)
		assert.Less(t, len(out), 60+most*rows, "%d pixels", width)
	}
}

// TestSumsOfEqualRows are those of their filtered bytes, also where a row is longer than the modulus.
func TestSumsOfEqualRows(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 5, 6, 7, adlerBase / 2, adlerBase - 1, adlerBase, 2 * adlerBase} {
		row := bytes.Repeat([]byte{9}, size)
		var b block
		b.reset(1, 1+size)
		assert.Equal(t, SumOf(append([]byte{filterUp}, make([]byte, size)...)), b.addRow(Gray8, row, row), "%d bytes", size)
	}
}
