package planes_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/bandpng"
	"mandelfarm/renderer/planes"
	"mandelfarm/renderer/planes/planestest"
	"mandelfarm/renderer/spec"
)

// pixels draws what is hard to pack: neighbours that are alike, others that are not, and points inside.
func pixels(n int) *rapid.Generator[[]planes.Pixel] {
	pixel := rapid.Custom(func(t *rapid.T) planes.Pixel {
		return planes.Pixel{
			N:        rapid.OneOf(rapid.Uint32Range(0, 3), rapid.Uint32Range(65530, 65540), rapid.Uint32()).Draw(t, "N"),
			NF:       rapid.Float32Range(0, 1-0x1p-24).Draw(t, "NF"),
			Distance: rapid.Float64Range(0, 90).Draw(t, "distance"), Direction: rapid.Float64Range(-1, 0.9999).Draw(t, "direction"),
		}
	})
	return rapid.SliceOfN(pixel, n, n)
}

// periodOf is that of the point of a pixel that does not escape.
func periodOf(pixel int) uint32 { return uint32(pixel*pixel) << (pixel % 20) }

// write makes a file of pixels.
func write(h planes.Header, limit int, of []planes.Pixel) []byte {
	var pool planes.Pool
	file := planes.Head(h)
	var all bandpng.Sum
	for top := 0; top < h.Height; top += spec.SegmentRows {
		count := min(spec.SegmentRows, h.Height-top)
		rows := make([]byte, count*h.RowSize())
		for i, p := range of[top*h.Width : (top+count)*h.Width] {
			row := rows[i/h.Width*h.RowSize():]
			if p.N == 0 {
				h.PutInside(row, i%h.Width, periodOf(top*h.Width+i))
			} else {
				h.Put(row, i%h.Width, p)
			}
		}
		e := pool.Get()
		var sum bandpng.Sum
		file, sum = e.AppendSegment(file, h, limit, rows)
		pool.Put(e)
		all = all.Then(sum)
	}
	return append(file, planes.Tail(h, all)...)
}

// TestFilesHoldThePixels to within half a step of each channel, whatever they are, and end with the checksum of all.
func TestFilesHoldThePixels(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := planes.Header{
			Width: rapid.IntRange(1, 9).Draw(t, "width"), Height: rapid.IntRange(1, 150).Draw(t, "height"),
			Content: rapid.SampledFrom([]planes.Content{
				planes.Counts, planes.Gradients, planes.Counts | planes.Periods, planes.Gradients | planes.Periods,
			}).Draw(t, "content"), Nu: -7.25,
		}
		want := pixels(h.Width*h.Height).Draw(t, "pixels")
		got, err := planestest.Read(write(h, 12345, want))
		require.NoError(t, err)
		require.Equal(t, [3]int{h.Width, h.Height, 12345}, [3]int{got.Width, got.Height, got.Limit})
		for i, p := range want {
			require.Equal(t, p.N, got.N[i])
			require.Equal(t, p.N == 0, math.IsNaN(got.Nu[i]))
			if p.N > 0 {
				require.InDelta(t, p.NF, got.NF[i], 0.5/planes.FractionSteps)
				require.InDelta(t, float64(p.N)+float64(p.NF)-7.25, got.Nu[i], 0.5/planes.FractionSteps)
			}
			switch {
			case h.Content&planes.Periods == 0:
				require.Nil(t, got.Period)
			case p.N == 0:
				require.Equal(t, periodOf(i), got.Period[i])
			default:
				require.Zero(t, got.Period[i])
			}
			if h.Content&planes.Gradients == planes.Gradients && p.N > 0 {
				require.InDelta(t, p.Distance, math.Log2(1+8*got.Distance[i]), 0.5001/planes.DistanceSteps)
				require.Equal(t, p.Direction < 0, math.IsNaN(got.Direction[i]))
				if p.Direction >= 0 {
					turn := math.Abs(math.Remainder(p.Direction-got.Direction[i], 1))
					require.LessOrEqual(t, turn, 0.5001/planes.DirectionSteps)
				}
			}
		}
	})
}

// TestFlatPicturesTakeNextToNothing: an interior, and counts that rise evenly.
func TestFlatPicturesTakeNextToNothing(t *testing.T) {
	t.Parallel()
	h := planes.Header{Width: 256, Height: 256, Content: planes.Gradients}
	inside, ramp := make([]planes.Pixel, 256*256), make([]planes.Pixel, 256*256)
	for i := range ramp {
		ramp[i] = planes.Pixel{N: uint32(2000 + i%256 + 3*(i/256)), Distance: 5}
	}
	assert.Less(t, len(write(h, 1, inside)), 4000)
	assert.Less(t, len(write(h, 1, ramp)), 8000)
}
