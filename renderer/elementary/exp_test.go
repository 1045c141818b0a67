package elementary_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"mandelfarm/renderer/elementary"
)

// TestExp2 is exact for whole numbers, within a rounding of package math's otherwise, and undone by its logarithm.
func TestExp2(t *testing.T) {
	t.Parallel()
	for n := range 64 {
		assert.InDelta(t, math.Ldexp(1, n), elementary.Exp2(float64(n)), 0)
	}
	assert.InDelta(t, math.Sqrt2, elementary.Exp2(0.5), 0)
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.Float64Range(0, 12).Draw(t, "x")
		assert.InEpsilon(t, math.Exp2(x), elementary.Exp2(x), 4e-16)
	})
}
