package orbit

import (
	"math/big"

	"mandelfarm/renderer/fixed"
	"mandelfarm/renderer/wide"
)

// limbs follows an orbit by the limbs of package fixed.
type limbs struct {
	*stepper[*fixed.Number]
	format *fixed.Format
	bits   int
	now    Point // z for those who ask
}

// parallelLimbs is parallelIntegers, with faster products.
const parallelLimbs = 6000

func newLimbs(o Orbit, f *fixed.Format) *limbs {
	w := &limbs{stepper: newStepper[*fixed.Number](newLimbArithmetic(o, f)), format: f, bits: o.Bits, now: Point{new(big.Int), new(big.Int)}}
	if o.parallel(parallelLimbs) {
		w.helper = newHelper[*fixed.Number](newLimbArithmetic(o, f))
	}
	f.Set(w.re, o.Start.Re)
	f.Set(w.im, o.Start.Im)
	return w
}

// rounded rounds as toWide does.
func (w *limbs) rounded() wide.Complex { return together(w.leading(w.re), w.leading(w.im), w.bits) }

func (w *limbs) leading(x *fixed.Number) scaled {
	const first = 64
	top, length := w.format.Top(x)
	if length == 0 {
		return scaled{0, wide.Zero}
	}
	m := float64(top)
	if x.Negative() {
		m = -m
	}
	return scaled{m, max(0, length-first)}
}

func (w *limbs) point() Point {
	w.format.Int(w.re, w.now.Re)
	w.format.Int(w.im, w.now.Im)
	return w.now
}

func (w *limbs) large() bool { return w.format.Large(w.re) || w.format.Large(w.im) }

// limbArithmetic is that of package fixed, step by step as integerArithmetic.
type limbArithmetic struct {
	*fixed.Product
	cRe, cIm, sum, difference *fixed.Number
}

func newLimbArithmetic(o Orbit, f *fixed.Format) *limbArithmetic {
	a := &limbArithmetic{f.NewProduct(), f.New(), f.New(), f.New(), f.New()}
	f.Set(a.cRe, o.C.Re)
	f.Set(a.cIm, o.C.Im)
	return a
}

func (a *limbArithmetic) zero() *fixed.Number { return a.New() }

func (a *limbArithmetic) nextRe(to, re, im *fixed.Number) {
	a.Add(a.sum, re, im)
	a.Sub(a.difference, re, im)
	a.Add(to, a.Mul(a.sum, a.difference), a.cRe)
}

func (a *limbArithmetic) nextIm(to, re, im *fixed.Number) {
	product := a.Mul(re, im)
	a.Add(to, product, product)
	a.Add(to, to, a.cIm)
}

// patience is a sixth of that of integers, by how much faster products are.
func (a *limbArithmetic) patience() int { return a.Words() * a.Words() / 12 }
