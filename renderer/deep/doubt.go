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

// doubt is how many pixels a point that escapes may be beside where it should be.
func (p *Perturbation) doubt(q *point) float64 {
	n := float64(q.earlier + q.moves + 1)
	return float64(float64(tolerance*p.span)*float64(n*min(n/windingMoves, mostWinding))) + q.blur
}

// blurAll adds what the points of a direct way that do not stay are off by in the end of it, as it is told in pixels.
func blurAll(ctx context.Context, o *escape.Orbits, points []point) error {
	const rounding = 0x1p-52 // of where it begins, which is a sum
	for i, count := range o.Count {
		if count == 0 {
			continue
		}
		before := float64(points[i].blur*size(complex(o.SlopeRe[i], o.SlopeIm[i]))) + rounding
		blur, err := escape.Blur(ctx, o.X[i], o.Y[i], o.CX[i], o.CY[i], int(o.Steps[i]), before)
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
		if count == 0 && !p.isInside(b.Re[i]+p.view.OffsetRe, b.Im[i]+p.view.OffsetIm) {
			b.Doubt[i] = math.Inf(1)
		} else if count == 0 {
			b.Doubt[i] = 0
		}
	}
	return nil
}

// isInside reports whether it is certain that a point so many pixels from the reference is inside: by the main components and by cycles of the set, of c in double precision and whatever is next to
// it, or by those of the core.
func (p *Perturbation) isInside(re, im float64) bool {
	if p.core != nil {
		x, y := p.core.place(re, im)
		return inMain(x, y, coreMargin) || attracted(0, 0, x, y, coreBlur)
	}
	cRe, cIm := float64(re*p.stepSize), float64(im*p.stepSize)
	if p.main != nil && p.main.contain(cRe, cIm) {
		return true
	}
	c := &p.follower.table.elements[1]
	return attracted(0, 0, c.re+cRe, c.im+cIm, stepBlur)
}

// coreBlur is more than what a step of a core is off by where |u| and |C| are at most 2: a few tolerances of u^2 and C. coreMargin is more than that is to the polynomials of its main
// components, and plainMargin more than rounding is to those of the set: of c, which is off by 2^-53, and of the terms.
const (
	coreBlur    = 0x1p-25
	coreMargin  = 0x1p-16
	plainMargin = 0x1p-44
)

// inMain reports whether a point is in the main cardioid or in the disc of period 2 by such a margin.
func inMain(x, y, margin float64) bool {
	left, right, yy := x-0.25, x+1, float64(y*y)
	q := float64(left*left) + yy
	return float64(q*(q+left))-float64(0.25*yy) < -margin || float64(right*right)+yy < 0.0625-margin
}

// IsInside reports whether it is certain that a point of the plane is inside the Mandelbrot set, and whatever is next to it in double precision.
func IsInside(re, im float64) bool {
	return inMain(re, im, plainMargin) || attracted(0, 0, re, im, stepBlur)
}
