// Package orbit follows single orbits of z -> z^2 + c in as many bits as it takes, in fixed point (package fixed): the reference
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
// # Engines
//
// Numbers are limbs where the processor has AVX-512 IFMA and big.Ints elsewhere, and where z has become large. Both make the same
// bits at every step (package fixed), so that references are the same on every machine. A step by limbs takes a third to a sixth of the time.
//
// # Cost
//
// A step is two products and five sums. Long ones are worth handing over to a second thread. GMP, which other programs use, is
// up to 1.5 times as fast as math/big above 1,000 digits, and needs cgo.
package orbit

import (
	"context"
	"math/bits"

	"mandelfarm/renderer/fixed"
	"mandelfarm/renderer/wide"
)

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
	return o.run(ctx, func(n int, z walker) bool { return visit(n, z.rounded()) })
}

// FollowPoints is Follow in full precision. The points are visit's to look at, not to keep or to change.
func (o Orbit) FollowPoints(ctx context.Context, visit func(n int, z Point) bool) (Point, error) {
	return o.run(ctx, func(n int, z walker) bool { return visit(n, z.point()) })
}

// run follows the orbit by limbs where this processor has them and as long as they bear z, otherwise by integers.
func (o Orbit) run(ctx context.Context, visit func(n int, z walker) bool) (Point, error) {
	w := o.begin()
	defer func() { w.end() }()
	// A step of few words takes as long as 64 squared words for what is not multiplication.
	words := o.Bits / bits.UintSize
	work, each := 0, words*words+64
	for n := 1; n <= o.Limit; n++ {
		if work += each; work >= pollWork {
			work = 0
			if err := context.Cause(ctx); err != nil {
				return Point{}, err
			}
		}
		w.step()
		if w.large() {
			z := w.point()
			w.end()
			w = newIntegers(o, z)
		}
		if !visit(n, w) {
			break
		}
	}
	return w.point(), nil
}

func (o Orbit) begin() walker {
	if f := fixed.NewFormat(o.Bits); f != nil && f.Bears(o.Start.Re, o.Start.Im, o.C.Re, o.C.Im) {
		return newLimbs(o, f)
	}
	return newIntegers(o, o.Start)
}
