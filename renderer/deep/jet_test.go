package deep

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/wide"
)

// jetOf is the jet of the steps beside some elements, joined in pairs.
func jetOf(elements []wide.Complex, bound float64) jet {
	if len(elements) == 1 {
		return oneJet(elements[0])
	}
	half := len(elements) / 2
	l, s := jetOf(elements[:half], bound), jetOf(elements[half:], bound)
	l.join(&s, bound)
	return l
}

// jetOneByOne is the same jet, of steps that are joined one after another.
func jetOneByOne(elements []wide.Complex, bound float64) jet {
	l := oneJet(elements[0])
	for _, z := range elements[1:] {
		s := oneJet(z)
		l.join(&s, bound)
	}
	return l
}

// at makes a jet as points make it, for a d, a dc and a slope, and compares it with the steps that it stands for.
func (l *jet) at(elements []wide.Complex, d, dc, slope wide.Complex, pixel wide.Real) deviation {
	want := ofSteps(elements, d, dc, slope, pixel)
	w, turned := d.Mul(elements[0].Double().Add(d)), elements[0].Add(d).Double().Mul(slope)
	p := point{traced: true}
	p.cRe, p.cIm = dc.Float64()
	p.slopeRe, p.slopeIm = turned.Float64()
	wRe, wIm := w.Float64()
	s, m := l.pack()
	p.mix(&s, &m, wRe, wIm, pixel.Float64())
	return want.beside(wide.New(p.dRe, p.dIm, 0), wide.New(p.slopeRe, p.slopeIm, 0))
}

// TestJetsAtTheRim makes jets of every length, at scales from where views begin to be deep to the last that has them, for points at the rim of what they are valid for and a dc at the rim of the
// view: each of the two may make up for the tolerance. Their derivatives are those of terms of fourth order. Without dc the tolerance is kept.
func TestJetsAtTheRim(t *testing.T) {
	t.Parallel()
	for name, orbit := range skipOrbits() {
		for _, scale := range []int{-25, -40, -60, leastMixed} {
			t.Run(fmt.Sprint(name, scale), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(47, 48))
				bound := wide.NewReal(1, scale)
				made := 0
				for _, length := range []int{2, 3, 8, 16, 50, 150} {
					for _, from := range []int{0, 1, 2, 3, 47} {
						elements := orbit[from : from+length]
						for way, l := range []jet{jetOneByOne(elements, bound.Float64()), jetOf(elements, bound.Float64())} {
							if l.within == 0 {
								continue
							}
							require.Equal(t, length, l.length)
							made++
							within := wide.NewReal(l.within, 0)
							got := l.at(elements, atRim(random, elements[0], within), direction(random).MulReal(bound), direction(random), bound)
							assert.Less(t, got.value, 2.0, "steps %d to %d, way %d", from, from+length, way)
							assert.Less(t, got.slope, 5.0, "derivative of steps %d to %d, way %d", from, from+length, way)
							if size(l.terms[termW]) < 0x1p-400 {
								continue // a*w is nothing, beside any dc but 0
							}
							got = l.at(elements, atRim(random, elements[0], within), wide.New(0, 0, 0), direction(random), bound)
							assert.Less(t, got.value, 1.01, "without dc, steps %d to %d, way %d", from, from+length, way)
						}
					}
				}
				require.Greater(t, made, 5)
			})
		}
	}
}

// TestJetsReachFarther: beside ordinary elements a jet is valid where a skip is not, for dc too, and beyond its rim it is wrong by more than the tolerance.
func TestJetsReachFarther(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(49, 50))
	orbit := skipOrbits()["seahorse"]
	for _, length := range []int{8, 16, 25} {
		elements := orbit[1 : 1+length]
		bound := wide.NewReal(1, -100)
		l, s := jetOf(elements, bound.Float64()), merged(elements, bound)
		assert.Greater(t, l.within, 8*s.within.Float64(), "%d steps", length)
		got := l.at(elements, atRim(random, elements[0], wide.NewReal(4*l.within, 0)), wide.New(0, 0, 0), direction(random), bound)
		assert.Greater(t, got.value, 1.0, "%d steps beyond the rim", length)
		bound = wide.NewReal(1, -30)
		l, s = jetOf(elements, bound.Float64()), merged(elements, bound)
		assert.Zero(t, s.within.M, "%d steps: dc is too large for a skip", length)
		assert.Positive(t, l.within, "%d steps: and not for a jet", length)
	}
}

// TestJetsThatMayNotBe: none is valid past an element that dc reaches.
func TestJetsThatMayNotBe(t *testing.T) {
	t.Parallel()
	one := func(exponent int) wide.Complex { return wide.New(1, 0, exponent) }
	for name, test := range map[string]struct {
		elements []wide.Complex
		want     bool
	}{
		"an element beyond the reach of dc":        {[]wide.Complex{one(0), one(-48), one(0)}, true},
		"an element within the reach of dc":        {[]wide.Complex{one(0), one(-51), one(0)}, false},
		"0, where a period ends":                   {[]wide.Complex{one(0), wide.New(0, 0, 0), one(0)}, false},
		"0 as the first":                           {[]wide.Complex{wide.New(0, 0, 0), one(0), one(0)}, true},
		"dc grown by 2^11, the element beyond":     {[]wide.Complex{one(0), one(10), one(-37), one(0)}, true},
		"dc grown by 2^11, the element is reached": {[]wide.Complex{one(0), one(10), one(-40), one(0)}, false},
	} {
		l := jetOneByOne(test.elements, 0x1p-60)
		assert.Equal(t, test.want, l.within > 0, name)
		assert.Equal(t, test.want, l.terms != polynomial{}, "%s: and has terms", name)
		s := oneJet(one(0))
		l.join(&s, 0x1p-60)
		assert.Equal(t, test.want, l.within > 0, "%s: and so with more steps", name)
	}
}

// TestHolds: terms of fourth order come to the tolerance beside a*w, each alone and with that of w*dc^3, which no w makes less; that of dc alone has to be
// less than it beside c*dc.
func TestHolds(t *testing.T) {
	t.Parallel()
	const bound, wanted = 0x1p-60, 0x1p-40
	const most = tolerance * wanted // of a*w
	first := firstTerm[jetOrder+1]
	for name, test := range map[string]struct {
		left [jetOrder + 2]complex128
		want float64
	}{
		"w^4":                              {[...]complex128{most / (wanted * wanted * wanted * wanted), 0, 0, 0, 0}, wanted},
		"w^3*dc":                           {[...]complex128{0, most / (wanted * wanted * wanted * bound), 0, 0, 0}, wanted},
		"w^2*dc^2":                         {[...]complex128{0, 0, most / (wanted * wanted * bound * bound), 0, 0}, wanted},
		"w^2*dc^2 and half as much w*dc^3": {[...]complex128{0, 0, most / (wanted * wanted * bound * bound), tolerance / 2 / (bound * bound * bound), 0}, wanted / 2},
		"w*dc^3":                           {[...]complex128{0, 0, 1, tolerance / (bound * bound * bound), 0}, 0},
		"dc^4 within the tolerance":        {[...]complex128{0, 0, most / (wanted * wanted * bound * bound), 0, 0.99 * tolerance / (bound * bound * bound)}, wanted},
		"dc^4 beyond the tolerance":        {[...]complex128{0, 0, most / (wanted * wanted * bound * bound), 0, 1.01 * tolerance / (bound * bound * bound)}, 0},
	} {
		p := polynomial{termW: 1, termC: 1}
		copy(p[first:], test.left[:])
		assert.InDelta(t, test.want, p.holds(bound), 1e-6*test.want, name)
	}
}

// TestLinearBounds: at the joint d, of which dc is a part, is below the tolerance of the element, and so is what a step of more than one allows.
func TestLinearBounds(t *testing.T) {
	t.Parallel()
	unit := wide.New(1, 0, 0)
	for bound, want := range map[float64]float64{tolerance / 4: tolerance * 3 / 4, tolerance: 0, 2 * tolerance: 0} {
		l := jetOf([]wide.Complex{unit, unit}, bound)
		assert.InDelta(t, want, l.linear, 1e-6*tolerance)
	}
	const bound = tolerance / 16
	l, s := oneJet(unit), jetOf([]wide.Complex{unit, unit}, bound)
	l.join(&s, bound)
	assert.InDelta(t, (s.linear-2*bound)/2, l.linear, 1e-6*tolerance, "w of the second is 2*(w + dc)")
}

// TestJetBoundsAreNeverRaised: a longer jet is valid for no point that the shorter one is not valid for, and none without mixed terms for one that it is not valid for with them.
func TestJetBoundsAreNeverRaised(t *testing.T) {
	t.Parallel()
	for name, orbit := range skipOrbits() {
		for _, bound := range []float64{0x1p-30, 0x1p-60, 0x1p-110} {
			l := oneJet(orbit[1])
			for i := 2; i < 150; i++ {
				before, s := l, oneJet(orbit[i])
				l.join(&s, bound)
				require.LessOrEqual(t, l.within, before.within, "%s, step %d", name, i)
				require.LessOrEqual(t, l.linear, before.linear, "%s, step %d", name, i)
				require.LessOrEqual(t, l.linear, l.within, "%s, step %d: nor where the terms of fourth order are too large", name, i)
			}
		}
	}
}

// TestRoots: cube roots of all sizes, and the root of a cubic of positive terms, some of which may be all but 0.
func TestRoots(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		positive := func(name string) float64 {
			return math.Ldexp(rapid.Float64Range(1, 2).Draw(t, name), rapid.IntRange(-150, 150).Draw(t, name+", exponent"))
		}
		x := positive("x")
		require.InEpsilon(t, math.Cbrt(x), cubeRoot(x), 1e-10)
		a, b, c, d := positive("a"), positive("b"), positive("c"), positive("d")
		root := leastRoot(a, b, c, d)
		require.InEpsilon(t, d, ((a*root+b)*root+c)*root, 1e-3)
	})
}

// TestHalves: parts come out with 20 bits.
func TestHalves(t *testing.T) {
	t.Parallel()
	for _, z := range []complex128{0, 1 - 1i, complex(math.Pi, -math.E), complex(-0x1p-900, 0x1.fffffp900)} {
		re, im := halve(z).parts()
		assert.InDelta(t, real(z), re, 0x1p-20*math.Abs(real(z)))
		assert.InDelta(t, imag(z), im, 0x1p-20*math.Abs(imag(z)))
	}
}
