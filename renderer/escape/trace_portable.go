package escape

import "math"

// The functions below are trace, see run.trace, in plain Go, one point at a time: unlike an orbit alone, an orbit with its
// derivative has work enough between its dependent operations to keep a core busy. They are the definition that the
// engines agree with to the bit.

// traceQuadratic makes the derivative d of z -> z^2 + c take the step d -> 2z d + unit before z takes its own.
func traceQuadratic(t *tracer, i, common, rest int) {
	x, y, dx, dy := t.x[i], t.y[i], t.ux[i], t.uy[i]
	cx, cy, unit := t.cx[i], t.cy[i], t.unit
	for range common + rest {
		mx, my := x+x, y+y
		dx, dy = math.FMA(mx, dx, math.FMA(-my, dy, unit)), math.FMA(mx, dy, float64(my*dx))
		x, y = stepQuadratic(x, y, cx, cy)
	}
	t.x[i], t.y[i], t.ux[i], t.uy[i] = x, y, dx, dy
	t.count[i] -= int64(common + rest)
}

// traceShip carries the derivatives u to the real part and v to the imaginary part. With s the product of the signs of x and
// y, that of |2x|*|y| is s times that of 2x*y; s*2x is 2x with the magnitude's sign changed to that of y.
func traceShip(t *tracer, i, common, rest int) {
	x, y, d := t.x[i], t.y[i], t.jacobian(i)
	cx, cy := t.cx[i], t.cy[i]
	for range common + rest {
		d = d.step(x, y, math.Copysign(x+x, y), math.Copysign(y+y, x))
		x, y = stepShip(x, y, cx, cy)
	}
	t.put(i, x, y, d)
	t.count[i] -= int64(common + rest)
}

// traceTricorn does the same for -(2x)*y.
func traceTricorn(t *tracer, i, common, rest int) {
	x, y, d := t.x[i], t.y[i], t.jacobian(i)
	cx, cy := t.cx[i], t.cy[i]
	for range common + rest {
		d = d.step(x, y, -(x + x), -(y + y))
		x, y = stepTricorn(x, y, cx, cy)
	}
	t.put(i, x, y, d)
	t.count[i] -= int64(common + rest)
}

// jacobian holds the derivatives of z to the point's real part, u, and to its imaginary part, v.
type jacobian struct{ ux, uy, vx, vy float64 }

// step makes the step of x' = x*x - y*y + cx and of y' = f(x, y) + cy, where df = p dy + q dx.
func (d jacobian) step(x, y, p, q float64) jacobian {
	mx, my := x+x, y+y
	return jacobian{
		ux: math.FMA(mx, d.ux, math.FMA(-my, d.uy, 1)), uy: math.FMA(p, d.uy, float64(q*d.ux)),
		vx: math.FMA(mx, d.vx, -float64(my*d.vy)), vy: math.FMA(p, d.vy, math.FMA(q, d.vx, 1)),
	}
}

func (t *tracer) jacobian(i int) jacobian { return jacobian{t.ux[i], t.uy[i], t.vx[i], t.vy[i]} }

func (t *tracer) put(i int, x, y float64, d jacobian) {
	t.x[i], t.y[i], t.ux[i], t.uy[i], t.vx[i], t.vy[i] = x, y, d.ux, d.uy, d.vx, d.vy
}
