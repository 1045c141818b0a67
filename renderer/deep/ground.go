package deep

import (
	"context"
	"math"
	"sync"
	"time"

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

// Estimate is the time that the view's reference takes one thread if it has as many steps as the limit: two products of
// so many words each, whose cost grows with the power log2(3) of their length (Karatsuba), and a fixed part. It is that of
// a core of 2023 and right within a factor of two.
func (v View) Estimate() time.Duration {
	const fixed, word, power = 150, 2.4, 1.585 // nanoseconds
	words := float64(Bits(v.Bound)) / 64
	each := fixed + 2*word*math.Pow(words, power)*(1+8/words)
	return time.Duration(math.Min(each*float64(v.MaxIterations), math.MaxInt64/2))
}

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
	g.walker = walker{track: t, limit: int64(v.MaxIterations), radius2: v.Radius2, apart: v.Bound.Exp < leastOffset}
	if !g.walker.apart {
		g.walker.stepSize = v.Step.Float64()
	}
	if g.deep {
		g.walker.least2 = math.Ldexp(1, 2*leastDifference)
	}
	return g
}

// exponentBits is a mantissa's length: what is that far below the difference between pixels does not count.
const exponentBits = 53

// Run follows the points of a batch, given as distances from the middle of the view in pixels, as the kernels of package
// escape do. Gradients are per pixel. It returns the cause of ctx's end, soon after it ends, and leaves the batch half
// done then.
func (g *Ground) Run(ctx context.Context, b escape.Batch) error {
	w := works.Get().(*work) //nolint:forcetypeassert // holds nothing else
	defer works.Put(w)
	for start := 0; start < len(b.Re); start += workSize {
		if err := g.run(ctx, w, b.Part(start, min(start+workSize, len(b.Re)))); err != nil {
			return err
		}
	}
	return nil
}

// workSize is the number of points of a work.
const workSize = 2048

// work is the memory that following takes.
type work struct {
	core   *escape.Batch
	points [workSize]point
}

var works = sync.Pool{New: func() any { return &work{core: escape.NewBatch(workSize)} }} //nolint:gochecknoglobals // a cache that no result depends on

func (g *Ground) run(ctx context.Context, w *work, b escape.Batch) error {
	points, err := g.enlist(ctx, w, b)
	if err != nil {
		return err
	}
	for len(points) > 0 {
		if points, err = g.approach(ctx, points); err != nil {
			return err
		}
		if err := g.walker.followAll(ctx, points); err != nil {
			return err
		}
		points = record(b, points)
	}
	return nil
}

// enlist turns the pixels of a batch into points, without those that the core shows to be inside.
func (g *Ground) enlist(ctx context.Context, w *work, b escape.Batch) ([]point, error) {
	traced := b.GradX != nil
	for i := range b.Re {
		re, im := b.Re[i]+g.view.OffsetRe, b.Im[i]+g.view.OffsetIm
		w.points[i] = point{index: i, offsetRe: re, offsetIm: im, traced: traced}
		b.Count[i] = 0
	}
	points := w.points[:len(b.Re)]
	if g.core == nil {
		for i := range points {
			points[i].begin(g.start(&points[i], wide.New(0, 0, 0), wide.New(0, 0, 0)), 0, g.walker.apart)
		}
		return points, nil
	}
	all := w.core.Traced()
	c := all.Part(0, len(b.Re))
	for i := range points {
		c.Re[i], c.Im[i] = g.core.place(points[i].offsetRe, points[i].offsetIm)
	}
	if err := g.core.run(ctx, c); err != nil {
		return nil, err
	}
	kept := 0
	for i, count := range c.Count {
		if count == 0 {
			continue
		}
		if err := context.Cause(ctx); traced && err != nil { // a slope takes as many steps as the point made
			return nil, err
		}
		p := &points[kept]
		*p = points[i]
		d := wide.New(c.ZX[i], c.ZY[i], 0).Mul(g.core.inverse)
		slope := wide.New(0, 0, 0)
		if traced {
			re, im := g.core.slope(c.Re[i], c.Im[i], count)
			slope = wide.New(re, im, 0).Mul(g.core.perPixel)
		}
		p.begin(g.start(p, d, slope), int64(count)*int64(g.core.length), g.walker.apart)
		kept++
	}
	return points[:kept], nil
}

// start returns a point beside the reference's beginning.
func (g *Ground) start(p *point, d, slope wide.Complex) near {
	step := g.view.Step
	return near{d: d, c: wide.New(float64(p.offsetRe*step.M), float64(p.offsetIm*step.M), step.Exp), slope: slope}
}

// record writes how the points that have escaped did so, and returns those that are to be followed further.
func record(b escape.Batch, points []point) []point {
	kept := 0
	for i := range points {
		p := &points[i]
		switch p.outcome {
		case escaped:
			p.record(b)
		case tooNear:
			points[kept] = *p
			points[kept].near = near{
				d: wide.New(p.dRe, p.dIm, 0), c: p.near.c, m: int(p.m), n: p.n, slope: wide.New(p.slopeRe, p.slopeIm, 0),
			}
			kept++
		case inside, moving:
		}
	}
	return points[:kept]
}

// record writes how a point escapes.
func (p *point) record(b escape.Batch) {
	b.Count[p.index] = int32(p.n) //nolint:gosec // at most the limit
	norm2 := math.FMA(p.zRe, p.zRe, float64(p.zIm*p.zIm))
	b.Norm2[p.index] = norm2
	if !p.traced {
		return
	}
	b.ZX[p.index], b.ZY[p.index] = p.zRe, p.zIm
	size := math.Sqrt(norm2)
	re, im := p.zRe/size, p.zIm/size
	b.GradX[p.index] = float64(re*p.slopeRe) + float64(im*p.slopeIm)
	b.GradY[p.index] = float64(im*p.slopeRe) - float64(re*p.slopeIm)
}
