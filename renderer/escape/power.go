package escape

import (
	"math"
	"math/bits"
)

// MaxPower is the greatest power of z that a Kernel knows; the least is 2.
const MaxPower = 8

// species is what engines tell apart: which map it is, whatever c and z_0 are. From 2 to MaxPower it is the power of z.
type species uint8

const (
	quadratic species = 2
	ship      species = MaxPower + 1
	tricorn   species = MaxPower + 2
)

// species is the map of a kernel. A power that is out of range is taken for the nearest, 0 for 2.
func (k Kernel) species() species {
	switch k.Formula {
	case BurningShip:
		return ship
	case Tricorn:
		return tricorn
	case Mandelbrot, Julia:
	}
	return species(max(2, min(k.Power, MaxPower)))
}

// analytic reports whether the map has a complex derivative. The others have a real 2x2 matrix in its place (jacobian).
func (s species) analytic() bool { return s <= MaxPower }

// stepPower is z^p + c for p from 2 up: z is squared for every binary digit of p behind the first, and then multiplied by z
// if the digit is 1. The last of these operations is fused with the addition of c.
func stepPower(x, y, cx, cy float64, p int) (float64, float64) {
	a, b := power(x, y, p>>1)
	if p&1 == 0 {
		return math.FMA(a, a, math.FMA(-b, b, cx)), math.FMA(a+a, b, cy)
	}
	a, b = square(a, b)
	return math.FMA(a, x, math.FMA(-b, y, cx)), math.FMA(a, y, math.FMA(b, x, cy))
}

// power is z^p for p from 1 up, in the same way: by the binary digits of p, the highest first, which for powers up to 8 is as few
// products as there can be.
func power(x, y float64, p int) (float64, float64) {
	a, b := x, y
	for digit := bits.Len(uint(p)) - 2; digit >= 0; digit-- {
		a, b = square(a, b)
		if p>>digit&1 == 1 {
			a, b = math.FMA(a, x, -float64(b*y)), math.FMA(a, y, float64(b*x))
		}
	}
	return a, b
}

// square is z^2. Doubling is exact, so that 2ab is rounded once.
func square(a, b float64) (float64, float64) {
	return math.FMA(a, a, -float64(b*b)), float64((a + a) * b)
}

// tracePower makes the derivative of z -> z^p + c take the step d -> m d + unit, m = p z^(p-1), before z takes its own.
func tracePower(t *tracer, i, common, rest int) {
	p := int(t.species)
	x, y, dx, dy := t.x[i], t.y[i], t.ux[i], t.uy[i]
	cx, cy, unit := t.cx[i], t.cy[i], t.unit
	for range common + rest {
		mx, my := power(x, y, p-1)
		mx, my = float64(float64(p)*mx), float64(float64(p)*my)
		dx, dy = math.FMA(mx, dx, math.FMA(-my, dy, unit)), math.FMA(mx, dy, float64(my*dx))
		x, y = stepPower(x, y, cx, cy, p)
	}
	t.x[i], t.y[i], t.ux[i], t.uy[i] = x, y, dx, dy
	t.count[i] -= int64(common + rest)
}
