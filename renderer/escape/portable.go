package escape

import "math"

// step is one iteration, the definition that every engine agrees with to the bit.
func (s species) step(x, y, cx, cy float64) (float64, float64) {
	switch s {
	case quadratic:
		return stepQuadratic(x, y, cx, cy)
	case ship:
		return stepShip(x, y, cx, cy)
	case tricorn:
		return stepTricorn(x, y, cx, cy)
	default:
		return stepPower(x, y, cx, cy, int(s))
	}
}

// stepQuadratic is z^2 + c. Its four operations are two chains of two, x' and y', which do not wait for each other.
func stepQuadratic(x, y, cx, cy float64) (float64, float64) {
	return math.FMA(x, x, math.FMA(-y, y, cx)), math.FMA(x+x, y, cy)
}

// stepShip folds z into the first quadrant before it is squared; x^2 and y^2 do not mind the signs.
func stepShip(x, y, cx, cy float64) (float64, float64) {
	return math.FMA(x, x, math.FMA(-y, y, cx)), math.FMA(math.Abs(x+x), math.Abs(y), cy)
}

// stepTricorn squares the conjugate: the imaginary part changes its sign.
func stepTricorn(x, y, cx, cy float64) (float64, float64) {
	return math.FMA(x, x, math.FMA(-y, y, cx)), math.FMA(-(x + x), y, cy)
}

// norm2 is |z|^2. The second product is rounded, the first fused, as in the assembly.
func norm2(x, y float64) float64 { return math.FMA(x, x, float64(y*y)) }

// inside reports whether c is certainly in the Mandelbrot set: in the main cardioid or in the disc of period 2.
func inside(x, y float64) bool { return MainPeriod(x, y, mainMargin) > 0 }

// mainMargin is thousands of times the rounding errors of what MainPeriod compares, and wide enough that the rounding errors of
// the orbit itself, which move c by about 1e-16, cannot make it escape. TestShortcuts compares with iterating.
const mainMargin = 1e-12

// MainPeriod is 1 if c is in the main cardioid by a margin, 2 if it is in the disc of that period, and otherwise 0.
//
// The cardioid is where q*(q + x - 1/4) <= y^2/4 with q = (x - 1/4)^2 + y^2, which is |1 - sqrt(1-4c)| <= 1 without roots; the
// disc of period 2 has its centre at -1 and radius 1/4.
func MainPeriod(x, y, margin float64) int {
	yy := float64(y * y)
	left := x - 0.25
	q := float64(left*left) + yy
	if float64(q*(q+left)) < float64(0.25*yy)-margin {
		return 1
	}
	right := x + 1
	if float64(right*right)+yy < 0.0625-margin {
		return 2
	}
	return 0
}

// portable returns the engine in plain Go. On arm64 a math.FMA is one instruction; on processors without fused
// operations it is right but slow.
func portable(s species) engine {
	e := engine{name: "portable", begin: begin, advance: (*field).advance, refine: (*field).refine, width: 1}
	switch s {
	case quadratic:
		e.trace, e.watch = traceQuadratic, (*field).watch
	case ship:
		e.trace = traceShip
	case tricorn:
		e.trace = traceTricorn
	default:
		e.trace = tracePower
	}
	return e
}

// begin makes no step: it only enlists the points.
func begin(f *field, n, _ int) int {
	kept := 0
	for i := range n {
		re, im := f.pointCX[i], f.pointCY[i]
		f.counts[i] = 0
		if f.shortcut != 0 && inside(re, im) {
			continue
		}
		if norm2(re, im) >= f.calm {
			f.ring = 1
		}
		f.x[kept], f.y[kept], f.cx[kept], f.cy[kept] = f.startX[i], f.startY[i], re, im
		f.index[kept] = f.startIndex[i]
		kept++
	}
	return kept
}

// lanes is the number of points that iterate side by side in plain Go: a step of one is a chain of two fused
// operations, and four independent chains fill a core's multipliers where one leaves them idle.
const lanes = 4

// quad is four points.
type quad struct{ x, y, cx, cy [lanes]float64 }

// advance is the engine's function of that name. A point that has escaped is found by a comparison that is false for NaN too:
// what has overflowed within a block is outside.
func (f *field) advance(n, steps int) int {
	kept := 0
	for i := 0; i < n; i += lanes {
		q := quad{[lanes]float64(f.x[i:]), [lanes]float64(f.y[i:]), [lanes]float64(f.cx[i:]), [lanes]float64(f.cy[i:])}
		q.iterate(f.species, steps)
		for j := range min(lanes, n-i) {
			x, y := q.x[j], q.y[j]
			if !(norm2(x, y) <= f.radius2) { // true also if that is no number any more
				f.leave(i + j)
				continue
			}
			if f.periods != 0 && x == f.savedX[i+j] && y == f.savedY[i+j] {
				continue
			}
			f.x[kept], f.y[kept], f.cx[kept], f.cy[kept] = x, y, q.cx[j], q.cy[j]
			f.savedX[kept], f.savedY[kept], f.index[kept] = f.savedX[i+j], f.savedY[i+j], f.index[i+j]
			kept++
		}
	}
	return kept
}

// leave appends point i, as it is before the block, to those that left, for refine to find the step.
func (f *field) leave(i int) {
	to := f.left
	f.leftX[to], f.leftY[to], f.leftCX[to], f.leftCY[to] = f.x[i], f.y[i], f.cx[i], f.cy[i]
	f.leftBase[to], f.leftIndex[to] = f.base, f.index[i]
	f.left++
}

// refine is the engine's function of that name. It needs not know the number of steps: every point escapes.
func (f *field) refine(_ int) {
	for i := range f.left {
		x, y, norm := f.leftX[i], f.leftY[i], 0.0
		count := f.leftBase[i]
		for norm <= f.radius2 {
			x, y = f.species.step(x, y, f.leftCX[i], f.leftCY[i])
			norm = norm2(x, y)
			count++
		}
		if count <= f.limit {
			f.counts[f.leftIndex[i]] = int32(count) //nolint:gosec // at most the limit
			f.norm2[f.leftIndex[i]] = norm
		}
	}
	f.left = 0
}

// iterate makes steps of all four points, without a look at |z|. The loops are written out for each formula, and with a variable for each
// number, because the compiler keeps neither a call nor an array's elements in registers.
func (q *quad) iterate(s species, steps int) {
	x0, x1, x2, x3 := q.x[0], q.x[1], q.x[2], q.x[3]
	y0, y1, y2, y3 := q.y[0], q.y[1], q.y[2], q.y[3]
	a0, a1, a2, a3 := q.cx[0], q.cx[1], q.cx[2], q.cx[3]
	b0, b1, b2, b3 := q.cy[0], q.cy[1], q.cy[2], q.cy[3]
	switch s {
	case quadratic:
		for range steps {
			x0, y0 = stepQuadratic(x0, y0, a0, b0)
			x1, y1 = stepQuadratic(x1, y1, a1, b1)
			x2, y2 = stepQuadratic(x2, y2, a2, b2)
			x3, y3 = stepQuadratic(x3, y3, a3, b3)
		}
	case ship:
		for range steps {
			x0, y0 = stepShip(x0, y0, a0, b0)
			x1, y1 = stepShip(x1, y1, a1, b1)
			x2, y2 = stepShip(x2, y2, a2, b2)
			x3, y3 = stepShip(x3, y3, a3, b3)
		}
	case tricorn:
		for range steps {
			x0, y0 = stepTricorn(x0, y0, a0, b0)
			x1, y1 = stepTricorn(x1, y1, a1, b1)
			x2, y2 = stepTricorn(x2, y2, a2, b2)
			x3, y3 = stepTricorn(x3, y3, a3, b3)
		}
	default:
		power := int(s)
		for range steps {
			x0, y0 = stepPower(x0, y0, a0, b0, power)
			x1, y1 = stepPower(x1, y1, a1, b1, power)
			x2, y2 = stepPower(x2, y2, a2, b2, power)
			x3, y3 = stepPower(x3, y3, a3, b3, power)
		}
	}
	q.x, q.y = [lanes]float64{x0, x1, x2, x3}, [lanes]float64{y0, y1, y2, y3}
}
