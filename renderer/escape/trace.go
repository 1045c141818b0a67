package escape

import (
	"context"
	"math"
)

// tracer holds points that are known to escape while they make their steps again, this time with the derivative's, as
// arrays: element i of each is one point. The points are in the order of their counts, so that neighbours make about as
// many steps, and no step is tested. The assembly knows the layout (gen/layout.go).
type tracer struct {
	x, y   [slots]float64 // z: z_0 before, z_n after
	ux, uy [slots]float64 // the derivatives of x and of y to the point's real part
	vx, vy [slots]float64 // and to its imaginary part; only of maps that are not analytic
	cx, cy [slots]float64
	count  [slots]int64 // steps to make

	unit float64 // the derivative of c to the point: 0 for a Julia set, else 1

	species species
	index   [slots]int32
	other   [slots]int32 // index on its way to be in order
}

// traceRoom is a multiple of the number of points that any engine moves together: the last group is filled up with copies of the
// last point.
const traceRoom = 32

// tracePoll is the number of steps that points make at most between two looks at the context: tens of microseconds for a group.
const tracePoll = 4096

// trace fills in how the points of a chunk escape that do. Nothing in it decides about counts.
//
// An engine makes the steps by its function trace(t, i, common, rest), for as many points from i on as its width says:
// first so many steps of all, then so many more, in which only those take part whose count is not used up. It takes what
// was made off the counts.
func (r *run) trace(ctx context.Context, b Batch) error {
	t := b.tracer
	if t == nil {
		t = &tracer{}
	}
	n := t.enlist(b.Count)
	t.load(r.kernel, b, n)
	if err := r.traceAll(ctx, t, n); err != nil {
		return err
	}
	t.unload(b, n)
	return nil
}

// traceAll makes the steps of the tracer's first n points.
func (r *run) traceAll(ctx context.Context, t *tracer, n int) error {
	width := r.engine.width
	for i := 0; i < n; i += width {
		for t.count[i+width-1] > 0 {
			common := min(t.count[i], tracePoll)
			rest := min(t.count[i+width-1]-common, tracePoll-common)
			r.effort.Traced += int64(width) * (common + rest)
			if r.steps += width * int(common+rest); r.steps >= pollSteps {
				r.steps = 0
				if err := context.Cause(ctx); err != nil {
					return err
				}
			}
			r.engine.trace(t, i, int(common), int(rest))
		}
	}
	return nil
}

// enlist puts the numbers of the points that escape into index, in the order of their counts, and returns how many they
// are. It sorts by one byte of the counts after another, the lowest first: a radix sort, which keeps the order of equal
// counts and so is the same everywhere, in time that does not depend on what the counts are.
func (t *tracer) enlist(counts []int32) int {
	n, most := 0, int32(0)
	for i, count := range counts {
		if count > 0 {
			t.index[n] = int32(i)
			n++
			most = max(most, count)
		}
	}
	const bits = 8
	for shift := 0; most>>shift != 0; shift += bits {
		var starts [1 << bits]int32
		for _, i := range t.index[:n] {
			starts[counts[i]>>shift&(1<<bits-1)]++
		}
		sum := int32(0)
		for digit, size := range starts {
			starts[digit] = sum
			sum += size
		}
		for _, i := range t.index[:n] {
			to := &starts[counts[i]>>shift&(1<<bits-1)]
			t.other[*to] = i
			*to++
		}
		copy(t.index[:n], t.other[:n])
	}
	return n
}

// load puts the n enlisted points where they begin. The last of them completes the last group.
func (t *tracer) load(k Kernel, b Batch, n int) {
	t.unit, t.species = 1, k.species()
	if k.Formula == Julia {
		t.unit = 0
	}
	for to := range (n + traceRoom - 1) / traceRoom * traceRoom {
		i := t.index[min(to, n-1)]
		t.count[to] = int64(b.Count[i])
		if k.Formula == Julia {
			t.x[to], t.y[to], t.cx[to], t.cy[to] = b.Re[i], b.Im[i], k.SeedRe, k.SeedIm
		} else {
			t.x[to], t.y[to], t.cx[to], t.cy[to] = 0, 0, b.Re[i], b.Im[i]
		}
		t.ux[to], t.uy[to], t.vx[to], t.vy[to] = 1-t.unit, 0, 0, 0
	}
}

// unload writes the results to the batch. Of an analytic map the derivatives to the imaginary part follow from the others, by the
// equations of Cauchy and Riemann. The gradient of |z| is (x*dx + y*dy)/|z| in each direction.
func (t *tracer) unload(b Batch, n int) {
	for from, i := range t.index[:n] {
		x, y := t.x[from], t.y[from]
		ux, uy, vx, vy := t.ux[from], t.uy[from], t.vx[from], t.vy[from]
		if t.species.analytic() {
			vx, vy = -uy, ux
		}
		size := math.Sqrt(b.Norm2[i])
		toX, toY := x/size, y/size
		b.ZX[i], b.ZY[i] = x, y
		b.GradX[i] = float64(toX*ux) + float64(toY*uy)
		b.GradY[i] = float64(toX*vx) + float64(toY*vy)
	}
}
