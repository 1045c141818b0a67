package deep

import (
	"context"
	"math"
	"time"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// View says which points are followed, and how far.
type View struct {
	Re, Im        string    // the reference's c, as decimals
	Step          wide.Real // distance between neighbouring pixels
	Bound         wide.Real // least upper bound on the distance of the view's points from the reference
	MaxIterations int
	Radius2       float64 // squared escape radius
	// OffsetRe and OffsetIm are where the middle of the view is from the reference, in pixels.
	OffsetRe, OffsetIm float64
}

// guardBits is how many bits a reference has below the view's bound: 2^18 pixels, and 2^-64 of a pixel for the errors of
// long orbits. Each step is off by a few units of the last place (package orbit), and what that amounts to after n steps is
// at most n steps' worth of a shift of c: 2^31 steps take 31 to 35 of the 64 bits.
const guardBits = 18 + 64

// Bits returns the number of bits that the reference of a view with such a bound takes.
func Bits(bound wide.Real) int { return orbit.RoundBits(guardBits - bound.Exp) }

// Estimate is the time that the view's reference takes one thread if it has as many steps as the limit: two products of
// so many words each, whose cost grows with the power log2(3) of their length (Karatsuba), and a fixed part. It is that of
// a core of 2023 over math/big, and right within a factor of two: what is refused does not depend on the machine. One with AVX-512
// IFMA takes a third to a sixth of it.
func (v View) Estimate() time.Duration {
	const fixed, word, power = 150, 2.4, 1.585 // nanoseconds
	words := float64(Bits(v.Bound)) / 64
	each := fixed + 2*word*math.Pow(words, power)*(1+8/words)
	return time.Duration(math.Min(each*float64(v.MaxIterations), math.MaxInt64/2))
}

// Reference computes the view's reference, and tells progress, unless that is nil, which part of the steps that the limit
// allows are made.
func (v View) Reference(ctx context.Context, threads int, progress func(done float64)) (*Reference, error) {
	bits := Bits(v.Bound)
	c, ok := orbit.Parse(v.Re, v.Im, bits)
	zero, _ := orbit.Parse("0", "0", bits)
	if !ok {
		panic("deep: the centre of a view is a pair of decimals")
	}
	return NewReference(ctx, orbit.Orbit{Start: zero, C: c, Bits: bits, Limit: v.MaxIterations, Threads: threads}, v.Bound, progress)
}
