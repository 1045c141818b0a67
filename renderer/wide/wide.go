// Package wide holds numbers of double precision and of any magnitude: a float64, or two, and a binary exponent beside
// them. Deep views need them, where a pixel is 10^-1000 wide and the slopes of orbits are as steep. They are what Kalles
// Fraktaler and fraktaler-3 call floatexp, and FractalShark HDRFloat.
//
// Operations are exact but for one rounding of each product and of each sum, and the same on every CPU: products are wrapped
// in float64(), so that no compiler fuses them with the sum that follows. The two parts of a [Complex] share the exponent, so
// that the smaller part loses what lies below the larger one's last bit: that is a relative error of 2^-53 of the number, and
// all that multiplication keeps anyway.
//
// There is no overflow and no underflow: exponents are ints, and those of the deepest views have seven digits. Infinities and
// NaN have no meaning here, and nobody makes any.
package wide

import "math"

// Real is a floatexp, as in Kalles Fraktaler (KF) and fraktaler-3: M * 2^Exp. In normal form |M| is from 1 up to 2, or M is 0 and Exp is Zero. Equal numbers in normal form
// are equal values, so == compares them.
type Real struct {
	M   float64
	Exp int
}

// Complex is a floatexp of two parts, (Re + i*Im) * 2^Exp. In normal form the larger of |Re| and |Im| is from 1 up to 2, or
// both are 0 and Exp is Zero. One exponent is half the work of two, and |z| is all that bounds are about.
type Complex struct {
	Re, Im float64
	Exp    int
}

// Zero is the exponent of 0: far enough below all others that sums need not treat it apart, and far enough from the least int
// that some of them may be added up.
const Zero = -1 << 40

const (
	mantissaBits = 52
	bias         = 1023
	exponentMask = 0x7ff
	least        = -1022 // exponent of the least normal float64
	most         = 1023
)

// Power returns 2^e, 0 where that is below the normal numbers and infinity where it is above them. A term of a sum that is scaled
// by it is scaled exactly or, some thousand bits below the other, left out, which rounding does from 54 bits on.
func Power(e int) float64 {
	if e < least {
		return 0
	}
	return math.Float64frombits(uint64(min(e, most+1)+bias) << mantissaBits)
}

// exponent returns that of a finite number other than 0. It reads the bits, because every operation ends with it.
func exponent(x float64) int {
	e := int(math.Float64bits(x) >> mantissaBits & exponentMask)
	if e == 0 { // subnormal
		_, e = math.Frexp(x)
		return e - 1
	}
	return e - bias
}

// NewReal brings m * 2^e into normal form. That is exact, for subnormal m too: the mantissa only moves.
func NewReal(m float64, e int) Real {
	if m == 0 {
		return Real{0, Zero}
	}
	shift := exponent(m)
	if shift == 0 {
		return Real{m, e}
	}
	return Real{math.Ldexp(m, -shift), e + shift}
}

// Mul returns a*b. The product of mantissas is from 1 up to 4, so that the normal form is a shift by one at most.
func (a Real) Mul(b Real) Real { return NewReal(float64(a.M*b.M), a.Exp+b.Exp) }

// Quo returns a/b for b other than 0. Quotients of mantissas are above 1/2 and below 2.
func (a Real) Quo(b Real) Real { return NewReal(a.M/b.M, a.Exp-b.Exp) }

// Sub returns a-b. Both are brought to the larger exponent, which loses of the smaller number what rounding would.
func (a Real) Sub(b Real) Real {
	e := max(a.Exp, b.Exp)
	return NewReal(float64(a.M*Power(a.Exp-e))-float64(b.M*Power(b.Exp-e)), e)
}

// Less reports whether a < b, for a and b not below 0. Normal forms have the order of their exponents first, 0 below all.
func (a Real) Less(b Real) bool {
	if a.Exp != b.Exp {
		return a.Exp < b.Exp
	}
	return a.M < b.M
}

// Min returns the smaller of two numbers not below 0.
func (a Real) Min(b Real) Real {
	if b.Less(a) {
		return b
	}
	return a
}

// Float64 returns the nearest float64; 0 and infinity are nearest to what is out of range.
func (a Real) Float64() float64 { return ldexp(a.M, a.Exp) }

// Scale returns a * 2^e, exactly.
func (a Real) Scale(e int) Real {
	if a.M == 0 {
		return a
	}
	return Real{a.M, a.Exp + e}
}

// ldexp is math.Ldexp for exponents that are beyond what it takes.
func ldexp(m float64, e int) float64 {
	const far = 5000
	return math.Ldexp(m, max(-far, min(far, e)))
}

// New brings (re + i*im) * 2^e into normal form.
func New(re, im float64, e int) Complex {
	size := max(math.Abs(re), math.Abs(im))
	if size == 0 {
		return Complex{0, 0, Zero}
	}
	shift := exponent(size)
	if shift == 0 {
		return Complex{re, im, e}
	}
	if shift < -bias || shift >= bias { // the scale itself is out of range
		return Complex{math.Ldexp(re, -shift), math.Ldexp(im, -shift), e + shift}
	}
	scale := Power(-shift)
	return Complex{float64(re * scale), float64(im * scale), e + shift}
}

// Mul returns a*b, by four products: with three, of sums, the smaller part would be known to the bits of the larger alone.
// Products are rounded before they are added, unlike those of points (package deep): tables of skips are made of these.
func (a Complex) Mul(b Complex) Complex {
	return New(float64(a.Re*b.Re)-float64(a.Im*b.Im), float64(a.Re*b.Im)+float64(a.Im*b.Re), a.Exp+b.Exp)
}

// MulReal returns a*b, by two products.
func (a Complex) MulReal(b Real) Complex {
	return New(float64(a.Re*b.M), float64(a.Im*b.M), a.Exp+b.Exp)
}

// Add returns a+b, in the unit of the larger before it is brought into normal form.
func (a Complex) Add(b Complex) Complex {
	if a.Exp < b.Exp {
		a, b = b, a
	}
	scale := Power(b.Exp - a.Exp)
	return New(a.Re+float64(b.Re*scale), a.Im+float64(b.Im*scale), a.Exp)
}

// Double returns 2a, exactly. The exponent of 0 stays, so that 0 is always the same value.
func (a Complex) Double() Complex {
	if a.Exp == Zero {
		return a
	}
	return Complex{a.Re, a.Im, a.Exp + 1}
}

// Norm returns |a|, off by a unit or two of its last place: squares are from 1 to 8, so nothing is out of range on the way.
func (a Complex) Norm() Real {
	return NewReal(math.Sqrt(float64(a.Re*a.Re)+float64(a.Im*a.Im)), a.Exp)
}

// Box returns the larger of |Re| and |Im|, which is between |a|/sqrt(2) and |a|. A number in normal form has a box in
// normal form.
func (a Complex) Box() Real { return Real{max(math.Abs(a.Re), math.Abs(a.Im)), a.Exp} }

// Float64 returns the nearest float64 of both parts.
func (a Complex) Float64() (re, im float64) { return ldexp(a.Re, a.Exp), ldexp(a.Im, a.Exp) }
