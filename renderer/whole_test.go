package renderer_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// TestWholeCountsAreBands: without smooth colours, points have one colour where raw data has one whole count, and mostly another where
// it has another.
func TestWholeCountsAreBands(t *testing.T) {
	t.Parallel()
	for _, view := range []string{
		`"radius":0.3`, `"formula":"multibrot","power":5`, `"formula":"julia","power":3`, `"formula":"burning_ship"`,
		`"center":{"re":"-0.743643887037158704752191506114774","im":"0.131825904205311970493132056385139"},"radius":"1e-10"`,
	} {
		for _, coloring := range []string{`"method":"smooth","density":4`, `"method":"histogram"`, `"range":[5,60],"equalize":0.5`} {
			const picture = `{"width":96,"height":72,%s,"max_iterations":3000,"coloring":{"smooth":%t,%s,"interior":"#123456"}}`
			s := parse(t, fmt.Sprintf(picture, view, false, coloring))
			colors := map[uint32]map[[3]byte]bool{}
			pixels, numbers := render(t, s, renderer.Options{}).Pix, rawData(t, s, spec.PackedCounts).N
			all := map[[3]byte]bool{}
			for i, n := range numbers {
				if colors[n] == nil {
					colors[n] = map[[3]byte]bool{}
				}
				color := [3]byte(pixels[3*i:])
				colors[n][color], all[color] = true, true
			}
			for n, of := range colors {
				assert.Len(t, of, 1, "%s: the colours of count %d", s.Canonical(), n)
			}
			assert.Greater(t, len(all), len(colors)/5, "%s", s.Canonical())
			assert.NotEqual(t, render(t, parse(t, fmt.Sprintf(picture, view, true, coloring)), renderer.Options{}).Pix, pixels)
		}
	}
}
