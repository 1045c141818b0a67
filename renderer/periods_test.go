package renderer_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/planes/planestest"
	"mandelfarm/renderer/spec"
)

// TestPeriodsColourTheInside: with equal periods points have one colour, with others another; the rest of the picture is as it is
// without them. Raw data has the periods beside what it has without.
func TestPeriodsColourTheInside(t *testing.T) {
	t.Parallel()
	const minibrot = `"center":{"re":"-1.76866786283748881262741946990","im":"0.00164558054682020943032589980"},"radius":"2e-22"`
	for view, want := range map[string][]uint32{
		`"formula":"mandelbrot"`:          {1, 2, 3, 4, 5},
		minibrot:                          {2123, 4246, 6369},
		`"formula":"multibrot","power":4`: {1, 2, 3},
		`"formula":"julia","seed":{"re":"-0.122561","im":"0.744862"}`: {3},
		`"formula":"tricorn"`:                            {1, 2},
		`"formula":"burning_ship","radius":"1"`:          {1, 2},
		`"rotation":30,"samples":2,"center":{"re":"-1"}`: nil, // the means of samples have many colours
	} {
		t.Run(view, func(t *testing.T) {
			t.Parallel()
			const picture = `{"width":120,"height":90,%s,"max_iterations":60000,"coloring":{"method":"slope","periods":%t,"interior":"#fe0102"}}`
			s := parse(t, fmt.Sprintf(picture, view, true))
			with, without := render(t, s, renderer.Options{}).Pix, render(t, parse(t, fmt.Sprintf(picture, view, false)), renderer.Options{}).Pix
			assert.NotEqual(t, without, with)
			if want == nil {
				return
			}
			data := rawData(t, s, spec.PackedGradients)
			colors := map[uint32][3]byte{}
			for i, n := range data.N {
				color := [3]byte(with[3*i:])
				if n > 0 {
					require.Equal(t, [3]byte(without[3*i:]), color)
					continue
				}
				period := data.Period[i]
				if known, ok := colors[period]; ok {
					require.Equal(t, known, color, "period %d", period)
				}
				colors[period] = color
			}
			for _, period := range want {
				assert.Contains(t, colors, period)
			}
			different := map[[3]byte]bool{}
			for _, color := range colors {
				different[color] = true
			}
			assert.Len(t, different, len(colors))
			plain := rawData(t, parse(t, fmt.Sprintf(picture, view, false)), spec.PackedGradients)
			data.Period = nil
			assert.Equal(t, fmt.Sprint(plain), fmt.Sprint(data)) // of which some numbers are none
		})
	}
}

// rawData is the raw data of a picture.
func rawData(t *testing.T, s spec.Spec, format spec.FileFormat) *planestest.File {
	t.Helper()
	raw, err := s.As(format)
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, renderer.Write(t.Context(), &file, raw, renderer.Options{}))
	data, err := planestest.Read(file.Bytes())
	require.NoError(t, err)
	return data
}
