package deep

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/wide"
)

// skipOrbits are orbits of every kind that skips are made beside: one that wanders, one that comes back to 0 every third
// step, one whose elements are all of one size, and one whose returns come ever closer.
func skipOrbits() map[string][]wide.Complex {
	const steps = 200
	tiny := orbitOf(-1.7548776662466927, 0, steps)
	for i := 3; i <= steps; i += 3 { // as a reference that was computed in more bits has them
		tiny[i] = wide.New(1, -0.5, -90)
	}
	return map[string][]wide.Complex{
		"seahorse":   orbitOf(-0.743643887037158, 0.131825904205311, steps),
		"minibrot":   tiny,
		"dendrite":   orbitOf(0, 1, steps),
		"feigenbaum": orbitOf(-1.401155189, 1e-9, steps),
	}
}

// joined is the skip of the steps beside some elements, one joined after another.
func joined(elements []wide.Complex, bound wide.Real) skip {
	s := one(elements[0])
	for _, z := range elements[1:] {
		s.join(one(z), bound)
	}
	return s
}

// merged is the same skip, of parts that are joined in pairs.
func merged(elements []wide.Complex, bound wide.Real) skip {
	if len(elements) == 1 {
		return one(elements[0])
	}
	half := len(elements) / 2
	s := merged(elements[:half], bound)
	s.join(merged(elements[half:], bound), bound)
	return s
}

// deviation is that of a skip beside single steps of exact numbers, in tolerances: of d', in parts of the larger of its two
// terms of first order, and of the slope in the same way.
type deviation struct{ value, slope float64 }

// truth is where exact steps lead.
type truth struct {
	value, slope    exact
	size, slopeSize wide.Real // of the larger of the two terms of first order
}

// ofSteps makes the steps beside elements in exact numbers, for a difference d, a dc and a slope before them. Sizes are in parts of what errors are: of the larger of what the steps make
// of w, without what dc adds, and of what they make of dc.
func ofSteps(elements []wide.Complex, d, dc, slope wide.Complex, pixel wide.Real) truth {
	x, xSlope := exactly(d), exactly(slope)
	for _, z := range elements {
		xSlope = x.stepSlope(xSlope, exactly(z), exactly(onAxis(pixel)))
		x = x.step(exactly(z), exactly(dc))
	}
	a, c := firstOrder(elements)
	w, turned := d.Mul(elements[0].Double().Add(d)), elements[0].Add(d).Double().Mul(slope)
	return truth{
		value: x, slope: xSlope, size: greater(a.Norm().Mul(w.Norm()), c.Norm().Mul(dc.Norm())),
		slopeSize: greater(a.Norm().Mul(turned.Norm()), c.Norm().Mul(pixel)),
	}
}

// firstOrder are the coefficients of w and dc after steps beside elements.
func firstOrder(elements []wide.Complex) (a, c wide.Complex) {
	a, c = wide.New(1, 0, 0), wide.New(1, 0, 0)
	for _, z := range elements[1:] {
		a, c = a.Mul(z).Double(), c.Mul(z).Double().Add(wide.New(1, 0, 0))
	}
	return a, c
}

// beside is how far a value and a slope are from the truth, in tolerances.
func (x *truth) beside(value, slope wide.Complex) deviation {
	return deviation{off(exactly(value), x.value, x.size) / tolerance, off(exactly(slope), x.slope, x.slopeSize) / tolerance}
}

// at compares a skip with the steps that it stands for, for a difference d and a dc.
func (s *skip) at(elements []wide.Complex, d, dc, slope wide.Complex, pixel wide.Real, linear bool) deviation {
	w, turned := d.Mul(s.ref.Double().Add(d)), s.ref.Add(d).Double().Mul(slope)
	h, g := s.a.Add(s.b.Mul(w)), s.a.Add(s.b.Mul(w).Double())
	if linear {
		h, g = s.a, s.a
	}
	want := ofSteps(elements, d, dc, slope, pixel)
	return want.beside(h.Mul(w).Add(s.c.Mul(dc)), g.Mul(turned).Add(s.c.MulReal(pixel)))
}

// atRim returns a d for which w is as large as a bound allows, but for a thousandth of it.
func atRim(random *rand.Rand, z wide.Complex, bound wide.Real) wide.Complex {
	return solved(z, direction(random).MulReal(bound).MulReal(wide.NewReal(0.999, 0)))
}

// solved returns the d near 0 for which d*(2*z + d) is w, by Newton's method.
func solved(z, w wide.Complex) wide.Complex {
	d := onAxis(root(w.Norm()))
	if !z.Norm().Mul(z.Norm()).Less(w.Norm()) {
		d = over(w, z.Double())
	}
	for range 60 {
		rest := d.Mul(z.Double().Add(d)).Add(w.MulReal(wide.NewReal(-1, 0)))
		d = d.Add(over(rest, z.Add(d).Double()).MulReal(wide.NewReal(-1, 0)))
	}
	return d
}

// over is a/b.
func over(a, b wide.Complex) wide.Complex {
	norm := b.Norm()
	return a.Mul(wide.New(b.Re, -b.Im, b.Exp)).MulReal(wide.NewReal(1, 0).Quo(norm.Mul(norm)))
}

// TestSkipsAtTheRim makes skips of every length, at scales from shallow to deep, for points at the rim of what they are valid
// for. The error is of the order of the tolerance, joined from the left or in pairs: at most the tolerance by the terms of third
// order, half of it where every element is a joint, three times that in the derivative of w^3, and as much as once and twice
// more where dc is all but too large.
func TestSkipsAtTheRim(t *testing.T) {
	t.Parallel()
	for name, orbit := range skipOrbits() {
		for _, scale := range []int{-40, -60, -200, -1500} {
			t.Run(fmt.Sprint(name, scale), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(7, 8))
				bound := wide.NewReal(1, scale)
				made := 0
				for _, length := range []int{2, 3, 8, 16, 50, 150} {
					for _, from := range []int{0, 1, 2, 3, 47} {
						elements := orbit[from : from+length]
						for way, s := range []skip{joined(elements, bound), merged(elements, bound)} {
							if s.within.M == 0 {
								continue
							}
							require.Equal(t, length, s.length)
							made++
							dc := direction(random).MulReal(bound)
							got := s.at(elements, atRim(random, s.ref, s.within), dc, direction(random), bound, false)
							assert.Less(t, got.value, 2.0, "steps %d to %d, way %d", from, from+length, way)
							assert.Less(t, got.slope, 5.0, "derivative of steps %d to %d, way %d", from, from+length, way)
							got = s.at(elements, atRim(random, s.ref, s.within), wide.New(0, 0, 0), direction(random), bound, false)
							assert.Less(t, got.value, []float64{0.51, 1}[way], "without dc, steps %d to %d, way %d", from, from+length, way)
						}
					}
				}
				require.Greater(t, made, 5)
			})
		}
	}
}

// TestLinearSkipsAtTheRim is the same for the bound within which b may be left out, which the core takes. Each joint leaves out a
// term of second order of half the tolerance, and twice that of its derivative; those of a few joints add up. One of these
// skips is linear alone: with b, dc would have a part in it.
func TestLinearSkipsAtTheRim(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(9, 10))
	for name, orbit := range skipOrbits() {
		for _, length := range []int{2, 3, 8, 16, 50} {
			for i, from := range []int{0, 1, 2, 47, 13} {
				elements := orbit[from : from+length]
				bound := wide.NewReal(1, []int{-200, -60, -40, -35, -36}[i])
				for way, s := range []skip{joined(elements, bound), merged(elements, bound)} {
					if s.linear.M == 0 {
						continue
					}
					require.False(t, s.within.Less(s.linear), "%s: what b may be left out for it may be kept for", name)
					got := s.at(elements, atRim(random, s.ref, s.linear), direction(random).MulReal(bound), direction(random), bound, true)
					assert.Less(t, got.value, 3.0, "%s, steps %d to %d, way %d", name, from, from+length, way)
					assert.Less(t, got.slope, 6.0, "%s, derivative of steps %d to %d, way %d", name, from, from+length, way)
				}
			}
		}
	}
}

// TestRimIsWhereErrorsBegin: beyond the rim a skip is wrong by more than the tolerance, so that no point makes more moves than
// it has to. Skips that end at a joint with a tiny element are bounded by their reach, and are no part of it.
func TestRimIsWhereErrorsBegin(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(11, 12))
	bound := wide.NewReal(1, -200)
	orbit := skipOrbits()["seahorse"]
	for _, length := range []int{3, 8, 16, 50, 150} {
		for _, from := range []int{0, 1, 47} {
			elements := orbit[from : from+length]
			s := merged(elements, bound)
			d := atRim(random, s.ref, s.within.Scale(3))
			got := s.at(elements, d, wide.New(0, 0, 0), direction(random), bound, false)
			assert.Greater(t, got.value, 10.0, "steps %d to %d at eight times the rim", from, from+length)
		}
	}
}

// TestJoiningIsComposition joins skips in any grouping, and compares the coefficients with those of the polynomials that
// are composed step by step in exact numbers: d' = d*(2*z + d) + dc, up to w^3 and dc.
func TestJoiningIsComposition(t *testing.T) {
	t.Parallel()
	for name, orbit := range skipOrbits() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				from := rapid.IntRange(0, 100).Draw(t, "from")
				length := rapid.IntRange(1, 40).Draw(t, "length")
				elements := orbit[from : from+length]
				s := grouped(t, elements, wide.NewReal(1, -500))
				want, greatest := composed(elements), composed(sizesOfAll(elements))
				require.Equal(t, length, s.length)
				require.Equal(t, elements[0], s.ref)
				const rounding = 200 * 0x1p-53
				for i, got := range []wide.Complex{s.a, s.b, s.k, s.c} {
					if size := greatest[i].wide().Norm(); size.M > 0 {
						require.Less(t, off(exactly(got), want[i], size), rounding, "coefficient %d of %d steps from %d", i, length, from)
					} else {
						require.Zero(t, got.Norm().M, "coefficient %d", i)
					}
				}
			})
		})
	}
}

// sizesOfAll are elements of the same size without direction: composed of them, no terms cancel, and what rounding amounts to
// is in proportion.
func sizesOfAll(elements []wide.Complex) []wide.Complex {
	list := make([]wide.Complex, len(elements))
	for i, z := range elements {
		list[i] = onAxis(z.Norm())
	}
	return list
}

// grouped joins skips in a random grouping.
func grouped(t *rapid.T, elements []wide.Complex, bound wide.Real) skip {
	if len(elements) == 1 {
		return one(elements[0])
	}
	cut := rapid.IntRange(1, len(elements)-1).Draw(t, "cut")
	s := grouped(t, elements[:cut], bound)
	s.join(grouped(t, elements[cut:], bound), bound)
	return s
}

// composed are the coefficients of w, w^2, w^3 and dc after steps beside the elements: the first makes w + dc.
func composed(elements []wide.Complex) [4]exact {
	zero, unit := exactly(wide.New(0, 0, 0)), exactly(wide.New(1, 0, 0))
	p := [4]exact{unit, zero, zero, unit}
	for _, z := range elements[1:] {
		twice := exactly(z.Double())
		ab := p[0].times(p[1])
		p = [4]exact{
			twice.times(p[0]),
			twice.times(p[1]).plus(p[0].times(p[0])),
			twice.times(p[2]).plus(ab).plus(ab),
			twice.times(p[3]).plus(unit),
		}
	}
	return p
}

// TestBoundsAreNeverRaised: a longer skip is valid for no point that the shorter one is not valid for, which is what searches
// for the longest rely on.
func TestBoundsAreNeverRaised(t *testing.T) {
	t.Parallel()
	for name, orbit := range skipOrbits() {
		for _, scale := range []int{-30, -80, -700} {
			s := one(orbit[1])
			for i := 2; i < 150; i++ {
				before := s
				s.join(one(orbit[i]), wide.NewReal(1, scale))
				require.False(t, before.within.Less(s.within), "%s, step %d", name, i)
				require.False(t, before.linear.Less(s.linear), "%s, step %d, without b", name, i)
			}
		}
	}
}

// TestBoundsOfBounds: roots of even and odd exponents, and the quotients that bounds on |w| are made of.
func TestBoundsOfBounds(t *testing.T) {
	t.Parallel()
	for _, exponent := range []int{-4001, -4000, -3, -2, -1, 0, 1, 2} {
		x := wide.NewReal(1.75, exponent)
		got := root(x)
		square := got.Mul(got)
		assert.InDelta(t, 1, square.Quo(x).Float64(), 1e-15, "2^%d", exponent)
	}
	zero, three := wide.NewReal(0, 0), wide.NewReal(3, 0)
	assert.Equal(t, []wide.Real{zero, unbounded}, []wide.Real{root(zero), root(unbounded)})
	assert.Equal(t, []wide.Real{unbounded, wide.NewReal(1.5, 0)}, []wide.Real{quotient(three, zero), quotient(three, wide.NewReal(2, 0))})
	a := wide.New(0, 4, 0)
	assert.Equal(t, wide.NewReal(0.5, 0), room(three, wide.NewReal(1, 0), a), "4*|w| + 1 is 3")
	assert.Equal(t, zero, room(three, three, a))
	assert.Equal(t, zero, room(three, wide.NewReal(1, 9), a))
	assert.Equal(t, unbounded, room(unbounded, three, a))
}

// TestSkipsThatMayNotBe: none is valid past an element that dc reaches, by itself or grown by the steps before.
func TestSkipsThatMayNotBe(t *testing.T) {
	t.Parallel()
	size := func(exponent int) wide.Complex { return wide.New(1, 0, exponent) }
	bound := wide.NewReal(1, -100)
	for name, test := range map[string]struct {
		elements []wide.Complex
		want     bool
	}{
		"an element beyond the tolerance of dc":      {[]wide.Complex{size(0), size(-69), size(0)}, true},
		"an element within the tolerance of dc":      {[]wide.Complex{size(0), size(-71), size(0)}, false},
		"0, where a period ends":                     {[]wide.Complex{size(0), wide.New(0, 0, 0), size(0)}, false},
		"0 as the first":                             {[]wide.Complex{wide.New(0, 0, 0), size(0), size(0)}, true},
		"dc grown by 2^10, the element just beyond":  {[]wide.Complex{size(0), size(9), size(-59), size(0)}, true},
		"dc grown by 2^10, the element just reached": {[]wide.Complex{size(0), size(9), size(-61), size(0)}, false},
	} {
		s := joined(test.elements, bound)
		assert.Equal(t, test.want, s.within.M > 0, name)
		assert.Equal(t, test.want, s.linear.M > 0, name)
	}
}
