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
	// order are less still: a term of each order is about d/z times the one before, so at 2^-10 and below those of fourth
	// order are a thousandth of those of third, which the tolerance bounds.
	reach = 0x1p-10
)

// skip is a bilinear approximation (BLA) with higher terms: so many steps at once for a point beside the reference, from a
// given element on. With d the difference to the reference there, and dc that of c,
//
//	w  = d * (2*ref + d)             the first step, without dc, exactly
//	d' = a*w + b*w^2 + c*dc          the other steps, to second order in w and to first in dc
//
// as long as |w| < within. A BLA of fraktaler-3 is A*d + B*dc within a radius r, over l steps: its A is 2*ref*a here, its B
// is c, its l is length, and it has neither the exact first step nor b. Imagina's linear approximation (LA) has the first step.
//
// The first step is exact because its element may be as close to 0 as the reference comes, at the end of a period, where
// no linear step holds: w takes any d, and what follows is beside elements of ordinary size.
type skip struct {
	a, b   wide.Complex
	k      wide.Complex // coefficient of the term w^3 that is left out
	c      wide.Complex
	ref    wide.Complex
	within wide.Real
	linear wide.Real // the bound if the term b*w^2 is left out too
	length int
	more   bool // in a table: the next skip begins at the same element, and is no shorter
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
	// Terms of v = d*(2*z + d), the w of s, in the w of l: d^2 has a^2*w^2 and 2*a*b*w^3 besides what is of higher order.
	z := s.ref
	a := l.a.Mul(z).Double()
	b := l.b.Mul(z).Double().Add(l.a.Mul(l.a))
	k := l.k.Mul(z).Double().Add(l.a.Mul(l.b).Double())
	c := l.c.Mul(z).Double()

	l.restrict(s, a, k, c.Norm().Mul(bound), bound)
	l.length += s.length
	// d' = a*v + b*v^2 + k*v^3 + c*dc of s, of which terms up to w^3 are kept.
	l.a = s.a.Mul(a)
	l.b = s.a.Mul(b).Add(s.b.Mul(a).Mul(a))
	l.k = s.a.Mul(k).Add(s.b.Mul(a).Mul(b).Double()).Add(s.k.Mul(a).Mul(a).Mul(a))
	l.c = s.a.Mul(c).Add(s.c)
	// The whole skip leaves out k*w^3, which is to be less than the tolerance of a*w.
	l.within = l.within.Min(root(quotient(l.a.Norm().Mul(wide.NewReal(tolerance, 0)), l.k.Norm())))
	if l.within.Less(l.linear) {
		l.within = l.linear
	}
}

// restrict lowers the bounds of a skip to those for which s may follow, given the coefficients a and k at the joint, behind
// the first step of s, and the greatest part of dc there, shift. It is the merging of two BLAs in fraktaler-3,
// r = min(r_x, (r_y - |B_x|*|dc|)/|A_x|), with bounds on w in place of d.
func (l *skip) restrict(s skip, a, k wide.Complex, shift, bound wide.Real) {
	epsilon := wide.NewReal(tolerance, 0)
	size, slope := s.ref.Norm(), l.a.Norm()
	// Without b, the d^2 of the joint is left out: |d| = |a*w| is to be less than the tolerance of |z|.
	l.linear = l.linear.Min(quotient(size.Mul(epsilon), slope)).Min(room(s.linear, shift, a))
	// With b it is kept, and |d| is to be less than the reach of |z|. So are terms of third order less than the tolerance.
	l.within = l.within.Min(quotient(size.Mul(wide.NewReal(reach, 0)), slope)).Min(room(s.within, shift, a))
	l.within = l.within.Min(root(quotient(slope.Mul(size).Mul(epsilon), k.Norm())))
	// d^2 has 2*a*w*c*dc, which is left out beside 2*z*a*w: no |w| helps where |c*dc| is not negligible beside |z|.
	if !l.c.Norm().Mul(bound).Less(size.Mul(epsilon)) {
		l.within, l.linear = wide.NewReal(0, 0), wide.NewReal(0, 0)
	}
	// b*v^2 of s has 2*b*v*c*dc, which is left out beside a*v. Without b there is no such term.
	if !shift.Mul(s.b.Norm()).Less(s.a.Norm().Mul(epsilon)) {
		l.within = wide.NewReal(0, 0)
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

// root returns the square root. An exponent that is odd leaves a factor of 2 to the mantissa.
func root(x wide.Real) wide.Real {
	if x == unbounded || x.M == 0 {
		return x
	}
	odd := x.Exp & 1
	return wide.NewReal(math.Sqrt(math.Ldexp(x.M, odd)), (x.Exp-odd)/2)
}
