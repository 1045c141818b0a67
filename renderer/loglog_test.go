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
