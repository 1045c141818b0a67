package deep

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// distance is the estimated distance of a point of a batch to the boundary, in pixels.
func distance(b escape.Batch, i int) float64 {
	return math.Sqrt(b.Norm2[i]) * math.Log(b.Norm2[i]) / 2 / math.Hypot(b.GradX[i], b.GradY[i])
}

// requireSame compares two batches of the same points: which are inside, the smooth counts and the gradients of those that are
// at least a hundredth of a pixel from the boundary. It returns how many are inside and outside.
func requireSame(t *testing.T, got, want escape.Batch) (inside, outside int) {
	t.Helper()
	for i, count := range want.Count {
		if count == 0 && got.Count[i] == 0 {
			inside++
			continue
		}
		require.True(t, count != 0 && got.Count[i] != 0, "point %d: counts %d and %d", i, got.Count[i], count)
		if distance(want, i) < 0.01 {
			continue
		}
		outside++
		require.InDelta(t, escape.Smooth(count, want.Norm2[i]), escape.Smooth(got.Count[i], got.Norm2[i]), 1e-6, "count of point %d", i)
		size := math.Hypot(want.GradX[i], want.GradY[i])
		require.InDelta(t, want.GradX[i]/size, got.GradX[i]/size, 1e-5, "gradient of point %d", i)
		require.InDelta(t, want.GradY[i]/size, got.GradY[i]/size, 1e-5, "gradient of point %d", i)
	}
	return inside, outside
}

// clone is a batch of the same points.
func clone(b escape.Batch) escape.Batch {
	c := escape.NewBatch(len(b.Re)).Traced()
	copy(c.Re, b.Re)
	copy(c.Im, b.Im)
	return c
}

// TestCoreAgainstPlainFollowing follows points around minibrots with the core and without, at limits that leave it some steps,
// more, and parts of a period.
func TestCoreAgainstPlainFollowing(t *testing.T) {
	t.Parallel()
	for name, m := range minibrots(t) {
		for _, periods := range []float64{2, 5.5, 15, 16, 17.95, 60} {
			t.Run(fmt.Sprint(name, periods), func(t *testing.T) {
				t.Parallel()
				v, period := m.View, m.MaxIterations/60
				v.MaxIterations = int(periods * float64(period))
				p := perturbationOf(t, v)
				require.NotNil(t, p.core)
				require.Equal(t, period, p.core.stepLength)
				points := scattered(500, 50)
				with, without := points, clone(points)
				require.NoError(t, p.Run(t.Context(), with))
				require.NoError(t, p.without(false).Run(t.Context(), without))
				in, out := requireSame(t, with, without)
				assert.Greater(t, in, 10)
				if periods > 6 { // before that few of these points are out, or none
					assert.Greater(t, out, 10)
				}
			})
		}
	}
}

// TestCoreIsThePlainMandelbrot: a minibrot of n pixels to the unit has its points where the whole set has them, turned and
// scaled, and those are inside that package escape finds to be.
func TestCoreIsThePlainMandelbrot(t *testing.T) {
	t.Parallel()
	for name, m := range minibrots(t) {
		period := m.MaxIterations / 60
		m.MaxIterations = 2000 * period
		p := perturbationOf(t, m.View)
		turned := cmplx.Conj(complex(m.size.Re, m.size.Im))
		turned /= complex(cmplx.Abs(turned)*pixelsOfMinibrot, 0)
		points := scattered(1000, 40)
		whole := clone(points)
		for i := range whole.Re {
			c := complex(points.Re[i], points.Im[i]) * turned
			whole.Re[i], whole.Im[i] = real(c), imag(c)
			x, y := p.core.place(points.Re[i], points.Im[i])
			require.InDelta(t, real(c), x, 1e-9, "%s: re of point %d in the core", name, i)
			require.InDelta(t, imag(c), y, 1e-9, "%s: im of point %d in the core", name, i)
		}
		k := escape.Kernel{Formula: escape.Mandelbrot, MaxIterations: 2000, Radius2: escape.SmoothRadius2}
		require.NoError(t, k.Run(t.Context(), whole))
		require.NoError(t, p.Run(t.Context(), points))
		inside := 0
		for i, count := range whole.Count {
			if count != 0 && distance(whole, i)*pixelsOfMinibrot < 0.1 {
				continue
			}
			require.Equal(t, count == 0, points.Count[i] == 0, "%s: point %d, %g%+gi of the whole set", name, i, whole.Re[i], whole.Im[i])
			if count == 0 {
				inside++
			}
		}
		assert.Greater(t, inside, 50)
	}
}

// TestCoreByHand runs points of a core for so few steps that no kernel is worth while, and for more: to the same places.
func TestCoreByHand(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{2, 14, 16, 64} {
		c := &core{radius2: 1e6, kernel: escape.Kernel{MaxIterations: limit, Radius2: 1e6, Ends: true}}
		b := escape.NewBatch(2).Traced()
		b.Re[0], b.Im[0] = -1.85, 0.01 // is on its way
		b.Re[1], b.Im[1] = 1, 0        // 0, 1, 2, 5, 26, 677, 458330
		require.NoError(t, c.run(t.Context(), b))
		for i, point := range []complex128{-1.85 + 0.01i, 1} {
			z, steps := complex128(0), 0
			for steps < limit && real(z)*real(z)+imag(z)*imag(z) <= 1e6 {
				z = z*z + point
				steps++
			}
			assert.Equal(t, int32(steps), b.Count[i], "limit %d, point %d", limit, i)
			assert.InEpsilon(t, real(z), b.ZX[i], 1e-9, "limit %d, point %d", limit, i)
			assert.InDelta(t, imag(z), b.ZY[i], 1e-9*math.Abs(imag(z)), "limit %d, point %d", limit, i)
		}
	}
}

// TestSlopesOfTheCore are those of u as a function of its c: u_3 = (c^2+c)^2 + c has 2(c^2+c)(2c+1) + 1.
func TestSlopesOfTheCore(t *testing.T) {
	t.Parallel()
	c := 0.3 - 0.4i
	want := []complex128{0, 1, 2*c + 1, 2*(c*c+c)*(2*c+1) + 1}
	for steps, slope := range want {
		re, im := new(core).slope(real(c), imag(c), int32(steps))
		assert.InDelta(t, real(slope), re, 1e-15)
		assert.InDelta(t, imag(slope), im, 1e-15)
	}
}

// TestViewsWithoutCore are those in which it is of no use, or wrong.
func TestViewsWithoutCore(t *testing.T) {
	t.Parallel()
	v := minibrotView(t, 20)
	r, err := v.Reference(t.Context(), 1, nil)
	require.NoError(t, err)
	require.Positive(t, r.Period)
	for name, test := range map[string]struct {
		change    func(t *table)
		notPeriod bool
		zoom      int // powers of 2
		limit     int
		want      bool
	}{
		"with one":                               {limit: 1000, want: true},
		"without a period":                       {limit: 1000, notPeriod: true},
		"two periods to the limit":               {limit: 42, want: true},
		"five periods and more":                  {limit: 109, want: true},
		"less than two periods to the limit":     {limit: 41},
		"no linear bound":                        {limit: 1000, change: func(t *table) { t.core.linear = wide.NewReal(0, 0) }},
		"a bound below the core's escape radius": {limit: 1000, change: func(t *table) { t.core.linear = t.core.linear.Scale(-11) }},
		"a bound just above it":                  {limit: 1000, change: func(t *table) { t.core.linear = t.core.linear.Scale(-9) }, want: true},
		"closer, around the nucleus":             {limit: 1000, zoom: 40, want: true},
		"closer, beside it, where pixels have one c": {limit: 1000, zoom: 40, change: func(t *table) {
			t.elements[len(t.elements)-1].re = math.Ldexp(1, -60)
		}},
		"numbers beyond squaring": {limit: 1000, change: func(t *table) { t.core.a.Exp += 450 }},
	} {
		table := newTable(r, v.Bound, false)
		if test.change != nil {
			test.change(table)
		}
		got := newCore(table, !test.notPeriod, v.Step.Scale(-test.zoom), v.Bound.Scale(-test.zoom), test.limit)
		assert.Equal(t, test.want, got != nil, name)
		if got != nil {
			assert.Equal(t, test.limit/42*2, got.kernel.MaxIterations, "%s: whole periods of 21 steps, an even number", name)
		}
	}
}

// TestCoreLeavesNothingBehind: a batch that is drawn twice, and in parts, is the same.
func TestCoreLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	p := perturbationOf(t, minibrotView(t, 60))
	whole := scattered(300, 50)
	parts := clone(whole)
	require.NoError(t, p.Run(t.Context(), whole))
	counts := slices.Clone(whole.Count)
	require.NoError(t, p.Run(t.Context(), whole))
	assert.Equal(t, counts, whole.Count)
	for _, ends := range [][2]int{{150, 300}, {0, 1}, {1, 150}} {
		require.NoError(t, p.Run(t.Context(), parts.Part(ends[0], ends[1])))
	}
	assert.Equal(t, counts, parts.Count)
	assert.Equal(t, whole.Norm2, parts.Norm2)
}
