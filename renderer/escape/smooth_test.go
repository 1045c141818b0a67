package escape_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"mandelfarm/renderer/escape"
)

// TestSmoothIsContinuous compares a point that escapes at n with |z_n| just above R with one that just misses R then
// and escapes at n+1 with |z|^2 about R^4.
func TestSmoothIsContinuous(t *testing.T) {
	t.Parallel()
	const radius2 = escape.SmoothRadius2
	early := escape.Smooth(10, radius2)
	late := escape.Smooth(11, radius2*radius2)
	assert.InDelta(t, early, late, 1e-12)
}

// TestNuIsContinuousForEveryPower is TestSmoothIsContinuous for z^p, where a point that just misses R escapes at R^p.
func TestNuIsContinuousForEveryPower(t *testing.T) {
	t.Parallel()
	for power := 2; power <= escape.MaxPower; power++ {
		k := escape.Kernel{Power: power}
		missed := math.Pow(escape.SmoothRadius2, float64(power))
		assert.InDelta(t, k.Nu(10, escape.SmoothRadius2), k.Nu(11, missed), 1e-12, "power %d", power)
		assert.InDelta(t, 10-math.Log(math.Log(256))/math.Log(float64(power)), k.Nu(10, escape.SmoothRadius2), 1e-12, "power %d", power)
	}
}
