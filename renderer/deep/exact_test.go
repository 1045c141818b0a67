package deep

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"mandelfarm/renderer/wide"
)

// exact is a complex number of so many bits that its rounding does not count beside that of float64, and of any exponent.
type exact struct{ re, im *big.Float }

// exactBits is the length of its mantissas.
const exactBits = 400

func number() *big.Float { return new(big.Float).SetPrec(exactBits) }

// exactly is a wide number as an exact one.
func exactly(z wide.Complex) exact {
	part := func(m float64) *big.Float {
		x := number().SetFloat64(m)
		return x.SetMantExp(x, z.Exp)
	}
	return exact{part(z.Re), part(z.Im)}
}

func (x exact) plus(y exact) exact { return exact{number().Add(x.re, y.re), number().Add(x.im, y.im)} }

func (x exact) minus(y exact) exact { return exact{number().Sub(x.re, y.re), number().Sub(x.im, y.im)} }

func (x exact) times(y exact) exact {
	re, im := number().Mul(x.re, y.re), number().Mul(x.re, y.im)
	return exact{re.Sub(re, number().Mul(x.im, y.im)), im.Add(im, number().Mul(x.im, y.re))}
}

// wide is the number in double precision.
func (x exact) wide() wide.Complex {
	e := x.re.MantExp(nil)
	if x.re.Sign() == 0 || x.im.Sign() != 0 && x.im.MantExp(nil) > e {
		e = x.im.MantExp(nil)
	}
	part := func(f *big.Float) float64 {
		m, _ := number().SetMantExp(f, -e).Float64()
		return m
	}
	return wide.New(part(x.re), part(x.im), e)
}

// step is a step of perturbation beside z as it is defined, d*(2*z + d) + dc.
func (x exact) step(z, dc exact) exact { return x.times(z.plus(z).plus(x)).plus(dc) }

// stepSlope is the derivative of the same step, 2*(z + d)*slope + pixel, for a d before it.
func (x exact) stepSlope(slope, z, pixel exact) exact {
	sum := z.plus(x)
	return sum.plus(sum).times(slope).plus(pixel)
}

// off is how far apart two numbers are, in parts of a size.
func off(x, y exact, size wide.Real) float64 { return x.minus(y).wide().Norm().Quo(size).Float64() }

// greater returns the greater of two numbers not below 0.
func greater(a, b wide.Real) wide.Real {
	if a.Less(b) {
		return b
	}
	return a
}

// unlessShort is how much of something that takes long is done.
func unlessShort(whole, short int) int {
	if testing.Short() {
		return short
	}
	return whole
}

// onAxis is a wide number on the axis.
func onAxis(x wide.Real) wide.Complex { return wide.New(x.M, 0, x.Exp) }

// direction is a number of size 1.
func direction(random *rand.Rand) wide.Complex {
	sin, cos := math.Sincos(2 * math.Pi * random.Float64())
	return wide.New(cos, sin, 0)
}

// orbitOf is the beginning of the orbit of c in double precision: z_0 = 0 and so many steps.
func orbitOf(re, im float64, steps int) []wide.Complex {
	list := []wide.Complex{wide.New(0, 0, 0)}
	x, y := 0.0, 0.0
	for range steps {
		x, y = x*x-y*y+re, 2*x*y+im
		list = append(list, wide.New(x, y, 0))
	}
	return list
}
