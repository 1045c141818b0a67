package renderer

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/renderer/escape"
)

func TestLogLogKeepsItsErrorBound(t *testing.T) {
	t.Parallel()
	curve := logLog()
	rapid.Check(t, func(t *rapid.T) {
		norm2 := rapid.OneOf(
			rapid.Float64Range(escape.SmoothRadius2, 1<<32), rapid.Float64Range(escape.SmoothRadius2, 1e20),
			rapid.Float64Range(escape.SmoothRadius2, math.MaxFloat64),
		).Draw(t, "|z|^2")
		assert.InDelta(t, logLogOf(norm2), curve.at(norm2), 1e-7)
	})
	require.InDelta(t, 8.4712, curve.at(math.Inf(1)), 1e-4, "an infinity counts as 2^1024")
}

// TestLogLogHasNoSteps looks at the numbers on both sides of every interval's end.
func TestLogLogHasNoSteps(t *testing.T) {
	t.Parallel()
	curve := logLog()
	for i := 1; i < intervalCount; i++ {
		bits := uint64((firstOctave+1023)<<partBits+i) << (mantissaBits - partBits)
		before, after := curve.at(math.Float64frombits(bits-1)), curve.at(math.Float64frombits(bits))
		assert.InDelta(t, before, after, 1e-14, "interval %d", i)
		assert.LessOrEqual(t, before, after+2e-15, "interval %d", i)
	}
	last := math.Float64frombits(uint64((firstOctave+1023)<<partBits+intervalCount) << (mantissaBits - partBits))
	assert.InDelta(t, curve.at(math.Nextafter(last, 0)), curve.at(last), 1e-14, "where the curve ends")
}

// TestLogKeepsItsErrorBound goes through all magnitudes, and looks at the ends of intervals.
func TestLogKeepsItsErrorBound(t *testing.T) {
	t.Parallel()
	curve := logarithm()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.OneOf(rapid.Float64Range(1, 2), rapid.Float64Range(1, 1e6), rapid.Float64Range(1e-300, math.MaxFloat64)).Draw(t, "x")
		assert.InDelta(t, escape.Log2(x), curve.at(x), 1e-6)
	})
	for i := range 1 << partBits {
		end := 1 + float64(i+1)/(1<<partBits)
		assert.InDelta(t, curve.at(math.Nextafter(end, 0)), curve.at(end), 1e-14)
		assert.InDelta(t, escape.Log2(end), curve.at(end), 1e-15)
	}
	assert.InDelta(t, 1024, curve.at(math.Inf(1)), 0)
}
