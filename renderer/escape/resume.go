package escape

import (
	"context"
	"math"
)

// Orbits are points on their way, for [Kernel.Resume]: slices of one length, at most OrbitsSize. What double precision is off by
// at a step is, seen from the point, so much divided by the slope of z as a function of the point.
type Orbits struct {
	X, Y             []float64 // z
	CX, CY           []float64
	SlopeRe, SlopeIm []float64 // dz/dc, in any unit

	// What becomes of them: the number of steps after which they escape, with |z|^2 there; 0 for those that make all
	// steps; or Flat.
	Count []int32
	Norm2 []float64
	// Where they are then, if they are Flat, and after how many steps. With traces that is known of those that escape too.
	Steps                  []int32
	EndX, EndY             []float64
	EndSlopeRe, EndSlopeIm []float64

	Effort *Effort // that of a Batch

	field  *field
	tracer *tracer
}

// OrbitsSize is the most that may be resumed together.
const OrbitsSize = chunk

// NewOrbits returns room for OrbitsSize orbits.
func NewOrbits() *Orbits {
	o := &Orbits{Count: make([]int32, chunk), Steps: make([]int32, chunk), field: newField(), tracer: &tracer{}}
	for _, to := range o.numbers() {
		*to = make([]float64, chunk)
	}
	return o
}

func (o *Orbits) numbers() []*[]float64 {
	return []*[]float64{
		&o.X, &o.Y, &o.CX, &o.CY, &o.SlopeRe, &o.SlopeIm, &o.Norm2, &o.EndX, &o.EndY, &o.EndSlopeRe, &o.EndSlopeIm,
	}
}

// First returns the first n orbits, which share the memory of all.
func (o *Orbits) First(n int) *Orbits {
	first := *o
	first.Count, first.Steps = o.Count[:n], o.Steps[:n]
	for _, to := range first.numbers() {
		*to = (*to)[:n]
	}
	return &first
}

// Flat is the count of a point whose next step would take its slope below the least.
const Flat = -3

// Watch says how orbits are resumed.
type Watch struct {
	LeastSlope float64
	Unit       float64 // what dc adds to a slope at each step
	Traced     bool    // ends are wanted of points that escape, besides those that are flat
}

// Resume iterates z^2 + c from where points are, and watches how steep they are: the slope grows by |2z| at each step, the
// unit left aside. A point is Flat before the step that would take it below the least. Counts are of the steps made here.
// No |c| may be near the escape radius.
func (k Kernel) Resume(ctx context.Context, o *Orbits, w Watch) error {
	return k.resume(ctx, o, w, fastest(quadratic))
}

func (k Kernel) resume(ctx context.Context, o *Orbits, w Watch, e engine) error {
	r := run{kernel: k, engine: e, field: o.field}
	defer func() { o.Effort.Add(r.effort) }()
	r.field.enter(k, o, float64(w.LeastSlope*w.LeastSlope))
	if err := r.watchAll(ctx, len(o.X)); err != nil {
		return err
	}
	r.field.leaveFlat(o)
	return r.retrace(ctx, o, w)
}

// enter puts orbits into the field.
func (f *field) enter(k Kernel, o *Orbits, leastSlope2 float64) {
	n := copy(f.x[:chunk], o.X)
	copy(f.y[:n], o.Y)
	copy(f.cx[:n], o.CX)
	copy(f.cy[:n], o.CY)
	copy(f.index[:n], f.startIndex[:n])
	for i := range n {
		f.slope2[i] = norm2(o.SlopeRe[i], o.SlopeIm[i])
	}
	clear(o.Count)
	f.counts, f.norm2, f.species = o.Count, o.Norm2, quadratic
	f.radius2, f.leastSlope2 = k.Radius2, leastSlope2
	f.base, f.limit, f.left, f.flat, f.ring, f.periods = 0, int64(k.MaxIterations), 0, 0, 0, 0
}

// watchedSteps is the number of steps that take as long as one that is watched.
const watchedSteps = 2

// watchAll iterates the field's first n points to their end: advanceAll for points that are watched.
func (r *run) watchAll(ctx context.Context, n int) error {
	f := r.field
	padded, longest := -1, 0
	for n > 0 && f.base < f.limit {
		if n != padded {
			f.padWatched(n)
			padded = n
		}
		steps := r.block()
		r.effort.Steps += watchedSteps * int64(n*steps)
		if r.steps += n * steps; r.steps >= pollSteps {
			r.steps = 0
			if err := context.Cause(ctx); err != nil {
				return err
			}
		}
		n = r.engine.watch(f, n, steps)
		f.base += int64(steps)
		longest = max(longest, steps)
		if f.left >= refineCount {
			r.refine(longest)
			longest = 0
		}
	}
	if f.left > 0 {
		r.refine(longest)
	}
	return nil
}

// padWatched makes the elements behind the n-th point such as never escape and are never flat: a slope beyond all numbers, times 0, is
// no number.
func (f *field) padWatched(n int) {
	f.pad(n)
	for i := n; i < n+idle; i++ {
		f.slope2[i] = math.Inf(1)
	}
}

// leaveFlat moves the points that are flat on to where they become so, and writes after how many steps. Those that come to the limit before are
// inside.
func (f *field) leaveFlat(o *Orbits) {
	for i := range f.flat {
		at, n := f.flatIndex[i], f.flatBase[i]
		x, y, slope2 := f.flatX[i], f.flatY[i], f.flatSlope2[i]
		for ; n < f.limit; n++ {
			next := float64(slope2 * twiceNorm2(x, y))
			if next < f.leastSlope2 {
				o.Count[at], o.Steps[at] = Flat, int32(n) //nolint:gosec // below the limit
				break
			}
			slope2 = next
			x, y = stepQuadratic(x, y, o.CX[at], o.CY[at])
		}
	}
	f.counts, f.norm2 = nil, nil
}

// retrace makes the steps of the points that are flat again, with their slopes, and with traces those of the points that escape.
func (r *run) retrace(ctx context.Context, o *Orbits, w Watch) error {
	for i, count := range o.Count {
		switch {
		case count == Flat:
			o.EndX[i], o.EndY[i], o.EndSlopeRe[i], o.EndSlopeIm[i] = o.X[i], o.Y[i], o.SlopeRe[i], o.SlopeIm[i] // if they are so at once
		case w.Traced:
			o.Steps[i] = count
		default:
			o.Steps[i] = 0
		}
	}
	t := o.tracer
	n := t.enlist(o.Steps)
	t.unit, t.species = w.Unit, quadratic
	for to := range (n + traceRoom - 1) / traceRoom * traceRoom {
		i := t.index[min(to, n-1)]
		t.count[to] = int64(o.Steps[i])
		t.x[to], t.y[to], t.cx[to], t.cy[to] = o.X[i], o.Y[i], o.CX[i], o.CY[i]
		t.ux[to], t.uy[to] = o.SlopeRe[i], o.SlopeIm[i]
	}
	if err := r.traceAll(ctx, t, n); err != nil {
		return err
	}
	for from, i := range t.index[:n] {
		o.EndX[i], o.EndY[i], o.EndSlopeRe[i], o.EndSlopeIm[i] = t.x[from], t.y[from], t.ux[from], t.uy[from]
	}
	return nil
}

// twiceNorm2 is |2z|^2.
func twiceNorm2(x, y float64) float64 {
	twiceY := y + y
	return math.FMA(x+x, x+x, float64(twiceY*twiceY))
}

// watch is the engine's function of that name.
func (f *field) watch(n, steps int) int {
	kept := 0
	for i := range n {
		x, y, slope2 := f.x[i], f.y[i], f.slope2[i]
		low, cx, cy := slope2, f.cx[i], f.cy[i]
		for range steps {
			slope2 = float64(slope2 * twiceNorm2(x, y))
			x, y = stepQuadratic(x, y, cx, cy)
			if slope2 < low {
				low = slope2
			}
		}
		switch {
		case low < f.leastSlope2:
			to := f.flat
			f.flatX[to], f.flatY[to], f.flatSlope2[to] = f.x[i], f.y[i], f.slope2[i]
			f.flatBase[to], f.flatIndex[to] = f.base, f.index[i]
			f.flat++
		case !(norm2(x, y) <= f.radius2):
			f.leave(i)
		default:
			f.x[kept], f.y[kept], f.slope2[kept] = x, y, slope2
			f.cx[kept], f.cy[kept], f.index[kept] = cx, cy, f.index[i]
			kept++
		}
	}
	return kept
}
