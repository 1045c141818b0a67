package elementary

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// radius2 is where the curve begins: the square of the escape radius 256.
const radius2 = 1 << firstOctave

func TestLogLogKeepsItsErrorBound(t *testing.T) {
	t.Parallel()
	curve := NewLogLogCurve()
	rapid.Check(t, func(t *rapid.T) {
		norm2 := rapid.OneOf(
			rapid.Float64Range(radius2, 1<<32), rapid.Float64Range(radius2, 1e20),
			rapid.Float64Range(radius2, math.MaxFloat64),
		).Draw(t, "|z|^2")
		assert.InDelta(t, LogLog(norm2), curve.At(norm2), 1e-7)
	})
	require.InDelta(t, 8.4712, curve.At(math.Inf(1)), 1e-4, "an infinity counts as 2^1024")
}

// TestLogLogHasNoSteps looks at the numbers on both sides of every interval's end.
func TestLogLogHasNoSteps(t *testing.T) {
	t.Parallel()
	curve := NewLogLogCurve()
	for i := 1; i < intervalCount; i++ {
		bits := uint64((firstOctave+1023)<<partBits+i) << (mantissaBits - partBits)
		before, after := curve.At(math.Float64frombits(bits-1)), curve.At(math.Float64frombits(bits))
		assert.InDelta(t, before, after, 1e-14, "interval %d", i)
		assert.LessOrEqual(t, before, after+2e-15, "interval %d", i)
	}
	last := math.Float64frombits(uint64((firstOctave+1023)<<partBits+intervalCount) << (mantissaBits - partBits))
	assert.InDelta(t, curve.At(math.Nextafter(last, 0)), curve.At(last), 1e-14, "where the curve ends")
}

// TestLogKeepsItsErrorBound goes through all magnitudes, and looks at the ends of intervals.
func TestLogKeepsItsErrorBound(t *testing.T) {
	t.Parallel()
	curve := NewLogCurve()
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.OneOf(rapid.Float64Range(1, 2), rapid.Float64Range(1, 1e6), rapid.Float64Range(1e-300, math.MaxFloat64)).Draw(t, "x")
		assert.InDelta(t, Log2(x), curve.At(x), 1e-6)
	})
	for i := range 1 << partBits {
		end := 1 + float64(i+1)/(1<<partBits)
		assert.InDelta(t, curve.At(math.Nextafter(end, 0)), curve.At(end), 1e-14)
		assert.InDelta(t, Log2(end), curve.At(end), 1e-15)
	}
	assert.InDelta(t, 1024, curve.At(math.Inf(1)), 0)
}
