package renderer_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer"
	"mandelfarm/renderer/palette"
	"mandelfarm/renderer/spec"
)

// distanceOf is the estimate by complex numbers and package math, in units of the plane. It is infinite for points inside.
func distanceOf(c complex128) float64 {
	var z, d complex128
	for range 500 {
		z, d = z*z+c, 2*z*d+1
		if size := cmplx.Abs(z); size > 1e10 {
			return 2 * size * math.Log(size) / cmplx.Abs(d)
		}
	}
	return math.Inf(1)
}

// TestDistancesAreInPixels compares single pixels with the palette's colour at the distance that complex numbers give.
func TestDistancesAreInPixels(t *testing.T) {
	t.Parallel()
	gray := palette.Gradient{{At: 0, Color: [3]uint8{0, 0, 0}}, {At: 0.9, Color: [3]uint8{255, 255, 255}}}.Table(8, false)
	rapid.Check(t, func(r *rapid.T) {
		c := complex(rapid.Float64Range(-2.5, 1).Draw(r, "re"), rapid.Float64Range(-1.5, 1.5).Draw(r, "im"))
		pixel := math.Pow(10, rapid.Float64Range(-6, 0).Draw(r, "pixel"))
		want := distanceOf(c)
		if math.IsInf(want, 1) || want < 1e-6 {
			return
		}
		s := parse(t, fmt.Sprintf(`{"width":1,"height":1,"center":{"re":%.17g,"im":%.17g},"radius":%.17g,"rotation":%d,
			"coloring":{"method":"distance","palette":"000000@0,ffffff@0.9","cyclic":false}}`, real(c), imag(c), pixel/2,
			rapid.IntRange(-180, 180).Draw(r, "rotation")))
		place := int(math.Log2(1+8*want/pixel) / 15 * float64(len(gray)))
		got := render(t, s, renderer.Options{}).Pix
		require.Len(r, got, 1, "gray")
		require.InDelta(r, float64(gray[min(place, len(gray)-1)][0]), float64(got[0]), 1, "%v, %g pixels away", c, want/pixel)
	})
}

// TestReliefOfNothing compares pictures without strength with smooth ones.
func TestReliefOfNothing(t *testing.T) {
	t.Parallel()
	for _, extra := range []string{``, `,"samples":3`, `,"depth":16`, `,"formula":"julia"`, `,"formula":"tricorn"`} {
		smooth := render(t, parse(t, `{"width":60,"height":40`+extra+`}`), renderer.Options{})
		slope := render(t, parse(t, `{"width":60,"height":40`+extra+`,"coloring":{"method":"slope","relief":0}}`), renderer.Options{})
		assert.Equal(t, smooth, slope, extra)
	}
}

// TestLightStaysWithThePicture turns a view by 90 degrees, and the light against it: what is lit stays lit.
func TestLightStaysWithThePicture(t *testing.T) {
	t.Parallel()
	const side = 50
	for _, formula := range spec.Formulas() {
		view := `{"formula":"` + string(formula) + `","width":50,"height":50,"center":{"re":-0.5,"im":0.5},"radius":0.5,`
		upright := render(t, parse(t, view+`"coloring":{"method":"slope","light":90}}`), renderer.Options{})
		turned := render(t, parse(t, view+`"rotation":90,"coloring":{"method":"slope","light":0}}`), renderer.Options{})
		for row := range side {
			for column := range side {
				want := upright.Pix[3*((side-1-column)*side+row):][:3]
				to := 3 * (row*side + column)
				require.Equal(t, want, turned.Pix[to:to+3], "%s, pixel (%d,%d)", formula, column, row)
			}
		}
	}
}

// TestLightComesFromItsSide looks at four places around the set, far out, where the hill is a cone.
func TestLightComesFromItsSide(t *testing.T) {
	t.Parallel()
	for light, brightest := range map[int]int{0: 0, 90: 1, 180: 2, -90: 3} {
		var values []byte
		for _, place := range []string{`{"re":50}`, `{"im":50}`, `{"re":-50}`, `{"im":-50}`} {
			s := parse(t, fmt.Sprintf(`{"width":1,"height":1,"center":%s,"radius":1,
				"coloring":{"method":"slope","palette":"808080@0,808081@0.5","light":%d}}`, place, light))
			values = append(values, render(t, s, renderer.Options{}).Pix[0])
		}
		for i, value := range values {
			switch (i - brightest + 4) % 4 {
			case 0:
				assert.Greater(t, value, byte(128+20), "light %d, place %d", light, i)
			case 2:
				assert.Less(t, value, byte(128-20), "light %d, place %d", light, i)
			default:
				assert.InDelta(t, 128, value, 3, "light %d, place %d", light, i)
			}
		}
	}
}

// TestExtremeGradientsHaveColours draws places where the derivative leaves the range of numbers, at the real axis next to
// a chaotic orbit.
func TestExtremeGradientsHaveColours(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"distance", "slope"} {
		for _, im := range []string{"1e-300", "5e-324", "1e-60"} {
			s := parse(t, `{"width":40,"height":1,"center":{"re":-1.9,"im":"`+im+`"},"radius":1e-6,"max_iterations":5000,
				"coloring":{"method":"`+method+`","interior":"#ff0000"}}`)
			p := render(t, s, renderer.Options{})
			again := render(t, s, renderer.Options{Threads: 3})
			assert.Equal(t, p, again)
		}
	}
}
