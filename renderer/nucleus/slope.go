package nucleus

import (
	"math/big"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// slope is a derivative dz_n/dc, (re + i*im) * 2^exp, of which as many bits are kept as it was made for. Derivatives grow with
// the orbit, to the inverse of the domain's size, so unlike points they need an exponent; and no more bits than the step of
// Newton's method that they are for is to gain, which is about half of those of its orbit at most.
type slope struct {
	re, im big.Int
	exp    int
	bits   int

	x, y, p, q, r, one big.Int // for step
}

// newSlope is dz_1/dc, which is 1 exactly: z_1 is c.
func newSlope(bits int) *slope {
	s := &slope{bits: bits}
	s.re.SetInt64(1)
	return s
}

// slopeOf is a derivative that is known in double precision. Its 53 bits become integers, and their exponent goes with it.
func slopeOf(d wide.Complex) *slope {
	const mantissa = 53
	s := &slope{exp: d.Exp - mantissa}
	for _, part := range []struct {
		to   *big.Int
		from float64
	}{{&s.re, d.Re}, {&s.im, d.Im}} {
		new(big.Float).SetMantExp(big.NewFloat(part.from), mantissa).Int(part.to)
	}
	return s
}

// step goes from dz_n/dc to dz_{n+1}/dc = 2 z_n dz_n/dc + 1. Of z as many leading bits count as of the derivative. The 1 is left
// out where it is below the last bit.
func (s *slope) step(z orbit.Point, bits int) {
	// Three products instead of four: re = xa - yb, im = (x+y)(a+b) - xa - yb.
	cut := shorten(&s.x, &s.y, z.Re, z.Im, s.bits)
	s.p.Mul(&s.x, &s.re)
	s.q.Mul(&s.y, &s.im)
	s.x.Add(&s.x, &s.y)
	s.y.Add(&s.re, &s.im)
	s.r.Mul(&s.x, &s.y)
	s.r.Sub(&s.r, &s.p)
	s.r.Sub(&s.r, &s.q)
	s.p.Sub(&s.p, &s.q)
	s.exp += cut - bits + 1
	s.exp += shorten(&s.re, &s.im, &s.p, &s.r, s.bits)
	if s.exp <= 0 {
		s.re.Add(&s.re, s.one.Lsh(s.one.SetInt64(1), uint(-s.exp)))
	}
}

// shorten cuts two numbers off so that the longer keeps so many bits, and returns how many it lost. Bits are cut off towards minus
// infinity, an error of one unit that margin has room for.
func shorten(toX, toY, x, y *big.Int, bits int) int {
	cut := uint(max(0, x.BitLen()-bits, y.BitLen()-bits))
	toX.Rsh(x, cut)
	toY.Rsh(y, cut)
	return int(cut)
}

// under returns z over the slope, in the units of z. It reports false where the slope is 0. The quotient is z times the conjugate
// over the squared norm; the exponent goes to whichever side it makes longer.
func (s *slope) under(z orbit.Point) (orbit.Point, bool) {
	norm := new(big.Int).Mul(&s.re, &s.re)
	norm.Add(norm, new(big.Int).Mul(&s.im, &s.im))
	if norm.Sign() == 0 {
		return orbit.Point{}, false
	}
	re := new(big.Int).Mul(z.Re, &s.re)
	re.Add(re, s.p.Mul(z.Im, &s.im))
	im := new(big.Int).Mul(z.Im, &s.re)
	im.Sub(im, s.p.Mul(z.Re, &s.im))
	if s.exp >= 0 {
		norm.Lsh(norm, uint(s.exp))
	} else {
		re.Lsh(re, uint(-s.exp))
		im.Lsh(im, uint(-s.exp))
	}
	return orbit.Point{Re: re.Quo(re, norm), Im: im.Quo(im, norm)}, true
}
