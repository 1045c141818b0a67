package orbit

import (
	"math/big"
	"math/bits"
	"strconv"
	"strings"

	"mandelfarm/renderer/wide"
)

// Point is a point of the plane in fixed point: both parts are integers, in units of 2^-bits for a number of bits that
// goes with it.
type Point struct{ Re, Im *big.Int }

// Parse reads two decimals and rounds them to multiples of 2^-bits, to the nearest, ties away from 0. It reports false
// if they are not decimals.
func Parse(re, im string, bits int) (Point, bool) {
	x, ok := parse(re, bits)
	y, also := parse(im, bits)
	return Point{x, y}, ok && also
}

// parse reads [-]digits[.digits][e±digits].
func parse(text string, bits int) (*big.Int, bool) {
	mantissa, power, exponent := text, "", 0
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		mantissa, power = text[:at], text[at+1:]
		var err error
		if exponent, err = strconv.Atoi(power); err != nil {
			return nil, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	x, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return nil, false
	}
	exponent -= len(fraction)
	x.Lsh(x, uint(bits)) //nolint:gosec // not negative
	if exponent >= 0 {
		return x.Mul(x, tenTo(exponent)), true
	}
	divisor := tenTo(-exponent)
	half := new(big.Int).Rsh(divisor, 1)
	if x.Sign() < 0 {
		half.Neg(half)
	}
	return x.Quo(x.Add(x, half), divisor), true
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// Plus returns p + d, with d rounded to the point's bits.
func (p Point) Plus(d wide.Complex, bits int) Point {
	return Point{plus(p.Re, d.Re, d.Exp+bits), plus(p.Im, d.Im, d.Exp+bits)}
}

// plus adds m * 2^e units.
func plus(x *big.Int, m float64, e int) *big.Int {
	const mantissa = 53
	if m == 0 {
		return new(big.Int).Set(x)
	}
	d, _ := new(big.Float).SetMantExp(big.NewFloat(m), mantissa).Int(nil)
	if e -= mantissa; e >= 0 {
		d.Lsh(d, uint(e))
	} else {
		d.Rsh(d, uint(-e))
	}
	return d.Add(d, x)
}

// Minus returns p - q in double precision. Both have the same bits.
func (p Point) Minus(q Point, bits int) wide.Complex {
	return toWide(new(big.Int).Sub(p.Re, q.Re), new(big.Int).Sub(p.Im, q.Im), bits)
}

// Wide returns the point in double precision.
func (p Point) Wide(bits int) wide.Complex { return toWide(p.Re, p.Im, bits) }

// toWide rounds a point to double precision.
func toWide(x, y *big.Int, bits int) wide.Complex {
	xm, xe := leading(x)
	ym, ye := leading(y)
	e := max(xe, ye)
	return wide.New(float64(xm*wide.Power(xe-e)), float64(ym*wide.Power(ye-e)), e-bits)
}

// leading returns m and e with x = m * 2^e, rounded to the first 64 bits and then to those of m.
func leading(x *big.Int) (m float64, e int) {
	words := x.Bits()
	n := len(words)
	if n == 0 {
		return 0, wide.Zero
	}
	top := uint64(words[n-1])
	e = (n - 1) * bits.UintSize
	if n > 1 && bits.UintSize == 64 {
		shift := bits.LeadingZeros64(top)
		top = top<<shift | uint64(words[n-2])>>1>>(63-shift)
		e -= shift
	}
	m = float64(top)
	if x.Sign() < 0 {
		m = -m
	}
	return m, e
}
