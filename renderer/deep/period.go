package deep

import (
	"context"
	"math"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// What is looked for of a cycle beside the reference, as package escape has it. Distances are in parts of a point's own, since cycles
// of a minibrot are as near to 0 as it is small.
const (
	cycleMoves = 1 << 13 // of an orbit that are looked at
	settled2   = 0x1p-80 // squared step of Newton's method that ends it
	sameCycle2 = 0x1p-40 // squared distance of points that are the same one of a cycle
)

// Periods fills in the periods of the points of a batch that do not escape, given as for Run. In the core they are those of the plain
// Mandelbrot set times the reference's. Elsewhere the points' moves are looked at; of views whose differences are beyond double precision
// at first they are not, and such points have none.
func (p *Perturbation) Periods(ctx context.Context, b escape.Batch) error {
	for i, count := range b.Count {
		b.Period[i] = 0
		if count != 0 {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if period := p.period(b.Re[i]+p.view.OffsetRe, b.Im[i]+p.view.OffsetIm, b.Effort); period <= math.MaxInt32 {
			b.Period[i] = int32(period) //nolint:gosec // just compared
		}
	}
	return nil
}

// period is that of the cycle of a point at a distance from the reference in pixels, 0 if none is found.
func (p *Perturbation) period(re, im float64, effort *escape.Effort) int64 {
	if p.main != nil {
		if period := p.main.period(float64(re*p.stepSize), float64(im*p.stepSize)); period > 0 {
			return int64(period)
		}
	}
	if p.core != nil {
		x, y := p.core.place(re, im)
		if period := p.core.kernel.Period(x, y, effort); period > 0 {
			return int64(period) * int64(p.core.stepLength)
		}
	}
	if p.deep {
		return 0
	}
	s := newCycleSearch(&p.follower)
	zero := wide.New(0, 0, 0)
	q := point{offsetRe: re, offsetIm: im}
	q.begin(p.start(&q, zero, zero), 0, p.follower.apart)
	period := s.find(q)
	effort.Add(escape.Effort{Moves: s.moves})
	return period
}

// cycleSearch looks for the cycle that a point comes to, by the moves of a follower.
type cycleSearch struct {
	follower follower
	moves    int64
}

// newCycleSearch has slopes be those of z in an earlier z: what c adds to them is left out.
func newCycleSearch(f *follower) cycleSearch {
	s := cycleSearch{follower: *f}
	s.follower.stepSize, s.follower.limit = 0, math.MaxInt64
	return s
}

// find follows an orbit and tries its returns, as package escape does.
func (s *cycleSearch) find(q point) int64 {
	place, returns := q, escape.NewReturns()
	q.save = -1 // it goes round as often as it likes
	for move := 1; move <= cycleMoves; move++ {
		if s.follower.follow(&q, 1) == escaped {
			break
		}
		if returns.Tries(s.distance2(&q, &place), s.size2(&q)) {
			if period := s.try(q, q.n-place.n); period > 0 {
				s.moves += int64(move)
				return period
			}
		}
		if returns.Keeps(move) {
			place = q
		}
	}
	s.moves += cycleMoves
	return 0
}

// try looks for an attracting cycle next to a point, of a period or one that divides it, and returns its period, or 0. It looks where
// the orbit is next to 0: there the points of a cycle are apart from one another in parts of their size.
func (s *cycleSearch) try(q point, period int64) int64 {
	q = s.lowest(q, period)
	from := q
	for range escape.NewtonSteps {
		to := s.around(q, period)
		rRe, rIm := s.difference(&to, &q)
		step := divide(complex(rRe, rIm), complex(1-to.slopeRe, -to.slopeIm))
		q.dRe, q.dIm = q.dRe+real(step), q.dIm+imag(step)
		size2 := s.size2(&q)
		if !(s.distance2(&q, &from) <= float64(escape.LongestNewton*size2)) {
			return 0
		}
		if norm2(real(step), imag(step)) <= float64(settled2*size2) {
			if norm2(to.slopeRe, to.slopeIm) >= 1 {
				return 0
			}
			return s.least(q, period)
		}
	}
	return 0
}

// lowest is the one next to 0 of the places where a point comes in so many steps.
func (s *cycleSearch) lowest(q point, steps int64) point {
	q.moves = 0
	best, least := q, s.size2(&q)
	f := s.follower
	for f.limit = q.n + steps; f.follow(&q, 1) == moving; {
		if size2 := s.size2(&q); size2 < least {
			best, least = q, size2
		}
	}
	s.moves += q.moves
	return best
}

// around is a point after so many steps, with the derivative of where it comes to where it began as its slope.
func (s *cycleSearch) around(q point, steps int64) point {
	q.traced, q.slopeRe, q.slopeIm, q.moves = true, 1, 0, 0
	f := s.follower
	f.limit = q.n + steps
	for out := moving; out == moving; {
		out = f.follow(&q, pollMoves)
	}
	s.moves += q.moves
	return q
}

// least is the least period of a point of a cycle, given one: without the prime factors that it comes back without.
func (s *cycleSearch) least(q point, period int64) int64 {
	for factor, rest := int64(2), period; rest > 1; factor++ {
		if factor*factor > rest {
			factor = rest // a prime
		}
		for rest%factor == 0 {
			rest /= factor
			to := s.around(q, period/factor)
			if s.distance2(&to, &q) < float64(sameCycle2*s.size2(&q)) {
				period /= factor
			}
		}
	}
	return period
}

// difference is how far z of a point is from that of another, without cancellation where both are beside one element.
func (s *cycleSearch) difference(to, from *point) (re, im float64) {
	re, im = to.dRe-from.dRe, to.dIm-from.dIm
	if to.m != from.m {
		a, b := &s.follower.table.elements[to.m], &s.follower.table.elements[from.m]
		re, im = re+(a.re-b.re), im+(a.im-b.im)
	}
	return re, im
}

func (s *cycleSearch) distance2(to, from *point) float64 { return norm2(s.difference(to, from)) }

// size2 is |z|^2 of a point.
func (s *cycleSearch) size2(q *point) float64 {
	e := &s.follower.table.elements[q.m]
	return norm2(e.re+q.dRe, e.im+q.dIm)
}

func norm2(x, y float64) float64 { return math.FMA(x, x, float64(y*y)) }
