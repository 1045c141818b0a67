package nucleus

import (
	"math"

	"mandelfarm/renderer/wide"
)

// walk is what goes along with an orbit from 0, in double precision.
type walk struct {
	z, d  wide.Complex // z_n and dz_n/dc
	l     wide.Complex // product of 2 z_k for 0 < k < n
	least wide.Real    // of |z_k| for 0 < k < n, and 2
	// |z_k / (dz_k/dc)| is about how far the nearest nucleus of period k is, and the length over which later elements bend.
	bend   int       // least exponent of that for k < n
	near   wide.Real // least of that for k < n that divide the period
	at     int       // that k
	period int       // 0 while it is not known
}

func newWalk() walk {
	zero := wide.New(0, 0, 0)
	return walk{z: zero, d: zero, least: wide.NewReal(2, 0), near: wide.NewReal(1, math.MaxInt32), bend: math.MaxInt32}
}

// step takes in z_n.
func (w *walk) step(n int, z wide.Complex) {
	if n == 1 {
		w.z, w.d, w.l = z, one(), one()
		return
	}
	w.measure(n - 1)
	twice := w.z.Double()
	w.d = twice.Mul(w.d).Add(one())
	w.l = w.l.Mul(twice)
	if w.z.Exp <= w.least.Exp {
		w.least = w.least.Min(w.z.Norm())
	}
	w.z = z
}

// measure notes how near a nucleus of period k is.
func (w *walk) measure(k int) {
	if w.d.Exp == wide.Zero {
		return
	}
	w.bend = min(w.bend, w.z.Exp-w.d.Exp)
	if w.period == 0 || w.period%k != 0 {
		return
	}
	if distance := w.z.Norm().Quo(w.d.Norm()); distance.Less(w.near) {
		w.near, w.at = distance, k
	}
}

func one() wide.Complex { return wide.New(1, 0, 0) }

// within reports whether |z| < |d| r.
func within(z, d wide.Complex, r wide.Real) bool {
	const margin = 3 // of the exponents: |z| >= 2^z.Exp and |d| r < 2^(d.Exp+r.Exp+2.5)
	if z.Exp >= d.Exp+r.Exp+margin {
		return false
	}
	return z.Norm().Less(d.Norm().Mul(r))
}

// size is 1/(l dz_n/dc), or 0 where that is infinite.
func (w *walk) size() wide.Complex {
	product := w.l.Mul(w.d)
	if product.Exp == wide.Zero {
		return product
	}
	norm := product.Norm()
	conjugate := wide.Complex{Re: product.Re, Im: -product.Im, Exp: product.Exp}
	return conjugate.MulReal(wide.NewReal(1, 0).Quo(norm.Mul(norm)))
}
