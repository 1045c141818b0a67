package escape

import "mandelfarm/renderer/elementary"

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
