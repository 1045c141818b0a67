package renderer

import (
	"math"
	"sync"
	"time"

	"mandelfarm/renderer/escape"
)

// Work is what drawing took, counted: it follows from the picture, and hardly from the engine or the threads.
type Work struct {
	Points int64 // that were followed
	Inside int64 // of these, which did not escape
	// Undecided are the pixels whose arithmetic does not say enough of them, of files that tell of those.
	Undecided int64
	// Iterations are the sum of the points' counts, and of those that did not escape, of the limit: what following each of them step
	// by step would take.
	Iterations int64
	// Moves are the steps that were really made of the points, and of deep views the moves beside a reference, each of which may stand
	// for thousands of steps.
	Moves int64
	// Cost is the time that one core of the standard machine takes for this, colours included: an Intel Xeon with AVX-512 as in
	// docs/benchmarks.md. [Speed] says how fast another is.
	Cost time.Duration
}

// Add adds more work.
func (w *Work) Add(more Work) {
	w.Points += more.Points
	w.Inside += more.Inside
	w.Undecided += more.Undecided
	w.Iterations += more.Iterations
	w.Moves += more.Moves
	w.Cost += more.Cost
}

// times is so many times the work.
func (w Work) times(n float64) Work {
	of := func(count int64) int64 { return int64(math.Round(float64(count) * n)) }
	return Work{
		Points: of(w.Points), Inside: of(w.Inside), Undecided: of(w.Undecided), Iterations: of(w.Iterations), Moves: of(w.Moves), Cost: time.Duration(of(int64(w.Cost))),
	}
}

// What the standard machine takes, in nanoseconds. The numbers are a least-squares fit to 160 random pictures (docs/adr/0028-cost.md),
// whose cost is within a third of what it was measured to be for nine of ten.
const (
	pointCost    = 1.0   // of every point
	outsideCost  = 24    // of one that escapes, besides
	gradientCost = 29    // of a point of pictures that see gradients, besides
	rankCost     = 14    // of a point of pictures that see ranks, besides
	deepCost     = 76    // of a point of a deep view, besides
	stepCost     = 0.124 // of a step of z^2 + c and its like
	powerCost    = 0.056 // of a step of a higher power, for each of its degrees
	tracedCost   = 0.27  // of a step with its derivative
	moveCost     = 5.3
	wideCost     = 51
)

// work is Work on its way.
type work struct {
	done   Work
	effort escape.Effort // of points that are not counted yet
}

// count counts the points of a batch that were followed with the effort.
func (w *work) count(b escape.Batch, p *points) {
	inside, sum := int64(0), int64(0)
	for _, n := range b.Count {
		sum += int64(n)
		if n == 0 {
			inside++
		}
	}
	all, e := int64(len(b.Count)), w.effort
	w.done.Add(Work{
		Points: all, Inside: inside, Undecided: undecided(b), Iterations: sum + inside*int64(p.kernel.MaxIterations),
		Moves: e.Steps + e.Traced + e.Moves + e.Wide,
		Cost:  time.Duration(float64(all)*p.costOfPoint() + float64(all-inside)*outsideCost + p.costOf(e)),
	})
	w.effort = escape.Effort{}
}

// take returns the work and begins anew.
func (w *work) take() Work {
	done := w.done
	w.done = Work{}
	return done
}

// costOfPoint is what a point takes wherever it goes.
func (p *points) costOfPoint() float64 {
	cost := pointCost
	if p.spec.Coloring.Method.SeesGradients() {
		cost += gradientCost
	}
	if p.spec.Coloring.SeesRanks() {
		cost += rankCost
	}
	if p.perturbation != nil {
		cost += deepCost
	}
	return cost
}

// costOf is what following takes.
func (p *points) costOf(e escape.Effort) float64 {
	step := stepCost
	if power := p.kernel.Power; power > 2 {
		step = powerCost * float64(power)
	}
	return float64(e.Steps)*step + float64(e.Traced)*tracedCost + float64(e.Moves)*moveCost + float64(e.Wide)*wideCost
}

// reporter serialises calls of Progress.
type reporter struct {
	mutex    sync.Mutex
	progress func(rows int, w Work)
}

// report tells of finished rows, and of the work since the last report, which is zero again then.
func (r *reporter) report(rows int, w *work) {
	done := w.take()
	if r.progress == nil {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.progress(rows, done)
}
