package nucleus

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/bits"

	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/spec"
	"mandelfarm/renderer/wide"
)

const (
	// below is how many bits a nucleus has below the size of its minibrot and the radius of the view: a view of the minibrot
	// alone can be zoomed into by 12 digits more before its centre is not known well enough.
	below = 40
	// steps is how many Newton's method may take: far more than there are doublings of bits.
	steps = 60
	// margin is how many bits a step is computed in beyond those that it is to gain and those that rounding takes.
	margin = 16
	// slack is how many bits the exponents of lengths and of sums of some of them may be off by: each is cut off to a power of 2,
	// and the bend is that of a single term among several.
	slack = 4
	// nearby is how many bits below the radius a nucleus of a divisor of the period must be to be taken instead. It is a root of
	// z_p too, since an orbit that comes back after p/2 steps does so after p.
	nearby = 8
	// escaped is the exponent of elements of an orbit that does not come back, and soon takes more memory than there is.
	escaped = 5
	// stray is how many radii from the centre Newton's method may go on its way. Its first steps overshoot where z_p bends within
	// the view; the nucleus it ends at must be inside.
	stray = 4
)

// guess is an approximation of a nucleus, and what Newton's method knows of its own advance. Lengths are base-2
// logarithms, rounded down.
type guess struct {
	period int
	c      orbit.Point
	bits   int // of c
	error  int // length that c is off by, about
	gain   int // bits that the next step is to gain
}

// modest is the gain of a step with a derivative in double precision: 53 bits, less those that the rounding of so many steps
// takes. Errors of a product add up, relative to it, so that is one bit for each doubling of the period.
func modest(period int) int { return 51 - bits.Len(uint(period)) }

// newton finds the nucleus of the period that the search has come to. The error wraps spec.ErrNoMinibrot if it is not in the view. The
// search has z and dz/dc of the centre, which are Newton's first step: no orbit is followed for it.
func (s *search) newton(ctx context.Context) (Nucleus, error) {
	first, ok := slopeOf(s.state.d).under(s.z)
	if !ok {
		return Nucleus{}, outside(s.n)
	}
	g := &guess{period: s.n, c: s.centre, bits: s.bits, gain: modest(s.n)}
	g.error = max(first.Wide(s.bits).Exp, s.radius.Exp-spare+g.gain)
	g.advance(first, s.state.bend-slack, s.target(s.state.size()))
	return s.refine(ctx, g)
}

// around finds the nucleus of the period that the search has come to from points around the centre, after the way from
// the centre has led out of the view. Where z_n(c) is all but linear in the view all ways lead to the same point, and there is
// no use in others. Where it is not, the basins of Newton's method are as ragged as the set, and points halfway to the rim
// in eight directions find what one does not: of spirals, for one, whose centre has minibrots wound around it.
func (s *search) around(ctx context.Context) (found Nucleus, err error) {
	if s.state.bend-slack > s.radius.Exp {
		return Nucleus{}, outside(s.n)
	}
	// Eight points on a circle of half the radius.
	const half, diagonal = 0.5, 0.354
	for _, at := range [][2]float64{
		{half, 0},
		{diagonal, diagonal},
		{0, half},
		{-diagonal, diagonal},
		{-half, 0},
		{-diagonal, -diagonal},
		{0, -half},
		{diagonal, -diagonal},
	} {
		c := s.centre.Plus(wide.New(at[0], at[1], 0).MulReal(s.radius), s.bits)
		found, err = s.refine(ctx, &guess{period: s.n, c: c, bits: s.bits, error: s.radius.Exp, gain: modest(s.n)})
		if !errors.Is(err, spec.ErrNoMinibrot) {
			break
		}
	}
	return found, err
}

// refine goes on from a guess until it is good enough. On the way it looks whether the root is that of a divisor of the period:
// z_k is then as near to 0, in lengths of c, as z_p is, and going on at the smaller period is both right and shorter.
func (s *search) refine(ctx context.Context, g *guess) (Nucleus, error) {
	for range steps {
		state, step, err := s.pass(ctx, g)
		if err != nil {
			return Nucleus{}, err
		}
		if state.near.Exp < s.radius.Exp-nearby && state.near.Exp <= step.Wide(g.bits).Exp+1 {
			g.period, g.gain = state.at, modest(state.at) // the nucleus is that of a divisor
			continue
		}
		size := state.size()
		// A size of 0 is that of an orbit which came to 0 before; a guess far off belongs to another view.
		target := s.target(size)
		if size.Exp == wide.Zero || wide.NewReal(stray, 0).Mul(s.radius).Less(s.distance(g)) {
			return Nucleus{}, outside(g.period)
		}
		if g.advance(step, state.bend-slack, target) {
			return s.result(g, state, target)
		}
	}
	return Nucleus{}, outside(g.period)
}

// target is the length that a nucleus is to be known to. Sizes are known from the first guess on well enough for that.
func (s *search) target(size wide.Complex) int { return min(size.Exp, s.radius.Exp) - below }

func outside(period int) error {
	return fmt.Errorf("%w: the nearest nucleus of period %d is outside the view", spec.ErrNoMinibrot, period)
}

// pass follows the orbit of a guess to its period, and returns what went along and by how much the guess is off: z_p over
// dz_p/dc. The guess has as many bits as the step gains below its error, and those that rounding takes. An orbit that escapes
// on the way is that of a guess far from any nucleus.
func (s *search) pass(ctx context.Context, g *guess) (*orbitState, orbit.Point, error) {
	// The orbit has the bits of the next guess from the beginning, so that its last z is as exact as the step is to be.
	rounding := margin + bits.Len(uint(g.period))
	if need := orbit.RoundBits(g.gain + rounding - g.error); need > g.bits {
		g.c, g.bits = lengthen(g.c, need-g.bits), need
	}
	o := orbit.Orbit{Start: origin(), C: g.c, Bits: g.bits, Limit: g.period, Threads: s.Threads}
	state := newState()
	state.period = g.period
	var z, step orbit.Point
	var err error
	var d *slope
	if g.gain <= modest(g.period) {
		z, err = o.Follow(ctx, func(n int, z wide.Complex) bool {
			state.step(n, z)
			return z.Exp < escaped
		})
		d = slopeOf(state.d)
	} else {
		d = newSlope(g.gain + rounding)
		z, err = o.FollowPoints(ctx, func(n int, z orbit.Point) bool {
			state.step(n, z.Wide(g.bits))
			if n < g.period {
				d.step(z, g.bits)
			}
			return state.z.Exp < escaped
		})
	}
	if err != nil {
		return nil, step, err
	}
	step, ok := d.under(z)
	if !ok || state.z.Exp >= escaped {
		return nil, step, outside(g.period)
	}
	return &state, step, nil
}

// advance makes a step, and reports whether that leads to within the target, a length, of the nucleus. Its error is
// squared, and divided by the length over which z_period(c) bends: Newton's method leaves e' = e^2 * z”/(2z'), and 2z'/z” is
// that length. What a step was computed in cannot gain more than that. The next gain is what the error allows, or what is left
// to the target if that is less.
func (g *guess) advance(step orbit.Point, bend, target int) bool {
	length := max(step.Wide(g.bits).Exp, g.error-g.gain) // less is rounding
	rounding := max(length, g.error) - g.gain
	g.c = minus(g.c, step)
	g.error = min(length, max(2*length-bend, rounding))
	g.gain = max(modest(g.period), min(bend-g.error, g.error-target)+margin)
	return g.error <= target
}

// distance is that of a guess from the view's centre.
func (s *search) distance(g *guess) wide.Real {
	return g.c.Minus(lengthen(s.centre, g.bits-s.bits), g.bits).Norm()
}

// result says what was found, unless it is outside the view. Decimals are as many as the target length has, rounded up.
func (s *search) result(g *guess, state *orbitState, target int) (Nucleus, error) {
	if !s.distance(g).Less(s.radius) {
		return Nucleus{}, outside(g.period)
	}
	// In integers, so that the number of digits does not depend on a rounding: log10(2) is 0.30103 and a little less.
	places := (-target*30103 + 99999) / 100000 // of decimals
	return Nucleus{
		Period: g.period,
		Re:     decimal(g.c.Re, g.bits, places),
		Im:     decimal(g.c.Im, g.bits, places),
		Size:   state.size(),
		Domain: state.least.Quo(state.d.Norm()),
	}, nil
}

// decimal prints a number in units of 2^-precision with so many places after the point, as an integer and an exponent: orbit.Parse
// reads it back, and shorter forms are for those who show it.
func decimal(x *big.Int, precision, places int) string {
	scaled := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	scaled.Mul(scaled, x)
	scaled.Add(scaled, new(big.Int).Lsh(big.NewInt(1), uint(precision-1))) // to the nearest
	digits := scaled.Rsh(scaled, uint(precision)).String()
	return fmt.Sprintf("%se-%d", digits, places)
}

func minus(p, q orbit.Point) orbit.Point {
	return orbit.Point{Re: new(big.Int).Sub(p.Re, q.Re), Im: new(big.Int).Sub(p.Im, q.Im)}
}

// lengthen adds bits to the units of a point.
func lengthen(p orbit.Point, by int) orbit.Point {
	return orbit.Point{Re: new(big.Int).Lsh(p.Re, uint(by)), Im: new(big.Int).Lsh(p.Im, uint(by))}
}
