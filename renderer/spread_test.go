package renderer_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
)

// TestRangesSpanATurn: a range is a density and an offset, by the roots of its ends.
func TestRangesSpanATurn(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		formula string
		bits    float64
	}{{`"formula":"mandelbrot"`, 1}, {`"formula":"multibrot","power":4`, 2}} {
		const least, greatest = 3.5, 40
		start := math.Sqrt(least * test.bits)
		length := math.Sqrt(greatest*test.bits) - start
		const view = `{"width":160,"height":120,%s,"coloring":{"cyclic":%t,%s}}`
		for _, cyclic := range []bool{true, false} {
			ranged := render(t, parse(t, fmt.Sprintf(view, test.formula, cyclic, fmt.Sprintf(`"range":[%g,%d]`, least, greatest))), renderer.Options{})
			other := render(t, parse(t, fmt.Sprintf(view, test.formula, cyclic, fmt.Sprintf(`"density":%.15f,"offset":%.15f`, 8/length, -start/length))), renderer.Options{})
			different := 0
			for i, value := range ranged.Pix {
				if other.Pix[i] != value {
					different++
				}
			}
			assert.Less(t, different, len(ranged.Pix)/500, "%s, cyclic %t", test.formula, cyclic)
			assert.NotEqual(t, render(t, parse(t, `{"width":160,"height":120,`+test.formula+`}`), renderer.Options{}).Pix, ranged.Pix)
		}
	}
}

// TestEqualizedColorsAreRanks: all the way they are those of the method of ranks, and within a range each colour has as much of it.
func TestEqualizedColorsAreRanks(t *testing.T) {
	t.Parallel()
	ranks := render(t, parse(t, `{"width":256,"height":192,"coloring":{"method":"histogram"}}`), renderer.Options{})
	equalized := render(t, parse(t, `{"width":256,"height":192,"coloring":{"equalize":1}}`), renderer.Options{})
	assert.Equal(t, ranks.Pix, equalized.Pix)

	p := render(t, parse(t, `{"width":256,"height":192,"coloring":{"range":[4,30],"equalize":1,"steps":6,"cyclic":false,"density":0.666666666,"offset":0.166666666,"interior":"#ff0000"}}`),
		renderer.Options{})
	sizes := map[byte]int{}
	for _, index := range p.Pix {
		sizes[index]++
	}
	// Points below the range have the first of six steps, those beyond the last, and the others share out the four between.
	require.Len(t, p.Palette, 7)
	within := sizes[1] + sizes[2] + sizes[3] + sizes[4]
	require.Less(t, within, len(p.Pix)/2)
	for index := byte(1); index <= 4; index++ {
		assert.InDelta(t, 0.25, float64(sizes[index])/float64(within), 0.02, "step %d", index)
	}
}

// TestRangesWithoutPointsAreStraight: there are no ranks to go by.
func TestRangesWithoutPointsAreStraight(t *testing.T) {
	t.Parallel()
	const beyond = `{"width":64,"height":48,"max_iterations":100,"coloring":{"range":[500,600]%s}}`
	straight := render(t, parse(t, fmt.Sprintf(beyond, "")), renderer.Options{})
	assert.Equal(t, straight.Pix, render(t, parse(t, fmt.Sprintf(beyond, `,"equalize":1`)), renderer.Options{}).Pix)
	// Nothing is too narrow to be drawn.
	render(t, parse(t, `{"width":64,"height":48,"coloring":{"range":["7","7.00000000000000000000000001"],"density":"9e9"}}`), renderer.Options{})
}
