package renderer_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
)

// TestHistogramsShareThePaletteOut cuts the palette into four colours: each has a quarter of what escapes, at the size at
// which the histogram is made and at others.
func TestHistogramsShareThePaletteOut(t *testing.T) {
	t.Parallel()
	for _, view := range []string{
		`"width":256,"height":192`, `"width":640,"height":480`, `"width":100,"height":300`,
		`"width":320,"height":240,"formula":"julia"`,
		`"width":320,"height":240,"center":{"re":"-0.7436447","im":"0.1318252"},"radius":"2e-5","max_iterations":5000`,
	} {
		s := parse(t, `{`+view+`,"coloring":{"method":"histogram","steps":4,"cyclic":false,"interior":"#ff0000"}}`)
		p := render(t, s, renderer.Options{})
		require.Equal(t, renderer.Indexed8, p.Format)
		sizes, outside := map[[3]uint8]int{}, 0
		for _, index := range p.Pix {
			if color := p.Palette[index]; color != [3]uint8{255, 0, 0} {
				sizes[color]++
				outside++
			}
		}
		require.Len(t, sizes, 4, view)
		for color, size := range sizes {
			assert.InDelta(t, 0.25, float64(size)/float64(outside), 0.02, "%v of %s", color, view)
		}
	}
}

func TestHistogramsAreMadeOfASmallPicture(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":4000,"height":2000,"samples":5,"coloring":{"method":"histogram"}}`)
	var small renderer.Spec
	_, err := renderer.NewHistogram(s, func(s renderer.Spec) ([]float64, error) {
		small = s
		return []float64{1, math.NaN(), 3}, nil
	})
	require.NoError(t, err)
	assert.Equal(t, []int{256, 128, 1}, []int{small.Width, small.Height, small.Samples})
	assert.Equal(t, s.Radius, small.Radius)
	_, err = renderer.NewHistogram(s, func(renderer.Spec) ([]float64, error) { return nil, errStop })
	require.ErrorIs(t, err, errStop)
}

func TestHistogramsAreStored(t *testing.T) {
	t.Parallel()
	for _, counts := range [][]float64{nil, {math.NaN()}, {7}, {1, 2, 2, 2, 1e6, math.NaN()}} {
		h, err := renderer.NewHistogram(renderer.Original(100, 50), func(renderer.Spec) ([]float64, error) { return counts, nil })
		require.NoError(t, err)
		data, err := h.MarshalBinary()
		require.NoError(t, err)
		assert.LessOrEqual(t, len(data), 2100)
		var again renderer.Histogram
		require.NoError(t, again.UnmarshalBinary(data))
		assert.Equal(t, *h, again)
		if len(data) == 0 {
			continue
		}
		require.Error(t, again.UnmarshalBinary(data[1:]))
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			broken, err := (&renderer.Histogram{}).MarshalBinary()
			require.NoError(t, err)
			for range len(data) / 8 {
				broken = appendFloat(broken, bad)
			}
			require.Error(t, again.UnmarshalBinary(broken), "%g", bad)
		}
	}
}

func appendFloat(data []byte, x float64) []byte {
	for shift := 0; shift < 64; shift += 8 {
		data = append(data, byte(math.Float64bits(x)>>shift&255))
	}
	return data
}

// TestPicturesWithoutOutsideHaveHistograms draws the inside alone.
func TestPicturesWithoutOutsideHaveHistograms(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"width":5,"height":5,"center":{"re":0},"radius":0.01,"coloring":{"method":"histogram","interior":"#070809"}}`)
	for i, channel := range render(t, s, renderer.Options{}).Pix {
		assert.Equal(t, []byte{7, 8, 9}[i%3], channel)
	}
}

// TestSurveysStop ends the context while the histogram is computed, of orbits that neither escape nor repeat.
func TestSurveysStop(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	s := parse(t, `{"width":1000,"height":1,"radius":"1e-7","center":{"re":"-1.9"},"max_iterations":2000000000,
		"coloring":{"method":"histogram"}}`)
	_, err := renderer.Render(ctx, s, renderer.Rows{Start: 0, End: 1}, renderer.Options{})
	assert.ErrorIs(t, err, errStop)
}
