package palette_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/internal/golden"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/palette"
)

func TestNamesAreThoseThatExist(t *testing.T) {
	t.Parallel()
	for _, name := range palette.Names() {
		assert.True(t, palette.Exists(name), name)
		_, ok := palette.New(name)
		assert.True(t, ok, name)
	}
	for _, name := range []string{"", "Ultra", "none"} {
		assert.False(t, palette.Exists(name), name)
		_, ok := palette.New(name)
		assert.False(t, ok, name)
	}
}

// TestTablesAreSmooth walks once around each palette, over the seam too: no channel jumps.
func TestTablesAreSmooth(t *testing.T) {
	t.Parallel()
	for _, name := range palette.Names() {
		table, _ := palette.New(name)
		for i := range table {
			next := table[(i+1)%palette.Size]
			for channel := range 3 {
				assert.InDelta(t, table[i][channel], next[channel], 2, "%s, entry %d, channel %d", name, i, channel)
			}
		}
	}
}

func TestPlacesAreCyclic(t *testing.T) {
	t.Parallel()
	table, _ := palette.New("ultra")
	assert.Equal(t, palette.RGB{3, 6, 38}, table.At(0))
	for _, place := range []float64{0.25, 1.25, -0.75, -1e6 + 0.25, 1e9 + 0.25} {
		assert.Equal(t, table[palette.Size/4], table.At(place), "place %g", place)
	}
	assert.Equal(t, table[0], table.At(-1e-300), "a fraction that rounds to 1")
	assert.Equal(t, table[palette.Size-1], table.At(-1e-9))
}

// TestGoldenPalettes shows all palettes, one strip each, every fourth entry.
func TestGoldenPalettes(t *testing.T) {
	t.Parallel()
	const width, strip = palette.Size / 4, 12
	var pix []byte
	for _, name := range palette.Names() {
		table, ok := palette.New(name)
		require.True(t, ok)
		var row []byte
		for i := range width {
			row = append(row, table[4*i][:]...)
		}
		for range strip {
			pix = append(pix, row...)
		}
	}
	height := strip * len(palette.Names())
	require.LessOrEqual(t, height, bandpng.SegmentRows, "one segment holds the picture")
	var pool bandpng.Pool
	file := bandpng.Head(bandpng.Header{Width: width, Height: height, Format: bandpng.RGB8})
	file, sum := pool.Get().AppendSegment(file, bandpng.RGB8, width, pix)
	golden.PNG(t, "palettes", append(file, bandpng.Tail(sum)...))
}
