package renderer_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer"
	"mandelfarm/renderer/spec"
)

// stretched is v in a view that is 2^amount times as long along an axis at so many degrees, and as much narrower across.
func stretched(v complex128, amount, degrees float64) complex128 {
	axis := cmplx.Rect(1, degrees*math.Pi/180)
	u := v / axis
	return axis * complex(real(u)*math.Exp2(amount), imag(u)/math.Exp2(amount))
}

// mirroredViews are views of every formula, and deep ones.
func mirroredViews() []string {
	return []string{
		`"samples":1`,
		`"formula":"burning_ship","coloring":{"method":"slope"}`,
		`"formula":"tricorn","coloring":{"method":"distance"}`,
		`"formula":"julia","coloring":{"method":"histogram"}`,
		`"formula":"multibrot","power":3,"coloring":{"method":"set"}`,
		`"center":{"re":"-0.743643887037151","im":"0.131825904205330"},"radius":"1e-9","exact":true,"max_iterations":2000`,
		`"center":{"re":"-1.768667862837488812627419470","im":"0.001645580546820209430325900"},"radius":"6e-22","max_iterations":"auto"`,
	}
}

// TestMirrorsTurnUpsideDown: without a rotation a mirrored picture is the other one from the bottom up, but for the light, which
// comes from where it is said to come from.
func TestMirrorsTurnUpsideDown(t *testing.T) {
	t.Parallel()
	for _, view := range mirroredViews() {
		s := parse(t, `{"width":64,"height":48,`+view+`}`)
		mirrored := changed(t, s, func(d *spec.Draft) {
			d.Mirror = true
			if d.Coloring.Method == spec.MethodSlope {
				d.Coloring.Light = decimal(t, "-45")
			}
		})
		require.NotEqual(t, s.ID(), mirrored.ID())
		want, got := render(t, s, renderer.Options{}), render(t, mirrored, renderer.Options{})
		for row := range 48 {
			require.Equal(t, want.Pix[row*want.Stride:(row+1)*want.Stride], got.Pix[(47-row)*got.Stride:(48-row)*got.Stride], "%s row %d", view, row)
		}
	}
}

// TestMirrorsAreConjugates: the Mandelbrot set is symmetric, so that a mirrored view is that of the conjugate, turned the other way.
func TestMirrorsAreConjugates(t *testing.T) {
	t.Parallel()
	for _, c := range []string{
		`"center":{"re":"-0.5","im":"%s0.6"},"radius":"0.1"`,
		`"center":{"re":"-0.743643887037151","im":"%s0.131825904205330"},"radius":"1e-9","max_iterations":2000`,
	} {
		const size = `{"width":60,"height":40,"format":"npy",`
		mirrored := parse(t, size+fmt.Sprintf(c, "")+`,"rotation":30,"mirror":true,"stretch":{"amount":1,"angle":20}}`)
		conjugate := parse(t, size+fmt.Sprintf(c, "-")+`,"rotation":-30,"stretch":{"amount":1,"angle":-20}}`)
		a, b := readNPY(t, file(t, mirrored, renderer.Options{})), readNPY(t, file(t, conjugate, renderer.Options{}))
		for y := range a {
			for x := range a[y] {
				require.True(t, a[y][x] == b[y][x] || math.IsNaN(a[y][x]) && math.IsNaN(b[y][x]), "%s: %d, %d: %v %v", c, x, y, a[y][x], b[y][x])
			}
		}
	}
}

// TestDeepViewsAreOriented compares counts of a deep view with those of double precision, which suffices there.
func TestDeepViewsAreOriented(t *testing.T) {
	t.Parallel()
	const width, height, limit, amount = 60, 40, 5000, 2.25
	center, turned := complex(-0.743643887037151, 0.131825904205330), cmplx.Rect(1, 30*math.Pi/180)
	s := parse(t, fmt.Sprintf(`{"width":%d,"height":%d,"max_iterations":%d,"format":"npy","radius":"1e-9","rotation":30,"mirror":true,
		"center":{"re":"-0.743643887037151","im":"0.131825904205330"},"stretch":{"amount":%v,"angle":-50}}`, width, height, limit, amount))
	require.True(t, renderer.IsDeep(s))
	counts := readNPY(t, file(t, s, renderer.Options{}))
	off := 0
	for y := range height {
		for x := range width {
			v := complex(float64(x)+0.5-width/2, float64(y)+0.5-height/2) * 2e-9 / height
			c, z, n := center+turned*stretched(v, amount, -50), complex128(0), 0
			for ; n < limit && cmplx.Abs(z) <= 256; n++ {
				z = z*z + c
			}
			want := float64(n) - math.Log2(math.Log(cmplx.Abs(z)))
			if cmplx.Abs(z) <= 256 != math.IsNaN(counts[y][x]) || math.Abs(want-counts[y][x]) > 0.5 {
				off++
			}
		}
	}
	assert.Less(t, off, width*height/20, "pixels beside the boundary, where double precision counts otherwise")
}

// TestStretchedViewsAreCheckedAcross: it is the short side of a pixel that must be fine enough for a formula's numbers, and that
// makes a view deep.
func TestStretchedViewsAreCheckedAcross(t *testing.T) {
	t.Parallel()
	plain := parse(t, `{"width":100,"height":1000,"radius":"7e-8"}`)
	assert.False(t, renderer.IsDeep(plain))
	assert.True(t, renderer.IsDeep(changed(t, plain, func(d *spec.Draft) { d.Stretch.Amount = decimal(t, "1") })))
	ship := parse(t, `{"width":100,"height":1000,"formula":"burning_ship","radius":"1e-12"}`)
	require.NoError(t, renderer.Limits{}.Check(ship))
	assert.ErrorContains(t, renderer.Limits{}.Check(changed(t, ship, func(d *spec.Draft) { d.Stretch.Amount = decimal(t, "6") })), "radius")
}

// TestMinibrotsAreShownAsTheViewLies: finding one does not depend on the orientation, and the view that shows it has the same.
func TestMinibrotsAreShownAsTheViewLies(t *testing.T) {
	t.Parallel()
	plain := parse(t, `{"width":80,"height":60,"center":{"re":"-1.7597","im":"-0.0126"},"radius":"0.001"}`)
	turned := changed(t, plain, func(d *spec.Draft) {
		d.Mirror, d.Rotation, d.Stretch.Amount = true, decimal(t, "30"), decimal(t, "0.5")
	})
	want, err := renderer.Find(t.Context(), plain, 1000, 1)
	require.NoError(t, err)
	got, err := renderer.Find(t.Context(), turned, 1000, 1)
	require.NoError(t, err)
	assert.Equal(t, want.Center, got.Center)
	assert.True(t, got.Spec.Mirror)
	assert.Equal(t, turned.Stretch, got.Spec.Stretch)
	assert.Equal(t, turned.Rotation, got.Spec.Rotation)
}
