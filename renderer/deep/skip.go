package deep

import (
	"math"

	"mandelfarm/renderer/wide"
)

// The errors that a skip makes, relative to the difference it is applied to. They are errors of the place of a point in
// the picture, in parts of its distance from the reference.
const (
	// tolerance bounds the terms of third order that are left out: 2^-30 of half a picture is a millionth of a pixel. With
	// 2^-24, usual where terms of second order are left out, samples near the boundary are off by 10^-3 iterations.
	tolerance = 0x1p-30
	// reach bounds a difference in proportion to the reference's element beside it. It makes sure that terms of fourth
	// order are less still.
	reach = 0x1p-10
)

// skip is so many steps at once for a point beside the reference, from a given element on. With d the difference to the
// reference there, and dc that of c,
//
//	w  = d * (2*ref + d)             the first step, without dc, exactly
//	d' = a*w + b*w^2 + c*dc          the other steps, to second order in w and to first in dc
//
// as long as |w| < within.
type skip struct {
	a, b   wide.Complex
	k      wide.Complex // coefficient of the term w^3 that is left out
	c      wide.Complex
	ref    wide.Complex
	within wide.Real
	linear wide.Real // the bound if the term b*w^2 is left out too
	length int
	more   bool // in a track: the next skip begins at the same element, and is longer
}

// unbounded is more than any difference.
var unbounded = wide.Real{M: 1, Exp: 1 << 30} //nolint:gochecknoglobals // a constant

// one is a skip of a single step, from z: the first, which is exact.
func one(z wide.Complex) skip {
	zero, unit := wide.New(0, 0, 0), wide.New(1, 0, 0)
	return skip{a: unit, b: zero, k: zero, c: unit, ref: z, within: unbounded, linear: unbounded, length: 1}
}

// join appends the steps of s to those of l, for points whose |dc| is at most the bound.
//
// At the joint d = a*w + b*w^2 + k*w^3 + c*dc, and the first step of s makes of it d*(2*z + d), where the terms with dc
// besides the linear one must be negligible: those of d^2, and those that the b of s makes.
func (l *skip) join(s skip, bound wide.Real) {
	epsilon := wide.NewReal(tolerance, 0)
	z, size, slope := s.ref, s.ref.Norm(), l.a.Norm()
	a := l.a.Mul(z).Double()
	b := l.b.Mul(z).Double().Add(l.a.Mul(l.a))
	k := l.k.Mul(z).Double().Add(l.a.Mul(l.b).Double())
	c := l.c.Mul(z).Double()
	shift := c.Norm().Mul(bound)

	l.linear = l.linear.Min(quotient(size.Mul(epsilon), slope)).Min(room(s.linear, shift, a))
	l.within = l.within.Min(quotient(size.Mul(wide.NewReal(reach, 0)), slope)).Min(room(s.within, shift, a))
	l.within = l.within.Min(root(quotient(slope.Mul(size).Mul(epsilon), k.Norm())))
	if !l.c.Norm().Mul(bound).Less(size.Mul(epsilon)) {
		l.within, l.linear = wide.NewReal(0, 0), wide.NewReal(0, 0)
	}
	if !shift.Mul(s.b.Norm()).Less(s.a.Norm().Mul(epsilon)) {
		l.within = wide.NewReal(0, 0)
	}

	l.length += s.length
	l.a = s.a.Mul(a)
	l.b = s.a.Mul(b).Add(s.b.Mul(a).Mul(a))
	l.k = s.a.Mul(k).Add(s.b.Mul(a).Mul(b).Double()).Add(s.k.Mul(a).Mul(a).Mul(a))
	l.c = s.a.Mul(c).Add(s.c)
	l.within = l.within.Min(root(quotient(l.a.Norm().Mul(epsilon), l.k.Norm())))
	if l.within.Less(l.linear) {
		l.within = l.linear
	}
}

// room returns the bound on |w| for which |a*w| is below a bound by so much.
func room(bound, margin wide.Real, a wide.Complex) wide.Real {
	if bound == unbounded {
		return bound
	}
	rest := bound.Sub(margin)
	if rest.M <= 0 {
		return wide.NewReal(0, 0)
	}
	return quotient(rest, a.Norm())
}

// quotient returns x/y, and unbounded for y = 0.
func quotient(x, y wide.Real) wide.Real {
	if y.M == 0 {
		return unbounded
	}
	return x.Quo(y)
}

// root returns the square root.
func root(x wide.Real) wide.Real {
	if x == unbounded || x.M == 0 {
		return x
	}
	odd := x.Exp & 1
	return wide.NewReal(math.Sqrt(math.Ldexp(x.M, odd)), (x.Exp-odd)/2)
}
