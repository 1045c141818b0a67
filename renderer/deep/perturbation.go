package deep

import (
	"context"
	"math"

	"mandelfarm/renderer/escape"
	"mandelfarm/renderer/wide"
)

// Perturbation is the engine of a view: its reference orbit with the tables that following the view's points by their
// differences to it takes. It does not change; goroutines share it.
type Perturbation struct {
	view     View
	follower follower
	core     *core           // nil where there is none
	direct   *directPart     // the same
	main     *mainComponents // the same
	stepSize float64         // of a pixel
	span     float64         // pixels from the reference to the farthest point
	deep     bool            // differences may be too small for float64, so that points are wide numbers at their beginning
}

// NewPerturbation computes the tables of a view from its reference.
func NewPerturbation(v View, r *Reference) *Perturbation {
	p := &Perturbation{view: v, deep: v.Step.Exp < leastDifference-2*exponentBits}
	t := newTable(r, v.Bound, p.deep)
	p.core = newCore(t, r.Period > 0, v.Step, v.Bound, v.MaxIterations)
	p.follower = follower{table: t, limit: int64(v.MaxIterations), radius2: v.Radius2, apart: v.Bound.Exp < leastOffset}
	if !p.follower.apart {
		p.follower.stepSize = v.Step.Float64()
	}
	p.main, p.stepSize, p.span = newMainComponents(v), v.Step.Float64(), v.Bound.Quo(v.Step).Float64()
	if p.core == nil {
		p.direct = newDirectPart(v, r)
	}
	if p.direct != nil {
		p.chooseDirect()
	}
	if p.deep {
		p.follower.least2 = math.Ldexp(1, 2*leastDifference)
	}
	return p
}

// exponentBits is a mantissa's length: what is so far below the difference between pixels does not count. A view is deep
// whose pixels are 2^-506 apart and less, twice that below leastDifference. In coarser ones a w that underflows, below
// 2^-1022, is less than 2^-500 of the dc that is added to it, so that nobody misses it.
const exponentBits = 53

// At returns the perturbation of another view, which differs from this one's in nothing but where its middle is: so many
// pixels from the reference. The tables are the same, because they depend on the bound alone.
func (p *Perturbation) At(offsetRe, offsetIm float64) *Perturbation {
	moved := *p
	moved.view.OffsetRe, moved.view.OffsetIm = offsetRe, offsetIm
	return &moved
}

// Run follows the points of a batch, given as distances from the middle of the view in pixels, as the kernels of package
// escape do. Gradients are per pixel. It returns the cause of ctx's end, soon after it ends, and leaves the batch half
// done then.
func (p *Perturbation) Run(ctx context.Context, b escape.Batch) error {
	w := newWork()
	defer w.free()
	for start := 0; start < len(b.Re); start += workSize {
		if err := p.run(ctx, w, b.Part(start, min(start+workSize, len(b.Re)))); err != nil {
			return err
		}
	}
	return nil
}

// workSize is the number of points of a work: a chunk of package escape, whose kernel iterates the core. More would keep lanes
// and packets full for longer, at the cost of memory that no longer fits a core's cache.
const workSize = 2048

// work is the memory that following takes, about a megabyte. It is kept for the next batch: clearing it takes longer than a
// small one.
type work struct {
	core   *escape.Batch
	orbits *escape.Orbits
	points [workSize]point
	rest   [workSize]point // those that are not followed directly to the end
}

// works are those that nobody takes, as many as threads may follow points at a time. A pool of package sync is emptied by the garbage collector, and
// drops a quarter of what it is given under the race detector, which takes longer to clear one than to follow a few points.
var works = make(chan *work, 64) //nolint:gochecknoglobals // a cache that no result depends on

func newWork() *work {
	select {
	case w := <-works:
		return w
	default:
		return &work{core: escape.NewBatch(workSize), orbits: escape.NewOrbits()}
	}
}

// free keeps a work for others.
func (w *work) free() {
	select {
	case works <- w:
	default:
	}
}

// run follows the points of a part: in the core, then in wide numbers, then in double precision. A point whose difference
// becomes too small for float64 comes back as a wide number, and begins the round again from where it is.
func (p *Perturbation) run(ctx context.Context, w *work, b escape.Batch) error {
	w.core.Effort = b.Effort // the core's points are the batch's
	points, err := p.enlist(ctx, w, b)
	if err != nil {
		return err
	}
	for len(points) > 0 {
		if points, err = p.followWide(ctx, points, b.Effort); err != nil {
			return err
		}
		if err := p.follower.followAll(ctx, points); err != nil {
			return err
		}
		points = p.write(b, points)
	}
	if b.Doubt != nil {
		return p.prove(ctx, b)
	}
	return nil
}

// enlist turns the pixels of a batch into points, without those that are known to be inside. Counts are 0 from the beginning,
// so that points which are inside need no writing.
func (p *Perturbation) enlist(ctx context.Context, w *work, b escape.Batch) ([]point, error) {
	points := p.points(w, b)
	switch {
	case p.core != nil:
		return p.throughCore(ctx, w.core, points)
	case p.direct != nil:
		return p.throughDirect(ctx, b, w, points)
	}
	return points, nil
}

// points returns the points of a batch beside the reference's beginning, but for those in the main components.
func (p *Perturbation) points(w *work, b escape.Batch) []point {
	traced, zero, kept := b.GradX != nil, wide.New(0, 0, 0), 0
	for i := range b.Re {
		b.Count[i] = 0
		re, im := b.Re[i]+p.view.OffsetRe, b.Im[i]+p.view.OffsetIm
		if p.main != nil && p.main.contain(float64(re*p.stepSize), float64(im*p.stepSize)) {
			continue
		}
		q := &w.points[kept]
		*q = point{index: i, offsetRe: re, offsetIm: im, traced: traced}
		q.begin(p.start(q, zero, zero), 0, p.follower.apart)
		kept++
	}
	return w.points[:kept]
}

// throughCore iterates points in the core until they leave it, and returns those that do, as they are then: with u = a*d
// the core's number, and its derivative in turns of the chain rule, dd/dpixel = (du/dC) * (dC/dpixel) / a.
func (p *Perturbation) throughCore(ctx context.Context, memory *escape.Batch, points []point) ([]point, error) {
	all := memory.Traced()
	c := all.Part(0, len(points))
	for i := range points {
		c.Re[i], c.Im[i] = p.core.place(points[i].offsetRe, points[i].offsetIm)
	}
	if err := p.core.run(ctx, c); err != nil {
		return nil, err
	}
	kept := 0
	for i, count := range c.Count {
		if count == 0 {
			continue
		}
		from := points[i]
		if err := context.Cause(ctx); from.traced && err != nil { // a slope takes as many steps as the point made
			return nil, err
		}
		d := wide.New(c.ZX[i], c.ZY[i], 0).Mul(p.core.inverse)
		slope := wide.New(0, 0, 0)
		if from.traced {
			memory.Effort.Add(escape.Effort{Traced: int64(count)})
			re, im := p.core.slope(c.Re[i], c.Im[i], count)
			slope = wide.New(re, im, 0).Mul(p.core.perPixel)
		}
		points[kept] = from
		points[kept].earlier = int64(count)
		points[kept].begin(p.start(&from, d, slope), int64(count)*int64(p.core.stepLength), p.follower.apart)
		kept++
	}
	return points[:kept], nil
}

// start returns a point beside the reference's beginning. Its dc is a pixel's distance times a count of pixels, so that only
// one product is rounded, whatever the exponent of the view.
func (p *Perturbation) start(q *point, d, slope wide.Complex) widePoint {
	step := p.view.Step
	return widePoint{d: d, c: wide.New(float64(q.offsetRe*step.M), float64(q.offsetIm*step.M), step.Exp), slope: slope}
}

// write writes how the points that have escaped did so, and returns those that are to be followed further, as wide numbers: they
// have come too near the reference for float64.
func (p *Perturbation) write(b escape.Batch, points []point) []point {
	kept := 0
	var effort escape.Effort
	for i := range points {
		q := &points[i]
		effort.Moves += q.moves - q.counted
		q.counted = q.moves
		switch q.outcome {
		case escaped:
			p.writeEnd(b, q, math.FMA(q.zRe, q.zRe, float64(q.zIm*q.zIm)))
		case tooNear:
			points[kept] = *q
			points[kept].wide = widePoint{
				d: wide.New(q.dRe, q.dIm, 0), c: q.wide.c, m: int(q.m), n: q.n, slope: wide.New(q.slopeRe, q.slopeIm, 0),
			}
			kept++
		case inside, moving, steep:
		}
	}
	b.Effort.Add(effort)
	return points[:kept]
}

// writeEnd writes how a point escapes, given |z|^2. The gradient of |z| is the conjugate of dz/dc times z/|z|, as package escape has it.
func (p *Perturbation) writeEnd(b escape.Batch, q *point, norm2 float64) {
	b.Count[q.index] = int32(q.n) //nolint:gosec // at most the limit
	b.Norm2[q.index] = norm2
	if b.Doubt != nil {
		b.Doubt[q.index] = p.doubt(q)
	}
	if !q.traced {
		return
	}
	b.ZX[q.index], b.ZY[q.index] = q.zRe, q.zIm
	size := math.Sqrt(norm2)
	re, im := q.zRe/size, q.zIm/size
	b.GradX[q.index] = float64(re*q.slopeRe) + float64(im*q.slopeIm)
	b.GradY[q.index] = float64(im*q.slopeRe) - float64(re*q.slopeIm)
}
