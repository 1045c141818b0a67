package escape

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// TestShortcuts takes points on and next to the boundaries of the cardioid and of the disc of period 2: none that is
// recognised escapes, whether R is 2 or more.
func TestShortcuts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		angle := rapid.Float64Range(0, 2*math.Pi).Draw(t, "angle")
		if rapid.Bool().Draw(t, "near the cusp") {
			angle = math.Pow(10, rapid.Float64Range(-8, 0).Draw(t, "digits"))
		}
		scale := 1 - math.Pow(10, rapid.Float64Range(-16, -1).Draw(t, "depth"))
		sin, cos := math.Sincos(angle)
		// The cardioid is w/2 - w^2/4 for |w| = 1, the disc -1 + w/4.
		u, v := scale*cos, scale*sin
		re, im := u/2-(u*u-v*v)/4, v/2-u*v/2
		if rapid.Bool().Draw(t, "period 2") {
			re, im = -1+u/4, v/4
		}
		if !inside(re, im) {
			return
		}
		x, y := 0.0, 0.0
		for range 3000 {
			x, y = float64(x*x)-float64(y*y)+re, float64((x+x)*y)+im
			if float64(x*x)+float64(y*y) > 4 {
				t.Fatalf("%g%+gi is taken for inside but escapes", re, im)
			}
		}
	})
}

func TestShortcutsKnowTheirRegions(t *testing.T) {
	t.Parallel()
	for _, c := range []complex128{0, -0.5, -0.7, 0.2, -1, -1.2, -1 + 0.2i, 0.3 + 0.4i} {
		assert.True(t, inside(real(c), imag(c)), "%v", c)
	}
	for _, c := range []complex128{0.25, -0.75, -1.25, 0.26, -1.3, 1i, -0.1225 + 0.7449i, 2} {
		assert.False(t, inside(real(c), imag(c)), "%v", c)
	}
}
