package palette_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/internal/golden"
	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/palette"
	"mandelfarm/renderer/spec"
)

// TestTablesAreSmooth walks once around each palette, over the seam too: no channel jumps.
func TestTablesAreSmooth(t *testing.T) {
	t.Parallel()
	for depth, most := range map[int]float64{8: 2, 16: 16} {
		for _, name := range spec.Palettes() {
			table := palette.New(name, depth, true)
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
	for _, name := range spec.Palettes() {
		coarse := palette.New(name, 8, true)
		fine := palette.New(name, 16, true)
		for i, color := range coarse {
			for channel := range 3 {
				deep := fine[i*len(fine)/len(coarse)][channel]
				require.InDelta(t, float64(color[channel])*257, deep, 257.0/2+1, "%s, entry %d, channel %d", name, i, channel)
			}
		}
	}
}

// TestStopsHaveTheirColours looks a gradient's stops up in its table, cyclic and not.
func TestStopsHaveTheirColours(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var gradient palette.Gradient
		for i := range rapid.IntRange(1, 9).Draw(t, "stops") {
			gradient = append(gradient, palette.Stop{
				At: (float64(i) + rapid.Float64Range(0.01, 0.99).Draw(t, "at")) / 9, Color: [3]uint8{rapid.Byte().Draw(t, "red"), rapid.Byte().Draw(t, "green"), 7},
			})
		}
		first, last := gradient[0], gradient[len(gradient)-1]
		for _, cyclic := range []bool{true, false} {
			table := gradient.Table(8, cyclic)
			for _, stop := range gradient {
				i := int(stop.At * float64(len(table)))
				for channel, want := range stop.Color {
					// The entry begins up to one entry before the stop; from one stop to the next are at least nine.
					assert.InDelta(t, want, table[i][channel], 255*1.5/9, "channel %d at %g of %v", channel, stop.At, gradient)
					assert.InDelta(t, 7, table[i][2], 0)
				}
			}
			if !cyclic {
				assert.Equal(t, palette.Color{uint16(first.Color[0]), uint16(first.Color[1]), 7}, table[0])
				assert.Equal(t, palette.Color{uint16(last.Color[0]), uint16(last.Color[1]), 7}, table[len(table)-1])
			}
		}
	})
}

// TestOpenTablesKeepTheirEnds looks before the first stop and after the last, where nothing changes any more.
func TestOpenTablesKeepTheirEnds(t *testing.T) {
	t.Parallel()
	gradient := palette.Gradient{{At: 0.25, Color: [3]uint8{10, 20, 30}}, {At: 0.75, Color: [3]uint8{200, 100, 0}}}
	for _, depth := range []int{8, 16} {
		scale := uint16(1)
		if depth == 16 {
			scale = 257
		}
		open, closed := gradient.Table(depth, false), gradient.Table(depth, true)
		for i, color := range open {
			switch {
			case 4*i <= len(open):
				require.Equal(t, palette.Color{10 * scale, 20 * scale, 30 * scale}, color, "entry %d", i)
			case 4*i >= 3*len(open):
				require.Equal(t, palette.Color{200 * scale, 100 * scale, 0}, color, "entry %d", i)
			}
		}
		assert.InDelta(t, 105*float64(scale), float64(closed[0][0]), float64(scale), "half-way from the last stop to the first")
	}
}

func TestCutTablesAreFlat(t *testing.T) {
	t.Parallel()
	for _, name := range spec.Palettes() {
		for _, steps := range []int{1, 2, 3, 7, 16, 255} {
			table := palette.New(name, 8, true)
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
	const width, strip = 1024, 7
	var pix []byte
	for _, name := range spec.Palettes() {
		table := palette.New(name, 8, true)
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
	height := strip * len(spec.Palettes())
	require.LessOrEqual(t, height, spec.SegmentRows, "one segment holds the picture")
	var pool bandpng.Pool
	file := bandpng.Head(bandpng.Header{Width: width, Height: height, Format: bandpng.RGB8})
	file, sum := pool.Get().AppendSegment(file, bandpng.RGB8, width, pix)
	golden.PNG(t, "palettes", append(file, bandpng.Tail(sum)...))
}
