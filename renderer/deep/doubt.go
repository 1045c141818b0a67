package deep

import (
	"context"
	"math"

	"mandelfarm/renderer/escape"
)

// What moves may be off by, in pixels. A move beside the reference is off by tolerance of the span at its rim, the pixels from the reference to the farthest
// point of the view. Points that make few moves are at the rim of few: at random places of the boundary their moves are off by a thousandth of that on average. Those that wind around for thousands of moves are
// at the rim of all of them, since dc is what bounds those. So moves count in full from windingMoves on, doubly at twice as many, and less in proportion below. This is no theorem: make decided measures
// whether it is enough.
const (
	windingMoves = 1 << 13
	mostWinding  = 2
)

// longer is how many times as long moves by jets may be as those by skips, each of which counts as so many: what they leave out is of the same size, and was
// left out at each of so many rims.
const longer = 4

// doubt is how many pixels a point that escapes may be beside where it should be.
func (p *Perturbation) doubt(q *point) float64 {
	n := float64(q.earlier + q.moves + 1)
	if p.follower.table.mixed != nil {
		n *= longer
	}
	return float64(float64(tolerance*p.span)*float64(n*min(n/windingMoves, mostWinding))) + q.blur
}

// blurAll adds what the points of a direct way that do not stay are off by in the end of it, as it is told in pixels.
func blurAll(ctx context.Context, o *escape.Orbits, points []point, effort *escape.Effort) error {
	const rounding = 0x1p-52 // of where it begins, which is a sum
	for i, count := range o.Count {
		if count == 0 {
			continue
		}
		before := float64(points[i].blur*size(complex(o.SlopeRe[i], o.SlopeIm[i]))) + rounding
		blur, err := escape.Blur(ctx, o.X[i], o.Y[i], o.CX[i], o.CY[i], int(o.Steps[i]), before, effort)
		if err != nil {
			return err
		}
		points[i].blur = blur / size(complex(o.EndSlopeRe[i], o.EndSlopeIm[i]))
	}
	return nil
}

// proofsAtATime is the number of points between two looks at the context: a proof takes some microseconds.
const proofsAtATime = 1 << 6

// prove finds which of a batch's points that do not escape are certain to be inside.
func (p *Perturbation) prove(ctx context.Context, b escape.Batch) error {
	for i, count := range b.Count {
		if i%proofsAtATime == 0 {
			if err := context.Cause(ctx); err != nil {
				return err
			}
		}
		if count != 0 {
			continue
		}
		b.Doubt[i] = 0
		if !p.isInside(b.Re[i]+p.view.OffsetRe, b.Im[i]+p.view.OffsetIm, b.Effort) {
			b.Doubt[i] = math.Inf(1)
		}
	}
	return nil
}

// isInside reports whether it is certain that a point so many pixels from the reference is inside: by the main components and by cycles of the set, of c in double precision and whatever is next to
// it, or by those of the core.
func (p *Perturbation) isInside(re, im float64, effort *escape.Effort) bool {
	if p.core != nil {
		x, y := p.core.place(re, im)
		return escape.MainPeriod(x, y, coreMargin) > 0 || comesToCycle(x, y, coreBlur, effort)
	}
	cRe, cIm := float64(re*p.stepSize), float64(im*p.stepSize)
	if p.main != nil && p.main.contain(cRe, cIm) {
		return true
	}
	c := &p.follower.table.elements[1]
	return comesToCycle(c.re+cRe, c.im+cIm, stepBlur, effort)
}

// coreBlur is more than what a step of a core is off by where |u| and |C| are at most 2: a few tolerances of u^2 and C. coreMargin is more than that is to the polynomials of its main
// components, and plainMargin more than rounding is to those of the set: of c, which is off by 2^-53, and of the terms.
const (
	coreBlur    = 0x1p-25
	coreMargin  = 0x1p-16
	plainMargin = 0x1p-44
)

// IsInside reports whether it is certain that a point of the plane is inside the Mandelbrot set, and whatever is next to it in double precision.
func IsInside(re, im float64, effort *escape.Effort) bool {
	return escape.MainPeriod(re, im, plainMargin) > 0 || comesToCycle(re, im, stepBlur, effort)
}

// comesToCycle reports whether it is certain that the orbit of 0 does.
func comesToCycle(cRe, cIm, blurOfStep float64, effort *escape.Effort) bool {
	effort.Add(escape.Effort{Moves: attractedMoves})
	return attracted(0, 0, cRe, cIm, blurOfStep)
}
