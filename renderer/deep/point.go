package deep

import (
	"context"
	"math"
)

// point is a point on its way: d is its difference to element m of the reference, dc that of c, and n the steps made.
type point struct {
	dRe, dIm float64
	cRe, cIm float64
	m, n     int64

	// A point that is where it was before, at the same element, goes round for ever. It is remembered after 1, 2, 4 ...
	// moves (R. P. Brent, 1980).
	savedRe, savedIm float64
	savedM           int64
	moves, save      int64
	counted          int64 // moves that are in the batch's effort

	zRe, zIm float64 // where it escapes
	outcome  outcome
	// The slope of z in c, per pixel, if the point is traced.
	traced           bool
	slopeRe, slopeIm float64

	climbed int64   // moves beside the reference, of a point that is otherwise followed directly
	earlier int64   // those, and steps of a core, as they were made: without what moves counts
	blur    float64 // what its direct steps make it off by, in pixels, if anybody wants to know

	index              int       // in its batch
	offsetRe, offsetIm float64   // from the reference, in pixels
	wide               widePoint // of deep views: where it is while d is out of range
}

// begin puts the point beside the reference's beginning, after so many steps.
func (p *point) begin(q widePoint, n int64, apart bool) {
	q.n = n
	p.wide, p.save, p.savedM, p.moves, p.counted = q, 1, -1, 0, 0
	p.load(q, apart)
}

// load takes over a place whose numbers are in range.
func (p *point) load(q widePoint, apart bool) {
	p.dRe, p.dIm = q.d.Float64()
	if !apart {
		p.cRe, p.cIm = q.c.Float64()
	}
	p.m, p.n = int64(q.m), q.n
	p.slopeRe, p.slopeIm = q.slope.Float64()
}

// outcome says why a point is not followed any further. The assembly knows the values (escape/gen/follow.go, test).
type outcome int64

const (
	moving  outcome = iota
	escaped         // at n, with z
	inside          // it has made all steps, or repeats
	tooNear         // d is below 2^leastDifference
	steep           // it may be followed directly again (climb.go)
)

// follower holds what following takes besides the point.
type follower struct {
	table    *table
	limit    int64   // steps
	radius2  float64 // squared escape radius
	least2   float64 // squared least d, 0 if there is none
	stepSize float64 // of a pixel, for slopes; 0 where it underflows
	apart    bool    // dc counts for nothing while differences are in range; that of points is 0 then, and stepSize
}

// pollMoves is the number of moves between two looks at the context: a point makes so many in less than a millisecond.
const pollMoves = 1 << 15

// followEach moves all points on, one after the other, until they have an outcome.
func (f *follower) followEach(ctx context.Context, points []point) error {
	moves := 0
	for i := range points {
		p := &points[i]
		for p.outcome = moving; p.outcome == moving; {
			before := p.moves
			p.outcome = f.follow(p, pollMoves)
			if moves += int(p.moves-before) + 1; moves >= pollMoves {
				moves = 0
				if err := context.Cause(ctx); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// follow moves a point on until it has an outcome, or has made so many moves. A move is the longest skip that is valid, or
// one step of perturbation, d' = d*(2*z + d) + dc. Which of the products are fused is part of the definition: the assembly does
// the same to the bit.
func (f *follower) follow(p *point, moves int) outcome {
	elements := f.table.elements
	end := int64(len(elements) - 1)
	for range moves {
		e := &elements[p.m]
		// w = d * (2*z + d)
		sRe, sIm := e.re+e.re+p.dRe, e.im+e.im+p.dIm
		wRe := math.FMA(p.dRe, sRe, -float64(p.dIm*sIm))
		wIm := math.FMA(p.dRe, sIm, float64(p.dIm*sRe))
		size := max(math.Abs(wRe), math.Abs(wIm))
		if at := f.longest(e, size, f.limit-p.n); at != 0 {
			f.skip(p, at, wRe, wIm, sRe, sIm)
		} else {
			if p.traced {
				p.turn(sRe, sIm)
				p.slopeRe += f.stepSize
			}
			p.dRe, p.dIm = wRe+p.cRe, wIm+p.cIm
			p.m++
			p.n++
		}
		if out := f.test(p, end); out != moving {
			return out
		}
	}
	return moving
}

// longest returns the number of the longest skip of an element that is valid for a w of that size and has at most so many steps, or 0.
// A longer skip is a shorter one with others joined to it, which never raises its bound, so the first that is not valid ends
// the search. A size that is no number takes none.
func (f *follower) longest(e *element, size float64, steps int64) int {
	if !(size < e.first.bound()) {
		return 0
	}
	skips, first := f.table.packed, e.first.number()
	at := first
	for size < skips[at].next.bound() {
		at++
	}
	for ; int64(skips[at].next.number()) > steps; at-- {
		if at == first {
			return 0
		}
	}
	return at
}

// skip makes the steps of the skip of a number.
func (f *follower) skip(p *point, at int, wRe, wIm, sRe, sIm float64) {
	s := &f.table.packed[at]
	if p.traced {
		p.turn(sRe, sIm)
	}
	if f.table.mixed != nil {
		p.mix(s, &f.table.mixed[at], wRe, wIm, f.stepSize)
	} else {
		p.skip(s, wRe, wIm, f.stepSize)
	}
	p.m += int64(s.next.number())
	p.n += int64(s.next.number())
}

// turn multiplies the slope by 2*(z + d), given 2*z + d.
func (p *point) turn(sRe, sIm float64) {
	re, im := sRe+p.dRe, sIm+p.dIm
	p.slopeRe, p.slopeIm = math.FMA(re, p.slopeRe, -float64(im*p.slopeIm)), math.FMA(re, p.slopeIm, float64(im*p.slopeRe))
}

// skip makes d' and the slope of a skip, given w and the slope of w. The slope takes its derivative, dd'/dw = a + 2*b*w.
func (p *point) skip(s *packedSkip, wRe, wIm, stepSize float64) {
	// h = a + b*w
	hRe, hIm := multiplyAdd(s.bRe, s.bIm, wRe, wIm, s.aRe, s.aIm)
	if p.traced {
		// a + 2*b*w
		p.slopeRe, p.slopeIm = product(hRe+hRe-s.aRe, hIm+hIm-s.aIm, p.slopeRe, p.slopeIm)
		p.slopeRe, p.slopeIm = math.FMA(s.cRe, stepSize, p.slopeRe), math.FMA(s.cIm, stepSize, p.slopeIm)
	}
	// d' = h*w + c*dc
	cRe, cIm := product(s.cRe, s.cIm, p.cRe, p.cIm)
	p.dRe, p.dIm = multiplyAdd(hRe, hIm, wRe, wIm, cRe, cIm)
}

// mix is skip for a jet. With t for dc,
//
//	d' = h*w + q*t      h = x + w*(y + w*www)    x = a + t*(wc + t*wcc)    y = b + t*wwc    q = c + t*(cc + t*ccc)
//
// and the slope takes both derivatives: dd'/dw = h + w*(y + 2*w*www), where 2*w*www is added in two parts, and dd'/dt in the same way.
func (p *point) mix(s *packedSkip, m *packedMixed, wRe, wIm, stepSize float64) {
	tRe, tIm := p.cRe, p.cIm
	cccRe, cccIm := m.ccc.parts()
	ccRe, ccIm := multiplyAdd(cccRe, cccIm, tRe, tIm, m.ccRe, m.ccIm)
	qRe, qIm := multiplyAdd(ccRe, ccIm, tRe, tIm, s.cRe, s.cIm)
	wccRe, wccIm := m.wcc.parts()
	wcRe, wcIm := multiplyAdd(wccRe, wccIm, tRe, tIm, m.wcRe, m.wcIm)
	xRe, xIm := multiplyAdd(wcRe, wcIm, tRe, tIm, s.aRe, s.aIm)
	wwcRe, wwcIm := m.wwc.parts()
	yRe, yIm := multiplyAdd(wwcRe, wwcIm, tRe, tIm, s.bRe, s.bIm)
	wwwRe, wwwIm := s.www.parts()
	yRe, yIm = multiplyAdd(wwwRe, wwwIm, wRe, wIm, yRe, yIm)
	hRe, hIm := multiplyAdd(yRe, yIm, wRe, wIm, xRe, xIm)
	if p.traced {
		ccRe, ccIm = multiplyAdd(cccRe, cccIm, tRe, tIm, ccRe, ccIm)
		cRe, cIm := multiplyAdd(ccRe, ccIm, tRe, tIm, qRe, qIm)
		wcRe, wcIm = multiplyAdd(wccRe, wccIm, tRe, tIm, wcRe, wcIm)
		wcRe, wcIm = multiplyAdd(wwcRe, wwcIm, wRe, wIm, wcRe, wcIm)
		cRe, cIm = multiplyAdd(wcRe, wcIm, wRe, wIm, cRe, cIm) // dd'/dt
		yRe, yIm = multiplyAdd(wwwRe, wwwIm, wRe, wIm, yRe, yIm)
		aRe, aIm := multiplyAdd(yRe, yIm, wRe, wIm, hRe, hIm) // dd'/dw
		p.slopeRe, p.slopeIm = product(aRe, aIm, p.slopeRe, p.slopeIm)
		p.slopeRe, p.slopeIm = math.FMA(cRe, stepSize, p.slopeRe), math.FMA(cIm, stepSize, p.slopeIm)
	}
	qRe, qIm = product(qRe, qIm, tRe, tIm)
	p.dRe, p.dIm = multiplyAdd(hRe, hIm, wRe, wIm, qRe, qIm)
}

// multiplyAdd returns a*b + c of complex numbers.
func multiplyAdd(aRe, aIm, bRe, bIm, cRe, cIm float64) (re, im float64) {
	return math.FMA(aRe, bRe, math.FMA(-aIm, bIm, cRe)), math.FMA(aRe, bIm, math.FMA(aIm, bRe, cIm))
}

// test finds whether a point that has moved has an outcome, the bailout test first, and rebases it: a point that is nearer to
// 0 than to the reference, or at the reference's end, goes on beside its beginning with d = z, since z_0 is 0 (Zhuoran,
// fractalforums.org, 2021). Without that z_m + d would cancel, and what is left of it be rounding: a glitch (Pauldelbrot,
// fractalforums.com, 2014). A look after every move is enough, because at all elements that a skip passes |d| is below
// reach of |z|.
func (f *follower) test(p *point, end int64) outcome {
	e := &f.table.elements[p.m]
	zRe, zIm := e.re+p.dRe, e.im+p.dIm
	z2 := math.FMA(zRe, zRe, float64(zIm*zIm))
	d2 := math.FMA(p.dRe, p.dRe, float64(p.dIm*p.dIm))
	p.moves++
	if z2 > f.radius2 {
		p.zRe, p.zIm = zRe, zIm
		return escaped
	}
	if z2 < d2 || p.m == end {
		p.dRe, p.dIm, p.m, d2 = zRe, zIm, 0, z2
	}
	if p.n >= f.limit || (p.dRe == p.savedRe && p.dIm == p.savedIm && p.m == p.savedM) {
		return inside
	}
	if p.moves == p.save {
		p.savedRe, p.savedIm, p.savedM, p.save = p.dRe, p.dIm, p.m, 2*p.save
	}
	if d2 < f.least2 {
		return tooNear
	}
	return moving
}
