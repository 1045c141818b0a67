package escape

import (
	"context"
	"math"
)

// PeriodSteps is how many steps of an orbit are looked at for its period.
const PeriodSteps = 1 << 16

// What is looked for of a cycle. A point that comes near to where it was some steps before may be on one; whether it is, Newton's
// method says, so that the bounds decide how soon a cycle is found, and not whether it is one.
const (
	NewtonSteps   = 12      // of a try
	LongestNewton = 0.5     // that a try may lead away, squared
	settled2      = 0x1p-90 // squared step of Newton's method that ends it
	sameCycle2    = 0x1p-56 // squared distance of points that are the same one of a cycle
)

// Returns are those of an orbit to an earlier place of its own that are near enough to be tried. It is R. P. Brent's way: the place is that after
// 1, 2, 4 ... steps, so that sooner or later it is on the cycle, and the cycle shorter than it is kept.
type Returns struct {
	next int     // step whose place is kept
	best float64 // squared distance that a return has to have to be tried, in parts of the square of the place's own from 0
}

const (
	nearReturn2 = 0x1p-8   // of the first
	leastGain   = 1.0 / 16 // from one to the next
)

// NewReturns is for an orbit at its beginning, which is the place.
func NewReturns() Returns { return Returns{next: 1, best: nearReturn2} }

// Tries reports whether a return is to be tried. Distances are squared: from the place, and what they are in parts of.
func (r *Returns) Tries(distance2, size2 float64) bool {
	if !(distance2 < float64(r.best*size2)) {
		return false
	}
	r.best = float64(distance2/size2) * leastGain
	return true
}

// Keeps reports whether the place of a step is kept from now on, in which returns are to it.
func (r *Returns) Keeps(step int) bool {
	if step != r.next {
		return false
	}
	r.next, r.best = 2*step, nearReturn2
	return true
}

// Periods fills in the periods of the points of a batch that do not escape. Those of a Julia set all come to one cycle, which is that of
// the critical point 0 (P. Fatou): the period is the seed's in the Mandelbrot set.
func (k Kernel) Periods(ctx context.Context, b Batch) error {
	periodOf := k.Period
	if k.Formula == Julia {
		all := Kernel{Power: k.Power, Radius2: k.Radius2}.Period(k.SeedRe, k.SeedIm, b.Effort)
		periodOf = func(float64, float64, *Effort) int { return all }
	}
	for i, count := range b.Count {
		b.Period[i] = 0
		if count != 0 {
			continue
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		b.Period[i] = int32(periodOf(b.Re[i], b.Im[i], b.Effort)) //nolint:gosec // at most PeriodSteps
	}
	return nil
}

// Period is the least period of the attracting cycle that the orbit of 0 comes to at a point c, and 0 if none is found: there is one for every
// point inside a component of a set's interior (P. Fatou), but next to a component's edge orbits take too long to come to it.
//
// R. P. Brent's way of finding cycles ("An improved Monte Carlo factorization algorithm", 1980) finds where the orbit comes near to
// itself. From there Newton's method goes to the cycle, and the derivative around it says whether it attracts, as in C.
// Heiland-Allen's "Practical interior distance rendering" (2014). Maps that are not analytic have a real matrix in its place, whose
// eigenvalues are below 1 as E. I. Jury's criterion says.
func (k Kernel) Period(re, im float64, effort *Effort) int {
	s := k.species()
	if s == quadratic {
		if p := MainPeriod(re, im, mainMargin); p > 0 {
			return p
		}
	}
	o := cycleSearch{species: s, cx: re, cy: im}
	period := o.find(k.Radius2)
	effort.Add(Effort{Moves: o.steps})
	return period
}

// cycleSearch looks for the cycle that a point comes to.
type cycleSearch struct {
	species species
	cx, cy  float64
	steps   int64 // made
}

// find follows the orbit of 0 and tries its returns.
func (o *cycleSearch) find(radius2 float64) int {
	var x, y, atX, atY float64
	at, returns := 0, NewReturns()
	for n := 1; n <= PeriodSteps; n++ {
		x, y = o.species.step(x, y, o.cx, o.cy)
		if !(norm2(x, y) <= radius2) {
			o.steps += int64(n)
			return 0
		}
		if returns.Tries(norm2(x-atX, y-atY), 1) {
			if period := o.try(x, y, n-at); period > 0 {
				o.steps += int64(n)
				return period
			}
		}
		if returns.Keeps(n) {
			atX, atY, at = x, y, n
		}
	}
	o.steps += PeriodSteps
	return 0
}

// try looks for an attracting cycle next to a point, of a period or one that divides it, and returns its period, or 0. It looks where
// the orbit is next to 0: there the points of a cycle are far from one another.
func (o *cycleSearch) try(x, y float64, period int) int {
	x, y = o.lowest(x, y, period)
	fromX, fromY := x, y
	for range NewtonSteps {
		toX, toY, d := o.around(x, y, period)
		stepX, stepY := d.newton(toX-x, toY-y)
		x, y = x+stepX, y+stepY
		if !(norm2(x-fromX, y-fromY) <= LongestNewton) {
			return 0
		}
		if norm2(stepX, stepY) <= settled2 {
			if !d.attracts() {
				return 0
			}
			return o.least(x, y, period)
		}
	}
	return 0
}

// lowest is the one next to 0 of the places where a point comes in so many steps.
func (o *cycleSearch) lowest(x, y float64, steps int) (atX, atY float64) {
	o.steps += int64(steps)
	atX, atY = x, y
	for range steps {
		x, y = o.species.step(x, y, o.cx, o.cy)
		if norm2(x, y) < norm2(atX, atY) {
			atX, atY = x, y
		}
	}
	return atX, atY
}

// around follows a point for so many steps, with the derivative of where it comes to where it began.
func (o *cycleSearch) around(x, y float64, steps int) (toX, toY float64, d jacobian) {
	o.steps += 2 * int64(steps)
	d = jacobian{ux: 1, vy: 1}
	for range steps {
		d = o.species.turn(d, x, y)
		x, y = o.species.step(x, y, o.cx, o.cy)
	}
	return x, y, d
}

// least is the least period of a point of a cycle, given one.
func (o *cycleSearch) least(x, y float64, period int) int {
	o.steps += int64(period)
	toX, toY := x, y
	for n := 1; n < period; n++ {
		toX, toY = o.species.step(toX, toY, o.cx, o.cy)
		if norm2(toX-x, toY-y) < sameCycle2 && period%n == 0 {
			return n
		}
	}
	return period
}

// turn is the derivative after a step from z, given the one before it: what trace has, but for the addition of c's.
func (s species) turn(d jacobian, x, y float64) jacobian {
	mx, my := x+x, y+y
	px, py := mx, my // of the imaginary part's
	switch s {
	case quadratic:
	case ship:
		px, py = math.Copysign(mx, y), math.Copysign(my, x)
	case tricorn:
		px, py = -mx, -my
	default:
		mx, my = power(x, y, int(s)-1)
		mx, my = float64(float64(s)*mx), float64(float64(s)*my)
		px, py = mx, my
	}
	return jacobian{
		ux: math.FMA(mx, d.ux, -float64(my*d.uy)), uy: math.FMA(px, d.uy, float64(py*d.ux)),
		vx: math.FMA(mx, d.vx, -float64(my*d.vy)), vy: math.FMA(px, d.vy, float64(py*d.vx)),
	}
}

// newton is the step to where a map with that derivative is its own place, given how far it leads now: (1 - D)^-1 r.
func (d jacobian) newton(rx, ry float64) (x, y float64) {
	a, b, c, e := 1-d.ux, -d.vx, -d.uy, 1-d.vy
	det := float64(a*e) - float64(b*c)
	return (float64(e*rx) - float64(b*ry)) / det, (float64(a*ry) - float64(c*rx)) / det
}

// attracts reports whether both eigenvalues are below 1 in size.
func (d jacobian) attracts() bool {
	det, trace := float64(d.ux*d.vy)-float64(d.vx*d.uy), d.ux+d.vy
	return math.Abs(det) < 1 && math.Abs(trace) < 1+det
}
