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

// maxExponent is the largest power of ten that numbers may be given with: the cost of reading one is that of its digits
// written out, so that a few characters must not stand for more than a few million.
const maxExponent = 2_000_000

// Parse reads two decimals and rounds them to multiples of 2^-precision, to the nearest, ties away from 0. It reports
// false if they are not decimals, or have exponents beyond two million.
func Parse(re, im string, precision int) (Point, bool) {
	x, ok := parse(re, precision)
	y, also := parse(im, precision)
	return Point{x, y}, ok && also
}

// parse reads [-]digits[.digits][e±digits]. The digits are an integer x, and the number is x * 10^e: in units of 2^-precision
// the product, or the quotient of x * 2^precision and half a divisor more. There is one rounding, at the end.
func parse(text string, precision int) (*big.Int, bool) {
	mantissa, exponent := text, 0
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		mantissa = text[:at]
		var err error
		if exponent, err = strconv.Atoi(text[at+1:]); err != nil || exponent > maxExponent || exponent < -maxExponent {
			return nil, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	x, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return nil, false
	}
	exponent -= len(fraction)
	x.Lsh(x, uint(precision))
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

// Plus returns p + d, with d rounded to the point's bits, to the nearest.
func (p Point) Plus(d wide.Complex, precision int) Point {
	return Point{plus(p.Re, d.Re, d.Exp+precision), plus(p.Im, d.Im, d.Exp+precision)}
}

// plus adds m * 2^e units. The 53 bits of m are an integer, shifted to its place; half a unit is added where bits are cut off.
func plus(x *big.Int, m float64, e int) *big.Int {
	const mantissa = 53
	d := new(big.Int)
	if m == 0 || e < -2 {
		return d.Set(x) // less than half a unit
	}
	new(big.Float).SetMantExp(big.NewFloat(m), mantissa).Int(d)
	if e >= mantissa {
		d.Lsh(d, uint(e-mantissa))
	} else {
		d.Add(d, new(big.Int).Lsh(big.NewInt(1), uint(mantissa-1-e)))
		d.Rsh(d, uint(mantissa-e))
	}
	return d.Add(d, x)
}

// Minus returns p - q in double precision. Both have the same bits. The difference is exact before it is rounded.
func (p Point) Minus(q Point, precision int) wide.Complex {
	return toWide(new(big.Int).Sub(p.Re, q.Re), new(big.Int).Sub(p.Im, q.Im), precision)
}

// Wide returns the point in double precision, as a floatexp: its size may be anything.
func (p Point) Wide(precision int) wide.Complex { return toWide(p.Re, p.Im, precision) }

// toWide rounds a point to double precision: each part to 53 bits, and the smaller one then to the unit of the larger.
func toWide(x, y *big.Int, precision int) wide.Complex {
	return together(leading(x), leading(y), precision)
}

// scaled is the number m * 2^e.
type scaled struct {
	m float64
	e int
}

// together makes a floatexp of two parts, in units of 2^-precision.
func together(x, y scaled, precision int) wide.Complex {
	e := max(x.e, y.e)
	return wide.New(float64(x.m*wide.Power(x.e-e)), float64(y.m*wide.Power(y.e-e)), e-precision)
}

// leading returns x, rounded to the first 64 bits and then to those of a float64. It looks at two words however
// many there are: each step of an orbit is rounded for its visitor, and may not cost what another product does.
func leading(x *big.Int) scaled {
	words := x.Bits()
	n := len(words)
	if n == 0 {
		return scaled{0, wide.Zero}
	}
	top := uint64(words[n-1])
	e := (n - 1) * bits.UintSize
	if n > 1 && bits.UintSize == 64 {
		shift := bits.LeadingZeros64(top)
		top = top<<shift | uint64(words[n-2])>>1>>(63-shift)
		e -= shift
	}
	m := float64(top)
	if x.Sign() < 0 {
		m = -m
	}
	return scaled{m, e}
}
