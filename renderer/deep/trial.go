package deep

import (
	"context"
	"math"

	"mandelfarm/renderer/escape"
)

// What tells whether a direct part is worth while: so many points of the view, for so many steps behind the series, and what their
// effort costs in steps of z^2 + c. A step takes a third of a nanosecond, a move in lanes 4 to 9.
const (
	trialPoints = 32
	trialSteps  = 1 << 13
	moveCost    = 20
)

// chooseDirect keeps of the ways that points may go the one that costs them least: beside the reference alone, whose skips are long
// in deep views; directly, until they are flat for the first time; or with climbs besides. It counts steps and moves, and no time,
// so that it chooses the same everywhere: the ways differ in their last bits.
func (p *Perturbation) chooseDirect() {
	trial := *p
	limit := min(p.view.MaxIterations, p.direct.series.steps+trialSteps)
	trial.view.MaxIterations, trial.follower.limit, trial.direct = limit, int64(limit), nil
	w := &work{orbits: escape.NewOrbits()}
	best, least := (*directPart)(nil), trial.cost(w)
	for _, climbs := range []bool{false, true} {
		part := *p.direct
		part.kernel.MaxIterations, part.climbs = limit, climbs
		trial.direct = &part
		if cost := trial.cost(w); cost < least {
			best, least = &part, cost
		}
	}
	if best != nil {
		best.kernel.MaxIterations = p.view.MaxIterations
	}
	p.direct = best
}

// cost is what the points of a trial cost in a view without a core and without wide numbers. It takes milliseconds, so that nobody gives it
// up half way.
//
//nolint:contextcheck,nolintlint // it is read here, which the other does not notice
func (p *Perturbation) cost(w *work) int64 {
	var e escape.Effort
	b := escape.NewBatch(trialPoints)
	b.Effort = &e
	p.scatter(b)
	ctx, points := context.Background(), p.points(w, *b)
	if p.direct != nil {
		points, _ = p.throughDirect(ctx, *b, w, points)
	}
	_ = p.follower.followEach(ctx, points)
	p.write(*b, points)
	return e.Steps + moveCost*e.Moves // without traced steps, which engines count by whole vectors
}

// scatter puts points all over the view: on a spiral, in steps of the golden angle.
func (p *Perturbation) scatter(b *escape.Batch) {
	radius := p.view.Bound.Quo(p.view.Step).Float64() / 2
	const cos, sin = -0.7373688780783197, 0.6754902942615237
	x, y := 1.0, 0.0
	for i := range b.Re {
		x, y = float64(x*cos)-float64(y*sin), float64(x*sin)+float64(y*cos)
		r := radius * math.Sqrt((float64(i)+0.5)/float64(len(b.Re)))
		b.Re[i], b.Im[i] = float64(x*r), float64(y*r)
	}
}
