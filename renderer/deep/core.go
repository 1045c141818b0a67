package deep

import (
	"context"
	"math"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// core is the middle of a view that holds a periodic point, in the coordinates of which it is the plain Mandelbrot set:
// with the skip d' = a*d^2 + c*dc from the reference's beginning to its end z_N, and u = a*d, following a point round
// and round beside the reference is
//
//	u -> u^2 + a*(c*dc + z_N)
//
// as long as |d^2| is within the skip's linear bound (Imagina's "approximation by a plain Mandelbrot").
type core struct {
	length     int     // steps of the reference in one of the core
	slopeRe    float64 // c of the core per pixel
	slopeIm    float64
	atRe, atIm float64      // c of the core at the reference
	radius2    float64      // |u|^2 up to which a step is valid
	inverse    wide.Complex // 1/a
	perPixel   wide.Complex // d per pixel for a slope of 1 in the core
	kernel     escape.Kernel
}

// Bounds of a core's numbers, as exponents: squares must stay in range, and the c of the core must tell pixels apart.
const (
	greatestCore   = 400
	coreResolution = -16
	leastSteps     = 16 // of the core that are worth the kernel
)

// newCore returns the core of a track, or nil if there is none that is of use.
func newCore(t *track, period bool, step, bound wide.Real, limit int) *core {
	s := &t.core
	if !period || s.linear.M == 0 || s.a.Exp == wide.Zero {
		return nil
	}
	radius2 := s.a.Norm().Mul(s.a.Norm()).Mul(s.linear)
	slope, at := s.a.Mul(s.c), s.a.Mul(t.at(len(t.elements)-1))
	span := slope.Norm().Mul(bound)
	if limit < 2*s.length || radius2.Less(wide.NewReal(4, 0)) || max(span.Exp, at.Exp) > greatestCore || span.Exp < at.Exp+coreResolution {
		return nil
	}
	c := &core{length: s.length, radius2: min(radius2.Float64(), math.Ldexp(1, greatestCore))}
	c.slopeRe, c.slopeIm = slope.MulReal(step).Float64()
	c.atRe, c.atIm = at.Float64()
	norm := s.a.Norm()
	c.inverse = wide.New(s.a.Re, -s.a.Im, s.a.Exp).MulReal(wide.NewReal(1, 0).Quo(norm.Mul(norm)))
	c.perPixel = slope.MulReal(step).Mul(c.inverse)
	c.kernel = escape.Kernel{
		Formula: escape.Mandelbrot, MaxIterations: limit / s.length &^ 1, Radius2: c.radius2, Ends: true,
	}
	return c
}

// place returns the point of the core at a distance from the reference in pixels.
func (c *core) place(re, im float64) (x, y float64) {
	return math.FMA(re, c.slopeRe, math.FMA(-im, c.slopeIm, c.atRe)), math.FMA(re, c.slopeIm, math.FMA(im, c.slopeRe, c.atIm))
}

// run iterates a batch of points of the core. Afterwards ZX and ZY are u of all points whose Count is not 0, and Count
// is their steps; those with Count 0 are inside.
func (c *core) run(ctx context.Context, b escape.Batch) error {
	limit := c.kernel.MaxIterations
	if limit >= leastSteps {
		if err := c.kernel.Run(ctx, b); err != nil {
			return err
		}
		for i, count := range b.Count {
			if count == escape.Unsettled {
				b.Count[i] = int32(limit) //nolint:gosec // in 32 bits
			}
		}
		return nil
	}
	for i, re := range b.Re {
		im := b.Im[i]
		x, y, n := 0.0, 0.0, 0
		for n < limit && math.FMA(x, x, float64(y*y)) <= c.radius2 {
			x, y = math.FMA(x, x, math.FMA(-y, y, re)), math.FMA(x+x, y, im)
			n++
		}
		b.ZX[i], b.ZY[i], b.Count[i] = x, y, int32(n)
	}
	return nil
}

// slope returns the derivative of u in its c after so many steps.
func (c *core) slope(re, im float64, steps int32) (dRe, dIm float64) {
	x, y := 0.0, 0.0
	for range steps {
		dRe, dIm = 2*math.FMA(x, dRe, -float64(y*dIm))+1, 2*math.FMA(x, dIm, float64(y*dRe))
		x, y = math.FMA(x, x, math.FMA(-y, y, re)), math.FMA(x+x, y, im)
	}
	return dRe, dIm
}
