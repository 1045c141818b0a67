package renderer

import (
	"context"
	"math"
	"slices"

	"mandelfarm/renderer/deep"
	"mandelfarm/renderer/spec"
)

// The rule for Auto.
const (
	// The points that are followed: the centres of the pixels of a picture of this size at most, or, of cells of the
	// quadtree, of a square of the ancestor.
	probeWidth, probeHeight = 32, 18
	probeSide               = 64
	// leastAuto is the least limit.
	leastAuto = 1 << 10
	// probeTail is the part of the points that escape which the limit need not be right for: one in so many. They may
	// take any number of iterations right beside the boundary.
	probeTail = 128
	// The limit is the next power of two above so many times the count of the others. A cell is as little as a 256th of
	// what its ancestor shows, and may be as much nearer to the boundary.
	probeMargin, cellMargin = 1.5, 4
)

// probe returns the picture whose points decide on Auto.
func probe(s spec.Spec) spec.Spec {
	c, ok := s.Cell()
	if !ok {
		return plain(s, probeWidth, probeHeight)
	}
	ancestor := s.With(func(d *spec.Draft) {
		d.Center, d.Radius = c.Ancestor().View()
		d.Width, d.Height = probeSide, probeSide
	})
	return plain(ancestor, probeSide, probeSide)
}

// plain is Reduced without everything that has no influence on counts.
func plain(s spec.Spec, width, height int) spec.Spec {
	return s.Reduced(width, height).With(func(d *spec.Draft) { d.Depth, d.Coloring = 0, spec.Coloring{} })
}

// resolve finds what Auto stands for, and the reference if the view is deep.
func resolve(ctx context.Context, s spec.Spec, threads int, progress func(done float64)) (limit int, reference *deep.Reference, err error) {
	probe := probe(s)
	p := newPoints(probe)
	if IsDeep(probe) {
		v := probeView(s, probe)
		if reference, err = v.Reference(ctx, goroutines(threads, math.MaxInt), progress); err != nil {
			return 0, nil, err
		}
		if reference.Period == 0 && reference.Len() == v.MaxIterations {
			// No point of the view has come far from the others: as little as the middle has any of them escaped.
			return leastAuto, shorten(reference, leastAuto), nil
		}
		p.perturbation = deep.NewPerturbation(v, reference)
	}
	counts, err := p.survey(ctx, threads, func(count int32, _ float64) float64 { return float64(count) })
	if err != nil {
		return 0, nil, err
	}
	limit = autoLimit(s, counts)
	if reference == nil && IsDeep(s) {
		v := deepView(s)
		v.MaxIterations = limit
		reference, err = v.Reference(ctx, goroutines(threads, math.MaxInt), progress)
		return limit, reference, err
	}
	return limit, shorten(reference, limit), nil
}

// probeView is the view of a deep probe, with the reference of the picture's own view.
func probeView(s, probe spec.Spec) deep.View {
	v := deepView(s)
	v.Step = step(probe)
	v.OffsetRe, v.OffsetIm = 0, 0
	if settles(probe.Center.Re.Float64(), probe.Center.Im.Float64()) {
		v.MaxIterations = min(v.MaxIterations, settledSteps)
	}
	return v
}

// autoLimit is the rule: from the counts of the points, which are NaN for those that do not escape, to the limit.
func autoLimit(s spec.Spec, counts []float64) int {
	margin := probeMargin
	if _, ok := s.Cell(); ok {
		margin = cellMargin
	}
	counts = slices.DeleteFunc(counts, math.IsNaN)
	if len(counts) == 0 {
		return leastAuto
	}
	slices.Sort(counts)
	needed := margin * counts[len(counts)-1-len(counts)/probeTail]
	limit := leastAuto
	for float64(limit) < needed {
		limit *= 2
	}
	return min(limit, ceiling(s))
}

// shorten drops what a reference has beyond the limit.
func shorten(r *deep.Reference, limit int) *deep.Reference {
	if r == nil || r.Len() <= limit {
		return r
	}
	small, _ := slices.BinarySearchFunc(r.Small, limit, func(s deep.Small, limit int) int { return s.Index - limit - 1 })
	return &deep.Reference{
		Re: slices.Clone(r.Re[:limit+1]), Im: slices.Clone(r.Im[:limit+1]), Small: slices.Clone(r.Small[:small]),
	}
}

// settledSteps is the length of the reference of a view whose middle settles: that is all it takes to find a point in the
// view that is periodic with fewer steps.
const settledSteps = 1 << 14

// settles reports whether the orbit of c comes to a cycle that attracts it, and does so for all points within a millionth
// of c. Then the reference of a deep view there would go on to the limit, and nothing escapes. False says nothing.
func settles(re, im float64) bool {
	const (
		steps     = 1 << 20
		near2     = 0x1p-80 // square of the distance that is as good as none
		attracts2 = 0.8     // square of the cycle's multiplier
		turns     = 16      // of the cycle that a reference of settledSteps makes
		steepest2 = 1e4     // square of how far the cycle moves with c, which says how small its component is
	)
	var x, y, dx, dy float64
	oldX, oldY, multiplier2, since := 0.0, 0.0, 1.0, 0
	for n := 1; n <= steps; n++ {
		multiplier2 = float64(multiplier2 * float64(4*(float64(x*x)+float64(y*y))))
		dx, dy = 2*(float64(x*dx)-float64(y*dy))+1, 2*(float64(x*dy)+float64(y*dx))
		x, y = float64(x*x)-float64(y*y)+re, float64(2*float64(x*y))+im
		if !(float64(x*x)+float64(y*y) <= 4) {
			return false
		}
		gone2 := float64((x-oldX)*(x-oldX)) + float64((y-oldY)*(y-oldY))
		if gone2 < near2 && multiplier2 < attracts2 && n-since <= settledSteps/turns && float64(dx*dx)+float64(dy*dy) < steepest2 {
			return true
		}
		if n&(n-1) == 0 {
			oldX, oldY, multiplier2, since, dx, dy = x, y, 1, n, 0, 0
		}
	}
	return false
}
