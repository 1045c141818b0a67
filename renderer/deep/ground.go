package deep

import (
	"context"
	"math"
	"sync"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/orbit"
	"mandelfarm/renderer/wide"
)

// View says which points are followed, and how far.
type View struct {
	Re, Im        string    // the reference's c, as decimals
	Step          wide.Real // distance between neighbouring pixels
	Bound         wide.Real // least upper bound on the distance of the view's points from the reference
	MaxIterations int
	Radius2       float64 // squared escape radius
	// OffsetRe and OffsetIm are where the middle of the view is from the reference, in pixels.
	OffsetRe, OffsetIm float64
}

// guardBits is how many bits a reference has below the view's bound: 2^18 pixels, and 2^-64 of a pixel for the errors of
// long orbits.
const guardBits = 18 + 64

// Bits returns the number of bits that the reference of a view with such a bound takes.
func Bits(bound wide.Real) int { return orbit.RoundBits(guardBits - bound.Exp) }

// Reference computes the view's reference.
func (v View) Reference(ctx context.Context, threads int) (*Reference, error) {
	bits := Bits(v.Bound)
	c, ok := orbit.Parse(v.Re, v.Im, bits)
	zero, _ := orbit.Parse("0", "0", bits)
	if !ok {
		panic("deep: the centre of a view is a pair of decimals")
	}
	return NewReference(ctx, orbit.Orbit{Start: zero, C: c, Bits: bits, Limit: v.MaxIterations, Threads: threads}, v.Bound)
}

// Ground is everything that following the points of a view takes. It does not change; goroutines share it.
type Ground struct {
	view   View
	walker walker
	core   *core
	deep   bool
}

// NewGround computes the tables of a view from its reference.
func NewGround(v View, r *Reference) *Ground {
	g := &Ground{view: v, deep: v.Step.Exp < leastDifference-2*exponentBits}
	t := newTrack(r, v.Bound, g.deep)
	g.core = newCore(t, r.Period > 0, v.Step, v.Bound, v.MaxIterations)
	g.walker = walker{track: t, limit: int64(v.MaxIterations), radius2: v.Radius2, stepSize: v.Step.Float64()}
	if g.deep {
		g.walker.least2 = math.Ldexp(1, 2*leastDifference)
	}
	return g
}

// exponentBits is a mantissa's length: what is that far below the difference between pixels does not count.
const exponentBits = 53

// Run follows the points of a batch that was traced, given as pixels from the middle of the view. Gradients, if wanted,
// are per pixel.
func (g *Ground) Run(ctx context.Context, b escape.Batch, gradients bool) error {
	w := works.Get().(*work) //nolint:forcetypeassert // holds nothing else
	defer works.Put(w)
	for start := 0; start < len(b.Re); start += workSize {
		if err := g.run(ctx, w, b.Part(start, min(start+workSize, len(b.Re))), gradients); err != nil {
			return err
		}
	}
	return nil
}

// workSize is the number of points of a work.
const workSize = 2048

// work is the memory that following takes: the points' places before they are turned into others.
type work struct {
	re, im [workSize]float64
}

var works = sync.Pool{New: func() any { return new(work) }} //nolint:gochecknoglobals // a cache that no result depends on

func (g *Ground) run(ctx context.Context, w *work, b escape.Batch, gradients bool) error {
	for i := range b.Re {
		w.re[i], w.im[i] = b.Re[i]+g.view.OffsetRe, b.Im[i]+g.view.OffsetIm
	}
	if g.core != nil {
		copy(b.Re, w.re[:])
		copy(b.Im, w.im[:])
		g.core.place(b)
		if err := g.core.run(ctx, b); err != nil {
			return err
		}
	}
	for i := range b.Re {
		if i%pollPoints == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := g.follow(ctx, w, b, i, gradients); err != nil {
			return err
		}
	}
	return nil
}

const pollPoints = 16
const pollMoves = 1 << 16

func (g *Ground) follow(ctx context.Context, w *work, b escape.Batch, i int, gradients bool) error {
	step := g.view.Step
	c := wide.New(float64(w.re[i]*step.M), float64(w.im[i]*step.M), step.Exp)
	q := near{d: wide.New(0, 0, 0), c: c, slope: wide.New(0, 0, 0)}
	if g.core != nil {
		if b.Count[i] == 0 {
			return nil
		}
		q.n = int64(b.Count[i]) * int64(g.core.length)
		q.d = wide.New(b.ZX[i], b.ZY[i], 0).Mul(g.core.inverse)
		if gradients {
			re, im := g.core.slope(b.Re[i], b.Im[i], b.Count[i])
			q.slope = wide.New(re, im, 0).Mul(wide.New(g.core.slopeRe, g.core.slopeIm, 0)).Mul(g.core.inverse)
		}
	}
	b.Count[i] = 0
	var p point
	p.cRe, p.cIm = c.Float64()
	p.save = 1
	p.traced = gradients
	for {
		if g.deep {
			if !g.walker.followNear(&q, step, gradients) {
				return nil
			}
		}
		p.dRe, p.dIm = q.d.Float64()
		p.m, p.n = int64(q.m), q.n
		p.slopeRe, p.slopeIm = q.slope.Float64()
		for {
			out := g.walker.follow(&p, pollMoves)
			switch out {
			case moving:
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				continue
			case inside:
				return nil
			case escaped:
				b.Count[i] = int32(p.n)
				b.ZX[i], b.ZY[i] = p.zRe, p.zIm
				b.Norm2[i] = math.FMA(p.zRe, p.zRe, float64(p.zIm*p.zIm))
				if gradients {
					size := math.Sqrt(b.Norm2[i])
					re, im := p.zRe/size, p.zIm/size
					b.GradX[i] = float64(re*p.slopeRe) + float64(im*p.slopeIm)
					b.GradY[i] = float64(im*p.slopeRe) - float64(re*p.slopeIm)
				}
				return nil
			case close:
				q.d, q.m, q.n = wide.New(p.dRe, p.dIm, 0), int(p.m), p.n
				q.slope = wide.New(p.slopeRe, p.slopeIm, 0)
			}
			break
		}
	}
}
