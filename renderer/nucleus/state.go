package nucleus

import (
	"math"

	"mandelfarm/renderer/wide"
)

// orbitState is what goes along with an orbit from 0, in double precision: 53 bits of a derivative are enough for periods, sizes
// and the first steps of Newton's method, whatever the depth.
type orbitState struct {
	z, d  wide.Complex // z_n and dz_n/dc
	l     wide.Complex // product of 2 z_k for 0 < k < n
	least wide.Real    // of |z_k| for 0 < k < n, and 2
	// |z_k / (dz_k/dc)| is about how far the nearest nucleus of period k is, and the length over which later elements bend.
	bend   int       // least exponent of that for k < n
	near   wide.Real // least of that for k < n that divide the period
	at     int       // that k
	period int       // 0 while it is not known
}

func newState() orbitState {
	zero := wide.New(0, 0, 0)
	return orbitState{z: zero, d: zero, least: wide.NewReal(2, 0), near: wide.NewReal(1, math.MaxInt32), bend: math.MaxInt32}
}

// step takes in z_n.
func (s *orbitState) step(n int, z wide.Complex) {
	if n == 1 {
		s.z, s.d, s.l = z, one(), one()
		return
	}
	s.measure(n - 1)
	// The derivative is that of z before its step, and the product takes z_{n-1}, which is the last one known.
	twice := s.z.Double()
	s.d = twice.Mul(s.d).Add(one())
	s.l = s.l.Mul(twice)
	if s.z.Exp <= s.least.Exp {
		s.least = s.least.Min(s.z.Norm())
	}
	s.z = z
}

// measure notes how near a nucleus of period k is: z_k over dz_k/dc is Newton's step to it, and about its distance where it is
// near. A derivative of 0 is that of a c for which an element before is 0.
func (s *orbitState) measure(k int) {
	if s.d.Exp == wide.Zero {
		return
	}
	s.bend = min(s.bend, s.z.Exp-s.d.Exp)
	if s.period == 0 || s.period%k != 0 {
		return
	}
	if distance := s.z.Norm().Quo(s.d.Norm()); distance.Less(s.near) {
		s.near, s.at = distance, k
	}
}

func one() wide.Complex { return wide.New(1, 0, 0) }

// within reports whether |z| < |d| r. Exponents decide nearly always, and then there is no root to take at each step.
func within(z, d wide.Complex, r wide.Real) bool {
	const margin = 3 // of the exponents: |z| >= 2^z.Exp and |d| r < 2^(d.Exp+r.Exp+2.5)
	if z.Exp >= d.Exp+r.Exp+margin {
		return false
	}
	return z.Norm().Less(d.Norm().Mul(r))
}

// size is 1/(l dz_n/dc), or 0 where that is infinite: an orbit that passes 0 before, whose period is less.
func (s *orbitState) size() wide.Complex {
	product := s.l.Mul(s.d)
	if product.Exp == wide.Zero {
		return product
	}
	norm := product.Norm()
	conjugate := wide.Complex{Re: product.Re, Im: -product.Im, Exp: product.Exp}
	return conjugate.MulReal(wide.NewReal(1, 0).Quo(norm.Mul(norm)))
}
