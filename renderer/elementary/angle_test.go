package elementary_test

import (
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"mandelfarm/renderer/elementary"
)

func TestTurnsAreThoseOfTheArgument(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Float64Range(-1e3, 1e3).Draw(t, "x"), rapid.Float64Range(-1e3, 1e3).Draw(t, "y")
		if math.Hypot(x, y) < 1e-3 {
			return
		}
		got := elementary.Turns(x, y)
		assert.GreaterOrEqual(t, got, 0.0)
		assert.Less(t, got, 1.0)
		apart := got - math.Atan2(y, x)/(2*math.Pi)
		assert.InDelta(t, 0, apart-math.Round(apart), 1e-11, "%g, %g", x, y)
	})
	assert.Less(t, elementary.Turns(1, -1e-300), 1.0, "just below the axis")
	for turns, point := range map[float64][2]float64{0: {1, 0}, 0.125: {1, 1}, 0.25: {0, 1}, 0.5: {-1, 0}, 0.75: {0, -1}} {
		assert.InDelta(t, turns, elementary.Turns(point[0], point[1]), 0)
	}
}

func TestSinCosAreRoundedOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		degrees := rapid.Float64Range(-180, 180).Draw(t, "degrees")
		sin, cos := elementary.SinCos(strconv.FormatFloat(degrees, 'g', -1, 64))
		assert.InDelta(t, math.Sin(degrees*math.Pi/180), sin, 1e-15)
		assert.InDelta(t, math.Cos(degrees*math.Pi/180), cos, 1e-15)
		assert.InDelta(t, 1, sin*sin+cos*cos, 4e-16)
	})
	for degrees, want := range map[string][2]float64{"": {0, 1}, "0": {0, 1}, "90": {1, 0}, "180": {0, -1}, "-90": {-1, 0}} {
		sin, cos := elementary.SinCos(degrees)
		assert.Equal(t, want, [2]float64{sin, cos}, "%q degrees are exact", degrees)
	}
	sin, _ := elementary.SinCos("30")
	assert.InDelta(t, 0.5, sin, 0)
}
