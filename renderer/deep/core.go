package deep

import (
	"context"
	"math"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// core is the approximation terms (AT) of Imagina, ATInfo in FractalShark: the middle of a view that holds a periodic point,
// in the coordinates of which it is the plain Mandelbrot set. With the skip d' = a*d^2 + c*dc from the reference's beginning
// to its end z_N, and u = a*d, following a point round and round beside the reference is
//
//	u -> u^2 + a*(c*dc + z_N)
//
// as long as |d^2| is within the skip's linear bound. The term b*w^2 has no place in it, so the bound is narrower than a
// skip's; where it ends points are followed on by skips. At z_0 = 0 the first step's w is d^2, which makes the square.
//
// That a minibrot is a Mandelbrot set to such accuracy is A. Douady's and J. H. Hubbard's theory of polynomial-like maps, and
// a its scale: 1/(a*c) is the size that package nucleus computes.
type core struct {
	stepLength int     // steps of the reference in one of the core: its period
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
	coreResolution = -16 // the view's span in the core's c, beside its distance from 0: 37 bits are left for the pixels
	leastSteps     = 16  // of the core that are worth the kernel
)

// newCore returns the core of a table, or nil if there is none that is of use: without a period in the view, where less than
// two of them are within the limit, and where even the escape radius 2 of the core is outside its bound.
func newCore(t *table, period bool, step, bound wide.Real, limit int) *core {
	s := &t.core
	if !period || s.linear.M == 0 || s.a.Exp == wide.Zero {
		return nil
	}
	radius2 := s.a.Norm().Mul(s.a.Norm()).Mul(s.linear) // |u|^2 = |a|^2 * |d^2|
	slope, at := s.a.Mul(s.c), s.a.Mul(t.at(len(t.elements)-1))
	span := slope.Norm().Mul(bound)
	if limit < 2*s.length || radius2.Less(wide.NewReal(4, 0)) || max(span.Exp, at.Exp) > greatestCore || span.Exp < at.Exp+coreResolution {
		return nil
	}
	c := &core{stepLength: s.length, radius2: min(radius2.Float64(), math.Ldexp(1, greatestCore))}
	c.slopeRe, c.slopeIm = slope.MulReal(step).Float64()
	c.atRe, c.atIm = at.Float64()
	norm := s.a.Norm()
	c.inverse = wide.New(s.a.Re, -s.a.Im, s.a.Exp).MulReal(wide.NewReal(1, 0).Quo(norm.Mul(norm)))
	c.perPixel = slope.MulReal(step).Mul(c.inverse)
	c.kernel = escape.Kernel{
		// An even limit is what Ends asks for. Steps that are left over are made by skips.
		Formula: escape.Mandelbrot, MaxIterations: limit / s.length &^ 1, Radius2: c.radius2, Ends: true,
	}
	return c
}

// place returns the point of the core at a distance from the reference in pixels: a turn, a scale and a shift of the view, each
// part by two fused operations.
func (c *core) place(re, im float64) (x, y float64) {
	return math.FMA(re, c.slopeRe, math.FMA(-im, c.slopeIm, c.atRe)), math.FMA(re, c.slopeIm, math.FMA(im, c.slopeRe, c.atIm))
}

// run iterates a batch of points of the core. Afterwards ZX and ZY are u of all points whose Count is not 0, and Count
// is their steps; those with Count 0 are inside. A step that leads out of the bound is valid itself, since the bound is on
// the u before it.
func (c *core) run(ctx context.Context, b escape.Batch) error {
	limit := c.kernel.MaxIterations
	if limit >= leastSteps {
		if err := c.kernel.Run(ctx, b); err != nil {
			return err
		}
		for i, count := range b.Count {
			if count == escape.Unfinished {
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

// slope returns the derivative of u in its c after so many steps. The kernel has gradients for points that
// escape only, and here those are wanted that have made all its steps too.
func (c *core) slope(re, im float64, steps int32) (dRe, dIm float64) {
	x, y := 0.0, 0.0
	for range steps {
		dRe, dIm = 2*math.FMA(x, dRe, -float64(y*dIm))+1, 2*math.FMA(x, dIm, float64(y*dRe))
		x, y = math.FMA(x, x, math.FMA(-y, y, re)), math.FMA(x+x, y, im)
	}
	return dRe, dIm
}
