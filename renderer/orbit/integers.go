package orbit

import (
	"math/big"
	"math/bits"

	"mandelfarm/renderer/fixed"
	"mandelfarm/renderer/wide"
)

// integers follows an orbit over math/big.
type integers struct {
	*stepper[*big.Int]
	bits int
}

// parallelIntegers is where two threads are faster than one: handing a product over and waiting for it takes about as long
// as one of so many bits, a microsecond. BenchmarkStep has sizes on both sides of it.
const parallelIntegers = 2500

func newIntegers(o Orbit, from Point) *integers {
	w := &integers{newStepper[*big.Int](newIntegerArithmetic(o)), o.Bits}
	if o.parallel(parallelIntegers) {
		w.helper = newHelper[*big.Int](newIntegerArithmetic(o))
	}
	w.re.Set(from.Re)
	w.im.Set(from.Im)
	return w
}

func (w *integers) rounded() wide.Complex { return toWide(w.re, w.im, w.bits) }

func (w *integers) point() Point { return Point{w.re, w.im} }

func (w *integers) large() bool { return false }

// integerArithmetic is that of math/big.
type integerArithmetic struct {
	c               Point
	words           int // of a number below the point
	sum, difference big.Int
	product         fixed.Multiplier
}

func newIntegerArithmetic(o Orbit) *integerArithmetic {
	return &integerArithmetic{c: o.C, words: o.Bits / bits.UintSize}
}

func (a *integerArithmetic) zero() *big.Int { return new(big.Int) }

// nextRe computes x^2 - y^2 + c by one product instead of two squares.
func (a *integerArithmetic) nextRe(to, re, im *big.Int) {
	a.sum.Add(re, im)
	a.difference.Sub(re, im)
	to.Add(a.product.Mul(&a.sum, &a.difference, a.words), a.c.Re)
}

func (a *integerArithmetic) nextIm(to, re, im *big.Int) {
	product := a.product.Mul(re, im, a.words)
	to.Add(product, product)
	to.Add(to, a.c.Im)
}

func (a *integerArithmetic) patience() int { return a.words * a.words / 2 }
