package renderer_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
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
	_, err := renderer.Render(ctx, s, spec.Rows{Start: 0, End: 1}, renderer.Options{})
	assert.ErrorIs(t, err, errStop)
}
