package deep

import (
	"context"
	"math"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// directPart is what points go by z^2 + c, without a reference, tables and gathers, in the vectors of package escape. Once they are
// steep double precision tells where they go as well as anything, and a series takes them there from the beginning. A point that
// comes so close to 0 that it would be flat goes on beside the reference, until it is steep again.
type directPart struct {
	series   *series
	cRe, cIm float64 // of the reference
	step     float64 // distance between pixels
	climbs   bool    // points that are flat climb beside the reference, instead of going on there to the end
	kernel   escape.Kernel
}

// leastSlope is how steep a point has to be, per pixel, for double precision. A step is off by some 2^-53, which then is 2^-21 of
// a pixel: half of what it is without a reference where pixels are 2^-33 apart. A series that does not end leastRise of
// that is of no use: its points would soon be flat again.
const (
	leastSlope = 0x1p-32
	leastRise  = 8
)

// farthestCentre bounds the parts of c: orbits of others are outside at once.
const farthestCentre = 4

// landingMoves are those that take as long as coming down beside the reference, and up again.
const landingMoves = 12

// leastDirect is the exponent of pixels below which there is no series: its coefficients are double precision.
const leastDirect = -250

// newDirectPart returns that of a view, or nil if it has none.
func newDirectPart(v View, r *Reference) *directPart {
	if v.Step.Exp < leastDirect || r.Len() == 0 || larger(complex(r.Re[1], r.Im[1])) > farthestCentre {
		return nil
	}
	d := &directPart{cRe: r.Re[1], cIm: r.Im[1], step: v.Step.Float64()}
	d.series = newSeries(r, d.step, v.Bound.Float64(), v.MaxIterations-1)
	if d.series == nil {
		return nil
	}
	d.kernel = escape.Kernel{Formula: escape.Mandelbrot, MaxIterations: v.MaxIterations, Radius2: v.Radius2}
	return d
}

// throughDirect follows points from the beginning directly as long as they are steep, writes those that escape, and returns those
// that are to be followed beside the reference.
func (p *Perturbation) throughDirect(ctx context.Context, b escape.Batch, w *work, points []point) ([]point, error) {
	p.ride(points)
	rest := w.rest[:0]
	for len(points) > 0 {
		flat, err := p.resume(ctx, b, w.orbits.First(len(points)), points)
		if err != nil {
			return nil, err
		}
		if p.direct.climbs {
			if err := p.follower.climbAll(ctx, flat); err != nil {
				return nil, err
			}
		}
		points, rest = p.sortOut(b, flat, rest)
	}
	return rest, nil
}

// ride takes points that begin to the end of the series.
func (p *Perturbation) ride(points []point) {
	for i := range points {
		q := &points[i]
		z, slope := p.direct.series.at(q.offsetRe, q.offsetIm)
		q.n = int64(p.direct.series.steps)
		q.zRe, q.zIm, q.slopeRe, q.slopeIm = real(z), imag(z), real(slope), imag(slope)
	}
}

// sortOut writes the points that have escaped in a climb, moves those that are steep up and returns them, and appends those to rest that go on
// beside the reference. The latter are those that have not come up, without those that are known to be inside.
func (p *Perturbation) sortOut(b escape.Batch, points, rest []point) (up, all []point) {
	kept := 0
	var effort escape.Effort
	for i := range points {
		q := points[i]
		effort.Moves += q.moves
		q.counted = q.moves
		q.traced = b.GradX != nil
		if q.outcome == escaped {
			p.writeEnd(b, &q, math.FMA(q.zRe, q.zRe, float64(q.zIm*q.zIm)))
		}
		if q.outcome == escaped || q.outcome == inside {
			continue
		}
		e := &p.follower.table.elements[q.m]
		q.zRe, q.zIm = e.re+q.dRe, e.im+q.dIm
		if q.outcome == steep {
			q.earlier, q.moves = q.earlier+q.moves, 0
			points[kept] = q
			kept++
			continue
		}
		if p.direct.climbs {
			effort.Moves += attractedMoves
			if attracted(q.zRe, q.zIm, p.direct.cRe+q.cRe, p.direct.cIm+q.cIm, stepBlur) {
				continue
			}
		}
		rest = append(rest, q)
	}
	b.Effort.Add(effort)
	return points[:kept], rest
}

// resume follows points that are steep until they escape or are flat, writes the former, and moves the latter up, beside the
// reference's beginning, and returns them.
func (p *Perturbation) resume(ctx context.Context, b escape.Batch, o *escape.Orbits, points []point) ([]point, error) {
	limit := int64(p.view.MaxIterations)
	least := limit
	o.Effort = b.Effort
	for i := range points {
		q := &points[i]
		least = min(least, q.n)
		o.X[i], o.Y[i], o.CX[i], o.CY[i] = q.zRe, q.zIm, p.direct.cRe+q.cRe, p.direct.cIm+q.cIm
		o.SlopeRe[i], o.SlopeIm[i] = q.slopeRe, q.slopeIm
	}
	k := p.direct.kernel
	k.MaxIterations = int(limit - least)
	watch := escape.Watch{LeastSlope: leastSlope, Unit: p.direct.step, Traced: b.GradX != nil}
	if err := k.Resume(ctx, o, watch); err != nil {
		return nil, err
	}
	if b.Doubt != nil {
		if err := blurAll(ctx, o, points, b.Effort); err != nil {
			return nil, err
		}
	}
	return p.land(b, o, points), nil
}

// land gives points what has become of them.
func (p *Perturbation) land(b escape.Batch, o *escape.Orbits, points []point) []point {
	limit, kept := int64(p.view.MaxIterations), 0
	for i, count := range o.Count {
		q := points[i]
		q.zRe, q.zIm, q.slopeRe, q.slopeIm = o.EndX[i], o.EndY[i], o.EndSlopeRe[i], o.EndSlopeIm[i]
		switch n := q.n + int64(o.Steps[i]); {
		case count > 0 && q.n+int64(count) <= limit:
			q.n += int64(count)
			p.writeEnd(b, &q, o.Norm2[i])
		case count == escape.Flat && n < limit:
			q.begin(p.start(&q, wide.New(q.zRe, q.zIm, 0), wide.New(q.slopeRe, q.slopeIm, 0)), n, false)
			q.traced, q.outcome = true, moving
			points[kept] = q
			kept++
		}
	}
	b.Effort.Add(escape.Effort{Moves: landingMoves * int64(kept)})
	return points[:kept]
}
