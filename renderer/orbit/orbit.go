// Package orbit follows single orbits of z -> z^2 + c in as many bits as it takes, in fixed point over math/big: the reference
// orbits of perturbation (package deep), and those of Newton's method (package nucleus).
//
// # Arithmetic
//
// Numbers are integers in units of 2^-bits. |z| stays below 2^5, and what matters is the absolute error, in parts of a pixel:
// floating point would keep as many bits of elements close to 0, of which fewer are needed. So all errors below are in units
// of the last place.
//
// One step is two products of independent factors, (x+y)(x-y) and xy, which two threads make at the same time where they
// are long enough. Products are cut off near the last bit, towards 0: the orbit is that of a c which is off by less than
// ten units of the last place at each step. Results do not depend on the number of threads.
//
// # Cost
//
// A step of so many words is two products of math/big: its schoolbook method below 40 words, in assembly, and A. Karatsuba's
// above. Words below the last place are left out where that is faster (multiplier). GMP, which other programs use, is up to 1.5
// times as fast above 1,000 digits, and needs cgo.
package orbit

import (
	"context"
	"math/big"
	"math/bits"
	"runtime"

	"mandelfarm/renderer/wide"
)

// parallelBits is where two threads are faster than one: handing a product over and waiting for it takes about as long
// as one of so many bits, a microsecond. BenchmarkStep has sizes on both sides of it.
const parallelBits = 2500

// pollWork is the work, in squared words of products, between two looks at the context: about a millisecond.
const pollWork = 1 << 19

// Orbit says which orbit to follow.
type Orbit struct {
	Start, C Point // z_0 and c
	Bits     int   // of their units, a multiple of 64
	Limit    int   // steps
	Threads  int   // 2 or more make the two products of a step at the same time, where that is faster
}

// RoundBits returns the least possible number of bits that is at least the given one.
func RoundBits(least int) int {
	const word = 64
	return (max(least, word) + word - 1) / word * word
}

// Follow calls visit with z_1, z_2 ... in double precision until that returns false or the limit is reached. It returns
// the last z. When ctx ends it stops within milliseconds and returns the cause.
func (o Orbit) Follow(ctx context.Context, visit func(n int, z wide.Complex) bool) (Point, error) {
	return o.FollowPoints(ctx, func(n int, z Point) bool { return visit(n, toWide(z.Re, z.Im, o.Bits)) })
}

// FollowPoints is Follow in full precision. The points are visit's to look at, not to keep or to change.
func (o Orbit) FollowPoints(ctx context.Context, visit func(n int, z Point) bool) (Point, error) {
	s := stepper{c: o.C, words: o.Bits / bits.UintSize}
	s.now, s.next = Point{new(big.Int).Set(o.Start.Re), new(big.Int).Set(o.Start.Im)}, Point{new(big.Int), new(big.Int)}
	if o.Threads > 1 && o.Bits >= parallelBits && runtime.GOMAXPROCS(0) > 1 {
		s.helper = newHelper(o.C.Im, s.words)
		defer s.helper.end()
	}
	// A step of few words takes as long as 64 squared words for what is not multiplication.
	work, each := 0, s.words*s.words+64
	for n := 1; n <= o.Limit; n++ {
		if work += each; work >= pollWork {
			work = 0
			if err := context.Cause(ctx); err != nil {
				return Point{}, err
			}
		}
		s.step()
		if !visit(n, s.now) {
			break
		}
	}
	return s.now, nil
}

// stepper makes steps. The numbers of the next z are those of the one before the last, so that no step takes memory once the
// numbers have grown to their length.
type stepper struct {
	c               Point
	words           int // of a number below the point
	now, next       Point
	sum, difference big.Int
	forRe, forIm    multiplier
	helper          *helper // nil if there is none
}

// step makes one. The real part is this thread's, whoever makes the imaginary part: the same product in either case, so that
// nothing depends on it.
func (s *stepper) step() {
	if s.helper == nil || !s.helper.ask(s.now.Re, s.now.Im, s.next.Im) {
		s.stepIm()
		s.stepRe()
		s.now, s.next = s.next, s.now
		return
	}
	s.stepRe()
	switch s.helper.join() {
	case finished:
		s.now, s.next = s.next, s.now
	case untouched:
		s.stepIm()
		s.now, s.next = s.next, s.now
	// A helper that is given up still writes to the next imaginary part, and reads the present z: both are left to it.
	case lost: // with the numbers that it was given
		s.next.Im = new(big.Int)
		s.stepIm()
		s.now, s.next = s.next, Point{new(big.Int), new(big.Int)}
	}
}

// stepRe computes the real part of the next z, x^2 - y^2 + c, by one product instead of two squares.
func (s *stepper) stepRe() {
	s.sum.Add(s.now.Re, s.now.Im)
	s.difference.Sub(s.now.Re, s.now.Im)
	s.next.Re.Add(s.forRe.mul(&s.sum, &s.difference, s.words), s.c.Re)
}

func (s *stepper) stepIm() { imaginary(s.next.Im, s.now.Re, s.now.Im, s.c.Im, &s.forIm, s.words) }

// imaginary computes the imaginary part of the z after re + i*im.
func imaginary(to, re, im, c *big.Int, m *multiplier, words int) {
	product := m.mul(re, im, words)
	to.Add(product, product)
	to.Add(to, c)
}
