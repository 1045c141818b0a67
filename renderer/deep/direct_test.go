package deep

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// directViews are views in which points go directly: next to a point where the set is a dendrite; where spirals end in a minibrot
// that is not to be seen; beside a minibrot of a minibrot, where orbits come close to 0 every twelfth step; beside the cusp
// between cardioid and disc, where they hardly move for 15,000 steps.
func directViews() map[string]View {
	at := func(re, im string, radius float64, limit int) View {
		return View{
			Re: re, Im: im, Step: wide.NewReal(radius/144, 0), Bound: wide.NewReal(2.2*radius, 0),
			MaxIterations: limit, Radius2: escape.SmoothRadius2,
		}
	}
	const seahorseRe, seahorseIm = "-0.743643887037158704752191506114774", "0.131825904205311970493132056385139"
	return map[string]View{
		"dendrite":            at("1e-29", "1.0000000000000000000000000001", 1e-20, 500),
		"seahorse":            at(seahorseRe, seahorseIm, 1e-8, 5000),
		"seahorse, climbing":  at(seahorseRe, seahorseIm, 4.5e-13, 5000),
		"seahorse, deeper":    at(seahorseRe, seahorseIm, 1e-11, 5000),
		"minibrot's minibrot": at("-1.7590170270659", "0.01916067191295", 3e-9, 3000),
		"minibrot's, deeper":  at("-1.7590170270659", "0.01916067191295", 1e-13, 3000),
		"cusp":                at("-0.75", "0.0002", 1e-9, 30000),
	}
}

// TestDirectPointsAreThoseOfPerturbation: as well as either knows, points that go directly go where those go that make every step
// beside the reference. Nearer to the boundary both are beyond double precision.
func TestDirectPointsAreThoseOfPerturbation(t *testing.T) {
	t.Parallel()
	for name, v := range directViews() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := perturbationOf(t, v)
			require.NotNil(t, p.direct, "it pays")
			beside := p.without(true)
			require.Nil(t, beside.direct)
			got := scattered(unlessShort(300, 20), 150)
			want := clone(got)
			require.NoError(t, p.Run(t.Context(), got))
			require.NoError(t, beside.Run(t.Context(), want))
			compared := 0
			for i, count := range want.Count {
				if count == 0 || distance(want, i) < 0.01 {
					continue
				}
				compared++
				require.NotZero(t, got.Count[i], "point %d escapes", i)
				require.InDelta(t, escape.Smooth(count, want.Norm2[i]), escape.Smooth(got.Count[i], got.Norm2[i]), 1e-3,
					"point %d, %v of a pixel from the boundary", i, distance(want, i))
				require.InEpsilon(t, distance(want, i), distance(got, i), 1e-2, "distance of point %d", i)
			}
			assert.Greater(t, compared, len(want.Re)/2)
		})
	}
}

// TestDirectPointsDoNotDependOnOthers: nor on whether slopes are asked for, nor on the engine that they climb by.
func TestDirectPointsDoNotDependOnOthers(t *testing.T) {
	t.Parallel()
	for name, v := range directViews() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := perturbationOf(t, v)
			require.NotNil(t, p.direct)
			whole := scattered(unlessShort(600, 150), 150)
			parts := clone(whole)
			plain := escape.NewBatch(len(whole.Re))
			copy(plain.Re, whole.Re)
			copy(plain.Im, whole.Im)
			require.NoError(t, p.Run(t.Context(), whole))
			require.NoError(t, p.Run(t.Context(), *plain))
			for start := 0; start < len(parts.Re); start += 37 {
				require.NoError(t, p.Run(t.Context(), parts.Part(start, min(start+37, len(parts.Re)))))
			}
			assert.Equal(t, whole.Count, plain.Count)
			assert.Equal(t, whole.Count, parts.Count)
			for i, count := range whole.Count {
				if count == 0 {
					continue
				}
				require.Equal(t, whole.Norm2[i], plain.Norm2[i], "point %d", i)                                                         //nolint:testifylint // to the bit
				require.Equal(t, [2]float64{whole.GradX[i], whole.GradY[i]}, [2]float64{parts.GradX[i], parts.GradY[i]}, "point %d", i) // to the bit
			}
		})
	}
}

// TestClimbsAgree: points climb to the same places by lanes and one by one. Some are steep in the end, some have climbed too long.
func TestClimbsAgree(t *testing.T) {
	t.Parallel()
	if !hasLanes() {
		t.Skip("there is but one engine here")
	}
	p := perturbationOf(t, directViews()["minibrot's, deeper"])
	points := make([]point, 333)
	for i := range points {
		q := &points[i]
		q.traced, q.offsetRe, q.offsetIm = true, float64(i%20-10), float64(i/20-8)
		sin, cos := math.Sincos(float64(i))
		size := math.Ldexp(1, -4-i%10)
		q.begin(p.start(q, wide.New(cos*size, sin*size, 0), wide.New(1, 0, -28-i%12)), 10, false)
	}
	others := append([]point(nil), points...)
	require.NoError(t, p.follower.climbAll(t.Context(), points))
	require.NoError(t, p.follower.climbEach(t.Context(), others))
	outcomes := map[outcome]int{}
	for i := range points {
		outcomes[points[i].outcome]++
		require.Equal(t, trail(&others[i]), trail(&points[i]), "point %d", i)
		require.Equal(t, others[i].climbed, points[i].climbed)
		require.LessOrEqual(t, points[i].moves, int64(longestClimb))
	}
	assert.Greater(t, outcomes[steep], 20)
	assert.Greater(t, outcomes[moving]+outcomes[escaped], 20)
}

// TestWhatPays: a view is followed directly where that takes less steps and moves, and not in deep ones that skips are long in.
func TestWhatPays(t *testing.T) {
	t.Parallel()
	for name, v := range directViews() {
		assert.NotNil(t, perturbationOf(t, v).direct, name)
	}
	for name, v := range map[string]View{
		"whose skips are long":       views()["minibrot"],
		"beyond double precision":    views()["wide"],
		"of a core":                  minibrotView(t, 20),
		"outside of every orbit":     {Re: "300", Im: "0", Step: wide.NewReal(1, -40), Bound: wide.NewReal(1, -30), MaxIterations: 100, Radius2: escape.SmoothRadius2},
		"without steps for a series": {Re: "0", Im: "1", Step: wide.NewReal(1, -60), Bound: wide.NewReal(1, -50), MaxIterations: 3, Radius2: escape.SmoothRadius2},
	} {
		assert.Nil(t, perturbationOf(t, v).direct, name)
	}
}

// TestMainComponents: points next to both boundaries, on either side, at the cusp too, where the boundary is the cardioid's third power;
// and the margin is a small part of what is left to the boundary there.
func TestMainComponents(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		re, im       string
		outRe, outIm float64 // outward
	}{
		"the cusp":                 {"0.25", "0", 1, 0},
		"the cardioid, left":       {"-0.75", "0", 0, 1},
		"the cardioid, above":      {"-0.125", "0.64951905283832898507279237806470213760352", 0.5, 0.866},
		"the disc, left":           {"-1.25", "0", -1, 0},
		"the disc, above":          {"-1", "0.25", 0, 1},
		"the cardioid, its bottom": {"-0.125", "-0.64951905283832898507279237806470213760352", 0.5, -0.866},
	} {
		for _, exponent := range []int{-35, -50, -70} {
			v := View{Re: test.re, Im: test.im, Step: wide.NewReal(1, exponent-9), Bound: wide.NewReal(1, exponent), MaxIterations: 100}
			m := newMainComponents(v)
			require.NotNil(t, m, name)
			for _, part := range []float64{1, 0x1p-5, 0x1p-10} {
				by := math.Ldexp(part, exponent)
				about := fmt.Sprintf("%s, %g beside 2^%d", name, part, exponent)
				if test.outRe != 0 || name != "the cardioid, left" { // above -0.75 both boundaries part
					assert.False(t, m.contain(test.outRe*by, test.outIm*by), about+", outside")
				}
				if name != "the cardioid, left" {
					assert.True(t, m.contain(-test.outRe*by, -test.outIm*by), about+", inside")
				}
			}
		}
	}
	assert.Nil(t, newMainComponents(View{Re: "-1.7", Im: "0", Bound: wide.NewReal(1, -40)}), "far outside")
}

// TestAttracted: what is said to be inside is. Points of the cardioid and of components of other periods are, points that escape after
// thousands of steps and points on the boundary are not.
func TestAttracted(t *testing.T) {
	t.Parallel()
	for c, want := range map[complex128]bool{
		-0.1 + 0.1i: true, -1: true, -1.1 + 0.1i: true, -0.122 + 0.745i: true, -1.7549: true, -1.7589: true, -0.156 + 1.032i: true,
		0.25: false, -0.75: false, 0.2500001: false, -0.75 + 0.0002i: false, -2: false, 1i: false, 0.3 + 0.6i: false, 12: false,
	} {
		assert.Equal(t, want, attracted(0, 0, real(c), imag(c), stepBlur), "%v", c)
	}
}

// TestSeriesAtTheRim: a series is within its tolerance of exact steps for points all over its view, to the rim, the slope too.
func TestSeriesAtTheRim(t *testing.T) {
	t.Parallel()
	for name, v := range directViews() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := v.Reference(t.Context(), 1, nil)
			require.NoError(t, err)
			pixel, bound := v.Step.Float64(), v.Bound.Float64()
			s := newSeries(r, pixel, bound, v.MaxIterations)
			require.NotNil(t, s)
			if s.steps > 2000 && testing.Short() {
				t.Skip("it takes long")
			}
			for _, at := range []complex128{1, 1i, -0.6 - 0.8i, 0.3 - 0.1i, 0.001} {
				offset := at * complex(bound/pixel, 0)
				z, slope := s.at(real(offset), imag(offset))
				d, dSlope := exactly(wide.New(0, 0, 0)), exactly(wide.New(0, 0, 0))
				dc := exactly(wide.New(real(offset)*pixel, imag(offset)*pixel, 0))
				for n := range s.steps {
					element := exactly(wide.New(r.Re[n], r.Im[n], 0))
					dSlope = d.stepSlope(dSlope, element, exactly(onAxis(v.Step)))
					d = d.step(element, dc)
				}
				x, y := d.wide().Float64()
				u, w := dSlope.wide().Float64()
				steepness := math.Hypot(u, w)
				got := z - s.z
				// The sum with z_n rounds d to 2^-53 of z_n, which leastSlope allows for.
				assert.InDelta(t, 0, math.Hypot(real(got)-x, imag(got)-y)/steepness, 2*seriesTolerance+0x1p-51/steepness, "d of %v", at)
				assert.InDelta(t, 0, math.Hypot(real(slope)-u, imag(slope)-w)/steepness, 1e-5, "slope of %v", at)
			}
		})
	}
}
