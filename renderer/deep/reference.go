package deep

import (
	"context"
	"iter"
	"math"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// Reference is the orbit that all points of a view are followed beside: z_0 = 0, z_1 = c ... z_N, in double precision.
// A point that reaches its end is rebased to its beginning, so it is of no consequence where it ends; only how fast
// points are followed depends on it.
//
// Double precision is enough although the orbit was computed in more: a point's difference is known to 53 bits of its own
// size, whatever the size of z, and an error of 2^-53 of z in the factor 2*z + d is one of 2^-53 of the next difference.
// Nothing cancels in that factor: where d is near -2*z the point is nearer to 0 than to z, and has been rebased.
type Reference struct {
	Re, Im []float64 // z_0 to z_N; 0 where they are below 2^-1022
	Small  []Small   // those below smallExponent once more, by ascending index
	Period int       // N if the orbit ends where the view has a point of that period, otherwise 0
}

// Small is an element of an orbit that is close to 0.
type Small struct {
	Index int
	Z     wide.Complex
}

// smallExponent is the exponent below which elements are kept as wide numbers too: from there on, their squares are
// outside the range of float64.
const smallExponent = -500

// Len returns N, the number of steps.
func (r *Reference) Len() int { return len(r.Re) - 1 }

// Size is how much memory the reference takes, with the tables that a Perturbation makes of it, in bytes: measured on several
// places it is between a half and the whole of this.
func (r *Reference) Size() int64 {
	const perElement = 120
	return int64(perElement*len(r.Re) + 48*len(r.Small))
}

// escapeExponent ends a reference one of whose parts has reached 2^3: what follows is of no use. Points that are beside it there
// are rebased at its end, and escape by themselves soon.
const escapeExponent = 3

// NewReference follows the orbit of c until it escapes, or the limit is reached, or the view, all of whose points are
// within bound of c, holds a point whose orbit is periodic with that many steps: such an orbit comes back to 0, and to
// first order that happens where z_n + dz_n/dc * (c' - c) = 0. The first n at which the disc that the view has become,
// of radius |dz_n/dc| * bound around z_n, takes in 0 is the period; package nucleus finds the minibrot by the same test.
// Here it is made with boxes instead of discs, which costs no root at each step: a period that is found a little too early
// or late makes a reference that serves less well, not a wrong picture.
//
// Progress, unless it is nil, is told now and then which part of the steps up to the limit are made.
func NewReference(ctx context.Context, o orbit.Orbit, bound wide.Real, progress func(done float64)) (*Reference, error) {
	const tellEvery = 1 << 10 // steps: between a tenth of a millisecond and some milliseconds
	r := &Reference{Re: []float64{0}, Im: []float64{0}, Small: []Small{{0, wide.New(0, 0, 0)}}}
	slope := wide.New(0, 0, 0)
	last, one := slope, wide.New(1, 0, 0)
	_, err := o.Follow(ctx, func(n int, z wide.Complex) bool {
		if progress != nil && n%tellEvery == 0 {
			progress(float64(n) / float64(o.Limit))
		}
		slope = slope.Mul(last).Double().Add(one)
		last = z
		re, im := z.Float64()
		r.Re, r.Im = append(r.Re, re), append(r.Im, im)
		if z.Exp < smallExponent {
			r.Small = append(r.Small, Small{n, z})
		}
		if z.Box().Less(slope.Box().Mul(bound)) {
			r.Period = n
			return false
		}
		return z.Exp < escapeExponent
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// elements yields z_0 to z_N with their indices, those that float64 has no place for as well.
func (r *Reference) elements() iter.Seq2[int, wide.Complex] {
	return func(yield func(int, wide.Complex) bool) {
		small := r.Small
		for n := range r.Re {
			z := wide.New(r.Re[n], r.Im[n], 0)
			if len(small) > 0 && small[0].Index == n {
				z, small = small[0].Z, small[1:]
			}
			if !yield(n, z) {
				return
			}
		}
	}
}

// magnitude orders numbers by size: eight steps for each power of two. Levels are cut by it (cutOff), and integers are
// sorted faster than wide numbers.
func magnitude(z wide.Complex) int32 {
	const parts = 8
	size := z.Box()
	if size.M == 0 {
		return math.MinInt32
	}
	return int32(size.Exp*parts + int((size.M-1)*parts)) //nolint:gosec // exponents are below 2^26
}
