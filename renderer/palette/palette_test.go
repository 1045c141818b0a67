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
		_, ok := palette.New(name, 8)
		assert.True(t, ok, name)
	}
	for _, name := range []string{"", "Ultra", "none"} {
		assert.False(t, palette.Exists(name), name)
		_, ok := palette.New(name, 8)
		assert.False(t, ok, name)
	}
}

// TestTablesAreSmooth walks once around each palette, over the seam too: no channel jumps.
func TestTablesAreSmooth(t *testing.T) {
	t.Parallel()
	for depth, most := range map[int]float64{8: 2, 16: 16} {
		for _, name := range palette.Names() {
			table, _ := palette.New(name, depth)
			for i := range table {
				next := table[(i+1)%len(table)]
				for channel := range 3 {
					assert.InDelta(t, table[i][channel], next[channel], most, "%s at %d bits, entry %d, channel %d", name, depth, i, channel)
				}
			}
		}
	}
}

// TestDepthsAgree compares each entry of 8 bits with that of 16 bits at the same place.
func TestDepthsAgree(t *testing.T) {
	t.Parallel()
	for _, name := range palette.Names() {
		coarse, _ := palette.New(name, 8)
		fine, _ := palette.New(name, 16)
		for i, color := range coarse {
			for channel := range 3 {
				deep := fine[i*len(fine)/len(coarse)][channel]
				require.InDelta(t, float64(color[channel])*257, deep, 257.0/2+1, "%s, entry %d, channel %d", name, i, channel)
			}
		}
	}
}

func TestCutTablesAreFlat(t *testing.T) {
	t.Parallel()
	for _, name := range palette.Names() {
		for _, steps := range []int{1, 2, 3, 7, 16, 255} {
			table, _ := palette.New(name, 8)
			flat := table.Cut(steps)
			require.Len(t, flat, len(table))
			changes := 0
			for i := 1; i < len(flat); i++ {
				if flat[i] != flat[i-1] {
					changes++
				}
			}
			assert.Less(t, changes, steps, "%s in %d steps", name, steps)
			assert.Equal(t, table[len(table)/(2*steps)], flat[0], "the middle of the first of %d steps", steps)
		}
	}
}

// TestGoldenPalettes shows all palettes, one strip each, every fourth entry.
func TestGoldenPalettes(t *testing.T) {
	t.Parallel()
	const width, strip = 1024, 12
	var pix []byte
	for _, name := range palette.Names() {
		table, ok := palette.New(name, 8)
		require.True(t, ok)
		var row []byte
		for i := range width {
			for _, channel := range table[i*len(table)/width] {
				row = append(row, byte(channel))
			}
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
