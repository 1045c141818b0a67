package escape

import (
	"math"

	"mandelfarm/renderer/elementary"
)

// Smooth returns the fractional iteration count nu = n - log2(ln|z_n|) of a point that escaped at n with the given
// |z_n|^2 > 1. It is the same on every CPU; its error is below 2e-15 + 1.2e-16*n, that is, half a unit in the
// last place of nu and a little.
func Smooth(count int32, norm2 float64) float64 {
	return float64(count) - elementary.LogLog(norm2)
}

// Nu is the fractional iteration count for any power p of z: n - log_p(ln|z_n|). For p = 2 it is Smooth.
func (k Kernel) Nu(count int32, norm2 float64) float64 {
	power := 2
	if k.species().analytic() {
		power = int(k.species())
	}
	if power == 2 {
		return Smooth(count, norm2)
	}
	return float64(count) + Smooth(0, norm2)/elementary.Log2(float64(power))
}

// Shift is what the continuous counts of raw data have beside nu: for points that escape right at the circle the count is to be
// n+1, and nu is n - log_p(ln R) there.
func (k Kernel) Shift() float64 { return 1 - k.Nu(0, SmoothRadius2) }

// Split returns the whole part of a point's continuous count, and the rest, given the kernel's Shift.
func (k Kernel) Split(shift float64, count int32, norm2 float64) (whole int64, rest float64) {
	x := k.Nu(0, norm2) + shift
	floor := math.Floor(x)
	return int64(count) + int64(floor), x - floor
}
