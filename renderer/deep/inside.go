package deep

import (
	"math"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// mainComponents tells which points of a view are in the main cardioid or in the disc of period 2, from the same polynomials
// as package escape does it, but in double-double precision: a difference is known to 53 bits wherever the reference is.
type mainComponents struct{ left, right, im doubled } // Re c - 1/4, Re c + 1 and Im c of the reference

// newMainComponents returns that of a view, or nil if its points are far outside of both, or beyond double precision.
func newMainComponents(v View) *mainComponents {
	const steepest = 1 << 8 // than which neither polynomial is steeper, where |c| is at most 2
	if v.Bound.Exp < leastDifference {
		return nil
	}
	bits := Bits(v.Bound) + 2*exponentBits
	m := &mainComponents{}
	m.left, m.im = doubledOf(v, "0.25", bits)
	m.right, _ = doubledOf(v, "-1", bits)
	x, y := m.left.hi, m.im.hi
	q := x*x + y*y
	margin := steepest * v.Bound.Float64()
	if q*(q+x)-y*y/4 > margin && m.right.hi*m.right.hi+y*y-0.0625 > margin {
		return nil
	}
	return m
}

// doubledOf returns the parts of the reference's c from a real number on.
func doubledOf(v View, from string, bits int) (re, im doubled) {
	c, _ := orbit.Parse(v.Re, v.Im, bits) // decimals, or there would be no reference
	origin, _ := orbit.Parse(from, "0", bits)
	high := c.Minus(origin, bits)
	low := c.Plus(wide.New(-high.Re, -high.Im, high.Exp), bits).Minus(origin, bits)
	re.hi, im.hi = high.Float64()
	re.lo, im.lo = low.Float64()
	return re, im
}

// contain reports whether the reference's c and a difference are certainly in one of the two.
func (m *mainComponents) contain(cRe, cIm float64) bool { return m.period(cRe, cIm) > 0 }

// period is that of the one of the two that they are certainly in, and 0 elsewhere. The margin is thousands of times the
// rounding errors, which are in parts of what the terms would be without cancellation.
func (m *mainComponents) period(cRe, cIm float64) int {
	const margin = 0x1p-90
	x, y := m.left.plus(cRe), m.im.plus(cIm)
	yy := y.times(y)
	q := x.times(x).add(yy)
	side := q.times(q.add(x)).add(yy.scaled(-0.25))
	a, b := math.Abs(m.left.hi)+math.Abs(cRe), math.Abs(m.im.hi)+math.Abs(cIm)
	size := float64(a*a) + float64(b*b)
	if side.hi < -float64(margin*(float64(size*(size+a))+float64(b*b))) {
		return 1
	}
	r := m.right.plus(cRe)
	side = r.times(r).add(yy).add(doubled{-0.0625, 0})
	if side.hi < -margin {
		return 2
	}
	return 0
}

// doubled is a number of twice double precision: the sum of two, the second of which is below the first one's last bit (T. J. Dekker, "A
// floating-point technique for extending the available precision", 1971).
type doubled struct{ hi, lo float64 }

// plus adds a float64, add another. The sum of the high parts is exact with its error (D. E. Knuth, TAOCP 2, 4.2.2).
func (a doubled) plus(b float64) doubled { return a.add(doubled{b, 0}) }

func (a doubled) add(b doubled) doubled {
	sum := a.hi + b.hi
	part := sum - a.hi
	low := (a.hi - (sum - part)) + (b.hi - part)
	return normal(sum, low+(a.lo+b.lo))
}

func (a doubled) times(b doubled) doubled {
	product := float64(a.hi * b.hi)
	low := math.FMA(a.hi, b.hi, -product)
	return normal(product, math.FMA(a.hi, b.lo, math.FMA(a.lo, b.hi, low)))
}

// scaled multiplies by a power of 2.
func (a doubled) scaled(by float64) doubled { return doubled{float64(a.hi * by), float64(a.lo * by)} }

// normal is hi + lo, |lo| being the less.
func normal(hi, lo float64) doubled {
	sum := hi + lo
	return doubled{sum, lo - (sum - hi)}
}
