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

	zRe, zIm float64 // where it escapes
	outcome  outcome
	// The slope of z in c, per pixel, if the point is traced.
	traced           bool
	slopeRe, slopeIm float64

	index              int     // in its batch
	offsetRe, offsetIm float64 // from the reference, in pixels
	near               near    // of deep views: where it is while d is out of range
}

// begin puts the point beside the reference's beginning, after so many steps.
func (p *point) begin(q near, n int64, apart bool) {
	q.n = n
	p.near, p.save, p.savedM = q, 1, -1
	p.settle(q, apart)
}

// settle takes over a place whose numbers are in range.
func (p *point) settle(q near, apart bool) {
	p.dRe, p.dIm = q.d.Float64()
	if !apart {
		p.cRe, p.cIm = q.c.Float64()
	}
	p.m, p.n = int64(q.m), q.n
	p.slopeRe, p.slopeIm = q.slope.Float64()
}

// outcome says why a point is not followed any further.
type outcome int64

const (
	moving  outcome = iota
	escaped         // at n, with z
	inside          // it has made all steps, or repeats
	tooNear         // d is below 2^leastDifference
)

// walker holds what following takes besides the point.
type walker struct {
	track    *track
	limit    int64   // steps
	radius2  float64 // squared escape radius
	least2   float64 // squared least d, 0 if there is none
	stepSize float64 // of a pixel, for slopes; 0 where it underflows
	apart    bool    // dc counts for nothing while differences are in range; that of points is 0 then, and stepSize
}

// pollMoves is the number of moves between two looks at the context: a point makes so many in less than a millisecond.
const pollMoves = 1 << 15

// followEach moves all points on, one after the other, until they have an outcome.
func (w *walker) followEach(ctx context.Context, points []point) error {
	moves := 0
	for i := range points {
		p := &points[i]
		for p.outcome = moving; p.outcome == moving; {
			before := p.moves
			p.outcome = w.follow(p, pollMoves)
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

// follow moves a point on until it has an outcome, or has made so many moves.
func (w *walker) follow(p *point, moves int) outcome {
	elements := w.track.elements
	end := int64(len(elements) - 1)
	for range moves {
		e := &elements[p.m]
		// w = d * (2*z + d)
		sRe, sIm := e.re+e.re+p.dRe, e.im+e.im+p.dIm
		wRe := math.FMA(p.dRe, sRe, -float64(p.dIm*sIm))
		wIm := math.FMA(p.dRe, sIm, float64(p.dIm*sRe))
		size := max(math.Abs(wRe), math.Abs(wIm))
		if l := w.longest(e, size, w.limit-p.n); l != nil {
			p.skip(l, wRe, wIm, sRe, sIm, w.stepSize)
		} else {
			if p.traced {
				p.turn(sRe, sIm)
				p.slopeRe += w.stepSize
			}
			p.dRe, p.dIm = wRe+p.cRe, wIm+p.cIm
			p.m++
			p.n++
		}
		if out := w.judge(p, end); out != moving {
			return out
		}
	}
	return moving
}

// longest returns the longest link of an element that is valid for a w of that size and has at most so many steps, or nil.
func (w *walker) longest(e *element, size float64, steps int64) *link {
	if !(size < e.first.bound()) {
		return nil
	}
	links, first := w.track.links, e.first.number()
	at := first
	for size < links[at].next.bound() {
		at++
	}
	for ; int64(links[at].next.number()) > steps; at-- {
		if at == first {
			return nil
		}
	}
	return &links[at]
}

// turn multiplies the slope by 2*(z + d), given 2*z + d.
func (p *point) turn(sRe, sIm float64) {
	re, im := sRe+p.dRe, sIm+p.dIm
	p.slopeRe, p.slopeIm = math.FMA(re, p.slopeRe, -float64(im*p.slopeIm)), math.FMA(re, p.slopeIm, float64(im*p.slopeRe))
}

// skip makes the steps of a link.
func (p *point) skip(l *link, wRe, wIm, sRe, sIm, stepSize float64) {
	// h = a + b*w
	hRe := math.FMA(l.bRe, wRe, math.FMA(-l.bIm, wIm, l.aRe))
	hIm := math.FMA(l.bRe, wIm, math.FMA(l.bIm, wRe, l.aIm))
	if p.traced {
		p.turn(sRe, sIm)
		// a + 2*b*w
		gRe, gIm := hRe+hRe-l.aRe, hIm+hIm-l.aIm
		re := math.FMA(gRe, p.slopeRe, -float64(gIm*p.slopeIm))
		im := math.FMA(gRe, p.slopeIm, float64(gIm*p.slopeRe))
		p.slopeRe, p.slopeIm = math.FMA(l.cRe, stepSize, re), math.FMA(l.cIm, stepSize, im)
	}
	// d' = h*w + c*dc
	cRe := math.FMA(l.cRe, p.cRe, -float64(l.cIm*p.cIm))
	cIm := math.FMA(l.cRe, p.cIm, float64(l.cIm*p.cRe))
	p.dRe = math.FMA(hRe, wRe, math.FMA(-hIm, wIm, cRe))
	p.dIm = math.FMA(hRe, wIm, math.FMA(hIm, wRe, cIm))
	p.m += int64(l.next.number())
	p.n += int64(l.next.number())
}

// judge finds whether a point that has moved has an outcome. A point that is nearer to 0 than to the reference, or at
// its end, goes on beside its beginning.
func (w *walker) judge(p *point, end int64) outcome {
	e := &w.track.elements[p.m]
	zRe, zIm := e.re+p.dRe, e.im+p.dIm
	z2 := math.FMA(zRe, zRe, float64(zIm*zIm))
	d2 := math.FMA(p.dRe, p.dRe, float64(p.dIm*p.dIm))
	if z2 > w.radius2 {
		p.zRe, p.zIm = zRe, zIm
		return escaped
	}
	if z2 < d2 || p.m == end {
		p.dRe, p.dIm, p.m, d2 = zRe, zIm, 0, z2
	}
	if p.n >= w.limit || (p.dRe == p.savedRe && p.dIm == p.savedIm && p.m == p.savedM) {
		return inside
	}
	if p.moves++; p.moves == p.save {
		p.savedRe, p.savedIm, p.savedM, p.save = p.dRe, p.dIm, p.m, 2*p.save
	}
	if d2 < w.least2 {
		return tooNear
	}
	return moving
}
